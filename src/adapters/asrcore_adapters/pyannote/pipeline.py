"""pyannote.audio's speaker diarization, with each window's voices heard once.

The pipeline is pyannote.audio 3's: the same windows, models, clustering and numbers. What differs:

- The network of voices hears a window once for all who speak in it. pyannote.audio has it hear
  the window for each of the local speakers, silent ones too.
- Hours of sound need no array of windows x frames x speakers.
- Where more are counted than are heard, nobody is added. pyannote.audio adds whoever comes first,
  or a speaker who is heard nowhere else. Of speakers equally strong, the first is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from asrcore.domain.diarization import Diarization, Embedding, SpeakerCount
from asrcore_adapters.pyannote.engine import SpeakerDiarization
from asrcore_adapters.pyannote.speakers import Numbers, Voices, tell_apart
from asrcore_adapters.pyannote.turns import (
    Frames,
    activations,
    exclusive_turns,
    overlapping_turns,
    speaker_name,
    strongest,
)
from asrcore_adapters.pyannote.voices import features_of, pooled, usable_masks

Hook = Callable[..., None]


class HeardOnce(SpeakerDiarization):  # type: ignore[misc]  # pyannote.audio is untyped
    """The pipeline; `hear` is its door."""

    def hear(
        self, file: dict[str, Any], speakers: SpeakerCount, *, embeddings: bool, hook: Hook
    ) -> Diarization:
        """Who speaks when.

        Args:
            file: `waveform`, a tensor of shape (1, samples), and `sample_rate`.
            speakers: how many there are, as far as it is known.
            embeddings: whether their voices are wanted.
            hook: is called as pyannote.audio's are.
        """
        windows = self.get_segmentations(file, hook=hook)
        active = self._binary(windows)
        count = self.speaker_count(active, self._segmentation.model.receptive_field, (0.0, 0.0))
        if not count.data.any():
            return Diarization()
        clusters, centroids = self._told_apart(file, active, speakers, embeddings, hook)
        clusters = np.where(active.data.any(axis=1), clusters, -1).astype(np.int64)
        together = np.minimum(count.data[:, 0], speakers.maximum or np.inf).astype(np.int64)
        duration = file["waveform"].shape[1] / file["sample_rate"]
        voices = centroids if embeddings else None
        return self._told(windows, clusters, together, count.sliding_window, duration, voices)

    def get_embeddings(
        self,
        file: dict[str, Any],
        binary_segmentations: Any,
        exclude_overlap: bool = False,
        hook: Hook | None = None,
    ) -> Voices:
        """A voice for each local speaker of each window; NaN for those who are silent there.

        Returns:
            Shape (windows, local speakers, dimension).
        """
        masks = binary_segmentations.data
        heard = np.flatnonzero(masks.any(axis=(1, 2)))
        least = self._least_frames(masks.shape[1], binary_segmentations.sliding_window.duration)
        found = np.full((*masks.shape[::2], self._embedding.dimension), np.nan, np.float32)
        for done in range(0, len(heard), self.embedding_batch_size):
            batch = heard[done : done + self.embedding_batch_size]
            waveforms = self._waveforms(file, batch, binary_segmentations.sliding_window)
            used = usable_masks(masks[batch], least) if exclude_overlap else masks[batch]
            found[batch] = self._voices(waveforms, used)
            if hook is not None:
                hook("embeddings", None, total=len(heard), completed=done + len(batch))
        found[~masks.any(axis=1)] = np.nan
        return found

    def prepare(self) -> None:
        """Find out what the network of voices needs, which takes random sound through it."""
        if self.embedding_exclude_overlap:
            _ = self._embedding.min_num_samples

    def _binary(self, windows: Any) -> Any:
        """1 where a local speaker speaks, else 0."""
        if self._segmentation.model.specifications.powerset:
            return windows
        active = (windows.data > self.segmentation.threshold).astype(np.float32)
        return type(windows)(active, windows.sliding_window)

    def _told_apart(
        self,
        file: dict[str, Any],
        active: Any,
        speakers: SpeakerCount,
        embeddings: bool,
        hook: Hook,
    ) -> tuple[Numbers, Voices | None]:
        """The speaker of each local one, and the speakers' voices where there are any."""
        if speakers.maximum == 1 and not embeddings:
            return np.zeros(active.data.shape[::2], np.int64), None
        voices = self.get_embeddings(file, active, self.embedding_exclude_overlap, hook)
        return tell_apart(self.clustering, voices, active, speakers)

    def _told(
        self,
        windows: Any,
        clusters: Numbers,
        together: Numbers,
        frames: Any,
        duration: float,
        centroids: Voices | None,
    ) -> Diarization:
        middle = 0.5 * frames.duration
        starts = [
            frames.closest_frame(windows.sliding_window[i].start + middle)
            for i in range(len(windows.data))
        ]
        total = activations(windows.data, clusters, starts, len(together))
        several, alone = strongest(total, together)
        times = Frames(float(frames.start + middle), float(frames.step))
        gap = self.segmentation.min_duration_off
        found = overlapping_turns(several, times, gap, duration)
        return Diarization(
            tuple(found),
            tuple(exclusive_turns(alone, times, gap, duration)),
            dict(_voices({turn.speaker for turn in found}, centroids)),
        )

    def _least_frames(self, frames: int, duration: float) -> float:
        """How many frames of a window the network of voices needs at least."""
        if not self.embedding_exclude_overlap:
            return 0.0
        samples = duration * self._embedding.sample_rate
        return float(np.ceil(frames * self._embedding.min_num_samples / samples))

    def _waveforms(self, file: dict[str, Any], windows: Numbers, window: Any) -> torch.Tensor:
        """Windows of sound, padded beyond the end, of shape (windows, 1, samples)."""
        cuts = (
            self._audio.crop(file, window[int(i)], duration=window.duration, mode="pad")[0]
            for i in windows
        )
        return torch.stack(list(cuts))

    def _voices(self, waveforms: torch.Tensor, masks: NDArray[np.float32]) -> Voices:
        network = self._embedding.model_
        with torch.inference_mode():
            features = features_of(network, waveforms.to(self._embedding.device))
            weights = torch.from_numpy(masks).permute(0, 2, 1).to(features)
            found: Voices = pooled(network, features, weights).cpu().numpy()
        return found


def _voices(speaking: set[str], centroids: Voices | None) -> Iterator[tuple[str, Embedding]]:
    for speaker, voice in enumerate(() if centroids is None else centroids):
        if speaker_name(speaker) in speaking and np.isfinite(voice).all() and voice.any():
            yield speaker_name(speaker), tuple(map(float, voice))

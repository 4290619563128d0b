"""A loaded model on its device: sound in, log-probabilities out, the same in any batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.utils.rnn import pad_sequence

from asrcore.domain.alignment.emissions import Emissions
from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.errors import EngineError
from asrcore_adapters.wav2vec2.checkpoint import Checkpoint

Collect = Callable[[], list[Emissions]]
"""Waits for a batch that is under way, and gives its answers in order."""
FORWARD = Lock()
"""Of the whole process, as is the switch that a forward pass turns."""
STEP = 8000
"""Samples: on CUDA sound is padded to a multiple of this, so that shapes come again."""


class Network:
    """A model that gives a stretch the same answer alone and beside longer ones.

    Models of `feat_extract_norm = "group"` normalise over a stretch's whole length, so that padding
    would change every frame (transformers issue 10117); here they do so over its own frames alone.

    Attributes:
        alphabet: what its columns write.
        frame_duration: seconds from one frame to the next.
    """

    def __init__(self, checkpoint: Checkpoint, device: str, dtype: torch.dtype) -> None:
        self._model = checkpoint.model.to(device, dtype)
        self._extractor = checkpoint.extractor
        self._device, self._dtype = torch.device(device), dtype
        config = self._model.config
        self._layers = tuple(zip(config.conv_kernel, config.conv_stride, strict=True))
        self.alphabet = checkpoint.alphabet
        self.frame_duration = math.prod(config.conv_stride) / SAMPLE_RATE

    @property
    def overlaps(self) -> bool:
        """Whether the device computes while this thread does something else."""
        return self._device.type == "cuda"

    def frames(self, samples: int) -> int:
        """The frames of so many samples; 0 below the width of the first frame."""
        return _frames(samples, self._layers)

    def nothing(self) -> Emissions:
        """The answer to a stretch that is too short for a frame."""
        return self._emissions(np.zeros((0, len(self.alphabet.labels)), dtype=np.float32))

    @torch.inference_mode()
    def start(self, stretches: Sequence[Samples]) -> Collect:
        """Begin with a batch of stretches, each of a frame or more; one thread after the other."""
        counts = [self.frames(len(samples)) for samples in stretches]
        with FORWARD, _exact_float32():
            logits = self._logits(self._heard(stretches, counts), counts)
        log_probs = torch.log_softmax(logits.float(), dim=-1)
        stored = log_probs.to("cpu", non_blocking=self.overlaps)
        done = self._record()

        def collect() -> list[Emissions]:
            if done is not None:
                done.synchronize()
            answers = stored.numpy()
            found = [rows[:count] for rows, count in zip(answers, counts, strict=True)]
            self._refuse_infinite(found, stretches)
            return [self._emissions(rows) for rows in found]

        return collect

    def _heard(self, stretches: Sequence[Samples], counts: Sequence[int]) -> torch.Tensor:
        """What the convolutions make of the stretches, shape (stretches, frames, channels).

        On CUDA they go together, since cuDNN plans each new shape for milliseconds; elsewhere one
        by one, which keeps them in a CPU's caches.
        """
        if self.overlaps:
            return self._hear(stretches)[:, : max(counts)]
        return pad_sequence([self._hear([each])[0] for each in stretches], batch_first=True)

    def _hear(self, stretches: Sequence[Samples]) -> torch.Tensor:
        first, *others = self._model.wav2vec2.feature_extractor.conv_layers
        lengths = [len(samples) for samples in stretches]
        hidden = self._first(first, self._sound(stretches), lengths)
        for layer in others:
            hidden = layer(hidden)
        return hidden.transpose(1, 2)

    def _first(self, layer: Any, sound: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """The first layer, whose group norm, if it has one, must not hear padding."""
        padded = min(lengths) < sound.shape[-1]
        if not (padded and self._model.config.feat_extract_norm == "group"):
            return torch.as_tensor(layer(sound))
        hidden: torch.Tensor = layer.conv(sound)
        for row, length in zip(hidden, lengths, strict=True):
            own = row[None, :, : _frames(length, self._layers[:1])]
            own.copy_(layer.layer_norm(own))
        return torch.as_tensor(layer.activation(hidden))

    def _sound(self, stretches: Sequence[Samples]) -> torch.Tensor:
        """The normalised samples, zeros behind short ones, shape (stretches, 1, samples)."""
        longest = max(len(samples) for samples in stretches)
        if self.overlaps:
            longest = math.ceil(longest / STEP) * STEP
        sound = torch.zeros(len(stretches), 1, longest, pin_memory=self.overlaps)
        for row, samples in zip(sound.numpy(), stretches, strict=True):
            prepared = self._extractor(samples, sampling_rate=SAMPLE_RATE)["input_values"][0]
            row[0, : len(samples)] = prepared
        return sound.to(self._device, non_blocking=self.overlaps).to(self._dtype)

    def _logits(self, heard: torch.Tensor, counts: Sequence[int]) -> Any:
        hidden, _ = self._model.wav2vec2.feature_projection(heard)
        encoded = self._model.wav2vec2.encoder(hidden, attention_mask=self._mask(counts))[0]
        return self._model.lm_head(encoded)

    def _mask(self, counts: Sequence[int]) -> torch.Tensor | None:
        """True where a frame is real, shape (stretches, frames); None where all are."""
        if min(counts) == max(counts):
            return None
        lengths = torch.tensor(counts)[:, None]
        return (torch.arange(max(counts)) < lengths).to(self._device)

    def _record(self) -> Any:
        """An event behind all that the device was given; None where it does not overlap."""
        stream: Any = torch.cuda.current_stream(self._device) if self.overlaps else None
        return stream and stream.record_event()

    def _emissions(self, log_probs: NDArray[np.float32]) -> Emissions:
        return Emissions(log_probs, self.frame_duration)

    def _refuse_infinite(
        self, found: Sequence[NDArray[np.float32]], stretches: Sequence[Samples]
    ) -> None:
        for log_probs, samples in zip(found, stretches, strict=True):
            if not np.isfinite(log_probs).all():
                raise _not_finite(samples, self._dtype)


def _not_finite(samples: Samples, dtype: torch.dtype) -> EngineError:
    """Why log-probabilities of a stretch are no numbers."""
    if not np.isfinite(samples).all():
        return EngineError(
            "the sound holds samples that are no numbers, and wav2vec2 cannot hear it",
            "convert the recording: ffmpeg -i RECORDING -c:a pcm_s16le NEW.wav",
        )
    if dtype != torch.float32:
        return EngineError(
            f"wav2vec2 gave numbers that are none, in {str(dtype).removeprefix('torch.')}",
            "compute exactly: --set aligner.compute_type=float32",
        )
    return EngineError(
        "wav2vec2 gave numbers that are none, in float32: the model's weights must be damaged",
        "name another model with --set aligner.options.model=HUB_ID",
    )


def _frames(samples: int, layers: Sequence[tuple[int, int]]) -> int:
    """What convolutions of these widths and strides leave of so many samples."""
    for kernel, stride in layers:
        samples = (samples - kernel) // stride + 1
    return max(0, samples)


@contextmanager
def _exact_float32() -> Iterator[None]:
    """Without TF32, which convolutions take by default and which a batch's shape decides on."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before

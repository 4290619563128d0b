"""The diarizer over pyannote.audio."""

from __future__ import annotations

import warnings
from threading import Lock
from typing import Any

import torch

from asrcore.domain.audio import SAMPLE_RATE, Audio, Samples
from asrcore.domain.capabilities import DiarizerCapabilities
from asrcore.domain.diarization import Diarization, SpeakerCount
from asrcore.errors import EngineError, translate
from asrcore.plugin import Placement
from asrcore.ports.diarizer import Heard, unheard
from asrcore_adapters.pyannote import PyannoteOptions
from asrcore_adapters.pyannote.assembly import assemble
from asrcore_adapters.pyannote.failures import failed, not_loaded
from asrcore_adapters.pyannote.machine import exact_arithmetic, torch_device, torch_threads
from asrcore_adapters.pyannote.pipeline import HeardOnce
from asrcore_adapters.pyannote.progress import Progress


class PyannoteDiarizer:
    """A pipeline of pyannote.audio, loaded when it is made; calls wait for each other.

    Raises:
        ConfigError: torch has no such device, or an option does not fit the pipeline.
        ModelError: the pipeline or one of its models cannot be had or is not trusted.
    """

    def __init__(self, options: PyannoteOptions, placement: Placement) -> None:
        self._options = options
        self._device = torch_device(placement)
        say = {Exception: lambda error: not_loaded(options.model, error, self._device)}
        with translate(say), torch_threads(options.threads):
            self._pipeline: HeardOnce | None = assemble(options, self._device)
        self._busy = Lock()

    @property
    def capabilities(self) -> DiarizerCapabilities:
        """It heeds the number of speakers and knows their voices."""
        return DiarizerCapabilities(speaker_count=True, embeddings=True)

    def diarize(
        self,
        audio: Audio,
        speakers: SpeakerCount,
        *,
        embeddings: bool = False,
        progress: Heard = unheard,
    ) -> Diarization:
        """The turns of a whole recording; without speech there are none.

        Raises:
            EngineError: it failed, or the sound holds samples that are no numbers.
            OutOfMemoryError: it needs more memory than there is.
        """
        steps = Progress(progress)
        with translate({Exception: lambda error: failed(error, self._device)}):
            found = self._hear(audio, speakers, embeddings, steps)
        steps.finish()
        return found

    def close(self) -> None:
        """Free the models."""
        self._pipeline = None
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _hear(
        self, audio: Audio, speakers: SpeakerCount, embeddings: bool, steps: Progress
    ) -> Diarization:
        pipeline = self._pipeline
        if pipeline is None:
            raise EngineError("the diarizer is closed", "make a new one")
        if not audio.samples.any():
            return Diarization()
        if not audio.finite:
            raise EngineError(
                "the sound holds samples that are no numbers", "convert it with ffmpeg first"
            )
        file: dict[str, Any] = {
            "waveform": _tensor(audio.samples)[None],
            "sample_rate": SAMPLE_RATE,
        }
        with self._busy, torch_threads(self._options.threads), exact_arithmetic(self._device):
            return pipeline.hear(file, speakers, embeddings=embeddings, hook=steps)


def _tensor(samples: Samples) -> torch.Tensor:
    """The same memory as a tensor; nothing writes to it, so that a read-only one will do."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(samples)

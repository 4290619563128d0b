"""Silero VAD over onnxruntime."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from faster_whisper.vad import SileroVADModel, get_assets_path
from numpy.typing import NDArray

from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.capabilities import VoiceActivityCapabilities
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.voice_activity import SpeechThresholds, speech_spans
from asrcore.errors import EngineError, translate
from asrcore.plugin import Placement
from asrcore_adapters.silero import SileroOptions

FRAME = 512
"""Samples per probability; fixed by the model."""
BLOCK = 300 * SAMPLE_RATE // FRAME * FRAME
"""Samples per call: bounds the memory that a long recording takes."""
WARM_UP = SAMPLE_RATE // FRAME * FRAME * 2
"""Samples heard again before each block, so that the model's memory does not start cold."""


class SileroDetector:
    """Finds speech on the CPU; one thread of it is hundreds of times faster than real time."""

    capabilities = VoiceActivityCapabilities()

    def __init__(self, options: SileroOptions, placement: Placement) -> None:
        self._thresholds = SpeechThresholds(**options.model_dump())
        self._model = SileroVADModel(f"{get_assets_path()}/silero_vad_v6.onnx")

    def detect(self, audio: Audio) -> Sequence[TimeSpan]:
        """The spans of speech, padded and in order."""
        with translate({Exception: lambda error: EngineError(f"silero failed: {error}")}):
            blocks = list(self._probabilities(audio))
        probabilities = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
        return speech_spans(probabilities, FRAME / SAMPLE_RATE, audio.duration, self._thresholds)

    def _probabilities(self, audio: Audio) -> Iterator[NDArray[np.float32]]:
        samples = audio.samples
        for start in range(0, len(samples), BLOCK):
            warm = min(start, WARM_UP)
            block = samples[start - warm : start + BLOCK]
            whole = np.pad(block, (0, -len(block) % FRAME))
            yield self._model(whole).reshape(-1)[warm // FRAME :]

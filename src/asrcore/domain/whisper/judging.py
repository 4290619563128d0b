"""Whether what Whisper wrote can be believed.

Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", section 4.5.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where doubt begins; None switches a doubt off.

    Attributes:
        compression_ratio: a text that compresses better than this repeats itself.
        log_prob: a mean token log-probability below this is a failure.
        no_speech: above this, and below the line before, a chunk counts as silence.
    """

    compression_ratio: float | None = 2.4
    log_prob: float | None = -1.0
    no_speech: float | None = 0.6


@dataclass(frozen=True, slots=True)
class Decoded:
    """One chunk's result, the measures that judge it, and the temperature that it came at."""

    tokens: tuple[int, ...]
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float
    temperature: float

    def acceptable(self, limits: Thresholds) -> bool:
        """Whether no further temperature needs to be tried."""
        return self.silent(limits) or not (self.repetitive(limits) or self._unlikely(limits))

    def repetitive(self, limits: Thresholds) -> bool:
        """Whether the text compresses suspiciously well."""
        limit = limits.compression_ratio
        return limit is not None and self.compression_ratio > limit

    def silent(self, limits: Thresholds) -> bool:
        """Whether the chunk counts as holding no speech."""
        limit = limits.no_speech
        improbable = limits.log_prob is None or self._unlikely(limits)
        return limit is not None and self.no_speech_prob > limit and improbable

    def _unlikely(self, limits: Thresholds) -> bool:
        return limits.log_prob is not None and self.avg_logprob < limits.log_prob


def compression_ratio(text: str) -> float:
    """Bytes of a text over the bytes it compresses to; 0 for no text."""
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded))

"""Sound that needs no file."""

from __future__ import annotations

import numpy as np

from asrcore.domain.audio import SAMPLE_RATE, Samples


def silence(seconds: float) -> Samples:
    """Digital silence."""
    return np.zeros(round(seconds * SAMPLE_RATE), dtype=np.float32)


def tone(seconds: float, frequency: float = 440.0, level: float = 0.3) -> Samples:
    """A sine of peak `level`."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave: Samples = (level * np.sin(2 * np.pi * frequency * time)).astype(np.float32)
    return wave

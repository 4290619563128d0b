"""Sound as the core holds it: 16 kHz, mono, 32-bit float."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.timespan import TimeSpan

SAMPLE_RATE = 16_000
"""Samples per second of every `Audio`; what every engine here was trained on."""

MAX_CHANNELS = 64

Samples = NDArray[np.float32]
"""Mono samples at `SAMPLE_RATE`, shape (n,), full scale at -1 and 1."""


@dataclass(frozen=True, eq=False, slots=True)
class Audio:
    """A decoded recording; `samples` may be a memory map on a temporary file.

    Raises:
        ValueError: the samples are not one-dimensional float32.
    """

    samples: Samples

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise ValueError(
                "audio is mono float32 of shape (n,), "
                f"not {self.samples.dtype} of shape {self.samples.shape}"
            )

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / SAMPLE_RATE

    @property
    def span(self) -> TimeSpan:
        """From 0 to the end."""
        return TimeSpan(0.0, self.duration)

    @property
    def finite(self) -> bool:
        """Whether every sample is a number; engines take others for silence, or worse."""
        with np.errstate(invalid="ignore"):  # of infinities that cancel out
            return bool(np.isfinite(np.sum(self.samples, dtype=np.float64)))

    def slice(self, span: TimeSpan) -> Samples:
        """A view on the samples of one span, cut at the recording's end."""
        start, end = (round(t * SAMPLE_RATE) for t in (span.start, span.end))
        return self.samples[start:end]


@dataclass(frozen=True, eq=False, slots=True)
class Waveform:
    """Sound that a library user already holds in memory, at any rate.

    Args:
        samples: shape (n,) or (channels, n); float at full scale 1, or signed integers.
        sample_rate: samples per second.

    Raises:
        ValueError: the shape, type or rate is none that sound has.
    """

    samples: NDArray[np.generic]
    sample_rate: int = SAMPLE_RATE

    def __post_init__(self) -> None:
        if self.sample_rate <= 0:
            raise ValueError(f"a sample rate is positive, not {self.sample_rate}")
        if self.samples.dtype.kind not in "fi":
            raise ValueError(f"samples are float or signed integers, not {self.samples.dtype}")
        if self.samples.ndim not in (1, 2):
            raise ValueError(f"samples have shape (n,) or (channels, n), not {self.samples.shape}")
        if self.samples.ndim == 2 and self.samples.shape[0] > MAX_CHANNELS:
            raise ValueError(
                f"{self.samples.shape[0]} channels: samples have shape (channels, n); transpose?"
            )

    def planar(self) -> NDArray[np.float32]:
        """The samples as float32 of shape (channels, n), full scale 1."""
        planes: NDArray[np.generic] = np.atleast_2d(self.samples)
        scale = 1.0 if planes.dtype.kind == "f" else 2.0 ** (8 * planes.dtype.itemsize - 1)
        return planes.astype(np.float32) / np.float32(scale)

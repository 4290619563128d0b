"""A span of time in a recording."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class TimeSpan:
    """A stretch of time from `start` to `end`, in seconds.

    >>> TimeSpan(1.0, 3.0) & TimeSpan(2.0, 5.0)
    TimeSpan(start=2.0, end=3.0)
    >>> TimeSpan(1.0, 2.0).distance(TimeSpan(5.0, 6.0))
    3.0

    Raises:
        ValueError: a bound is negative or not finite, or the end lies before the start.
    """

    start: float
    end: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.end)):
            raise ValueError(f"a time span needs finite bounds, not {self.start} to {self.end}")
        if not 0.0 <= self.start <= self.end:
            raise ValueError(
                f"a time span runs forward from 0, not from {self.start} to {self.end}"
            )

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    @property
    def midpoint(self) -> float:
        """The moment halfway, in seconds."""
        return (self.start + self.end) / 2

    def __and__(self, other: TimeSpan) -> TimeSpan | None:
        """The time both cover; None where they do not meet."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return TimeSpan(start, end) if start <= end else None

    def __or__(self, other: TimeSpan) -> TimeSpan:
        """The shortest span that covers both."""
        return TimeSpan(min(self.start, other.start), max(self.end, other.end))

    def overlap(self, other: TimeSpan) -> float:
        """Seconds that both cover."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))

    def distance(self, other: TimeSpan) -> float:
        """Seconds of gap between the nearest edges; 0 where they meet."""
        return max(0.0, other.start - self.end, self.start - other.end)

    def shift(self, seconds: float) -> TimeSpan:
        """The same length, `seconds` later."""
        return TimeSpan(self.start + seconds, self.end + seconds)

    def pad(self, seconds: float) -> TimeSpan:
        """Wider by `seconds` on each side, never before 0."""
        return TimeSpan(max(0.0, self.start - seconds), self.end + seconds)

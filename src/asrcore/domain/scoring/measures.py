"""What a metric finds in one recording; those of several recordings are pooled."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

LIMITS = (0.05, 0.1, 0.2)
"""Seconds: the share of deviations beyond each of them is told."""


class Measure(Protocol):
    """A finding that can be pooled."""

    @property
    def value(self) -> float | None:
        """The headline, lower is better; None where there was nothing to measure."""
        ...

    @property
    def figures(self) -> Mapping[str, float | None]:
        """The headline and what it is made of, by name."""
        ...

    @classmethod
    def pooled(cls, measures: Sequence[Self]) -> Self:
        """The finding over several recordings."""
        ...


M = TypeVar("M", bound=Measure)


def pool(measures: Sequence[M]) -> M:
    """One kind of measure over several recordings, at least one."""
    return type(measures[0]).pooled(measures)


@dataclass(frozen=True)
class Rate:
    """Errors over what there was to get right, such as words.

    Attributes:
        errors: how many, or how many seconds.
        total: of how many.
        parts: the errors by kind, such as `insertions`; also what else is worth counting.
    """

    errors: float
    total: float
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def value(self) -> float | None:
        """Errors over total: may exceed 1; None where there was nothing."""
        return self.errors / self.total if self.total else None

    @property
    def figures(self) -> Mapping[str, float | None]:
        """Rate, errors, total and the parts."""
        return {"rate": self.value, "errors": self.errors, "total": self.total, **self.parts}

    @classmethod
    def pooled(cls, measures: Sequence[Rate]) -> Rate:
        """All errors over all there was."""
        parts: Counter[str] = Counter()
        for measure in measures:
            parts.update(measure.parts)
        return cls(
            sum(measure.errors for measure in measures),
            sum(measure.total for measure in measures),
            dict(parts),
        )


@dataclass(frozen=True)
class Deviations:
    """How far times lie from the truth.

    Attributes:
        seconds: hypothesis minus reference of every matched word; late is positive.
        unmatched: timed words of the reference that had no counterpart with a time.
    """

    seconds: Sequence[float]
    unmatched: int = 0

    def __post_init__(self) -> None:
        """Packed, since a bootstrap pools them a thousand times.

        Rounded to nanoseconds: 1.50 - 1.45 is no more than 0.05.
        """
        seconds = array("d", (round(second, 9) for second in self.seconds))
        object.__setattr__(self, "seconds", seconds)

    @property
    def value(self) -> float | None:
        """Median distance in seconds, early or late; None where no word was matched."""
        return float(np.median(self._distances)) if len(self.seconds) else None

    @property
    def figures(self) -> Mapping[str, float | None]:
        """Median, 90th percentile, bias (signed median), shares beyond `LIMITS`, counts."""
        told = len(self.seconds) > 0
        distances = self._distances
        return {
            "median": self.value,
            "p90": float(np.percentile(distances, 90)) if told else None,
            "bias": float(np.median(self.seconds)) if told else None,
            **{
                f"over_{round(limit * 1000)}ms": float(np.mean(distances > limit)) if told else None
                for limit in LIMITS
            },
            "words": len(self.seconds),
            "unmatched": self.unmatched,
        }

    @property
    def _distances(self) -> NDArray[np.float64]:
        return np.abs(np.asarray(self.seconds, dtype=np.float64))

    @classmethod
    def pooled(cls, measures: Sequence[Deviations]) -> Deviations:
        """The deviations of all."""
        seconds = array("d")
        for measure in measures:
            seconds.extend(measure.seconds)
        return cls(seconds, sum(measure.unmatched for measure in measures))

"""Is the difference between two systems more than luck?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asrcore.domain.scoring.measures import Measure, pool

ROUNDS = 1000
"""Resamples; the interval's bounds move by a few hundredths of its width beyond."""

FEW = 10
"""Recordings: from fewer the interval is too narrow by far to decide anything."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What the second system gains (negative) or loses (positive) against the first.

    Attributes:
        value: difference of the pooled headlines.
        low, high: bounds of the 95 % interval.
        recordings: how many were compared.
    """

    value: float
    low: float
    high: float
    recordings: int

    @property
    def significant(self) -> bool | None:
        """Whether the interval leaves out zero; None below `FEW` recordings.

        There a percentile bootstrap holds the truth far less often than in 95 % of cases: of two
        recordings that lean the same way it makes a difference, whatever luck it was.
        """
        return None if self.recordings < FEW else self.low > 0 or self.high < 0


def paired_bootstrap(
    first: Sequence[Measure], second: Sequence[Measure], *, rounds: int = ROUNDS, seed: int = 0
) -> Difference | None:
    """Compare two systems on the same recordings.

    Recordings are drawn with replacement, the same ones for both systems, and pooled; the interval
    holds the middle 95 % of the differences (Bisani & Ney, "Bootstrap estimates for confidence
    intervals in ASR performance evaluation", ICASSP 2004).

    Args:
        first, second: one measure a recording, in the same order.

    Returns:
        None where there is nothing to compare.

    Raises:
        ValueError: the systems were not measured on the same number of recordings.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} measures do not pair up")
    everything = list(range(len(first)))
    value = _difference(first, second, everything)
    if value is None:
        return None
    generator = np.random.default_rng(seed)
    draws = (generator.integers(len(first), size=len(first)).tolist() for _ in range(rounds))
    drawn = [found for each in draws if (found := _difference(first, second, each)) is not None]
    low, high = np.percentile(drawn, [2.5, 97.5]).tolist()
    return Difference(value, low, high, len(first))


def _difference(
    first: Sequence[Measure], second: Sequence[Measure], chosen: Sequence[int]
) -> float | None:
    before, after = _pooled(first, chosen), _pooled(second, chosen)
    return None if before is None or after is None else after - before


def _pooled(measures: Sequence[Measure], chosen: Sequence[int]) -> float | None:
    return pool([measures[index] for index in chosen]).value if chosen else None

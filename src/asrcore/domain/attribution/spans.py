"""Spans of time as arrays."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.timespan import TimeSpan

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.intp]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Spans:
    """Spans of time: `starts` and `ends` in seconds, each of shape (spans,)."""

    starts: Floats
    ends: Floats

    @classmethod
    def of(cls, spans: Sequence[TimeSpan]) -> Spans:
        """From values."""
        return cls(_array([span.start for span in spans]), _array([span.end for span in spans]))

    def only(self, which: Mask) -> Spans:
        """Some of them."""
        return Spans(self.starts[which], self.ends[which])

    def distance(self, others: Spans) -> Floats:
        """Seconds from each of `others` to the nearest of these, which are in order of start.

        0 where they meet, infinity where there is none; shape (others,).
        """
        reach = np.concatenate(([-np.inf], np.maximum.accumulate(self.ends)))
        begin = np.append(self.starts, np.inf)
        following = np.searchsorted(self.starts, others.ends, "right")
        before, after = others.starts - reach[following], begin[following] - others.ends
        return np.maximum(0.0, np.minimum(before, after))


def _array(times: Sequence[float]) -> Floats:
    """Four times as fast as `np.array`, which asks each number what it is."""
    return np.frombuffer(struct.pack(f"{len(times)}d", *times))

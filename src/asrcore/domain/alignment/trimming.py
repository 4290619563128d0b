"""The part of a span in which its word sounds, for aligners that leave no time between words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.alignment.sound import DIP, FAINT, HOP, LEAST_PAUSE, Loudness
from asrcore.domain.timespan import TimeSpan

RANGE = 40.0
"""What is this many dB below a word's peak counts as background, even where others are quieter."""


def sounding(loudness: Loudness, span: TimeSpan) -> TimeSpan:
    """The part of a word's span in which it sounds.

    Warping leaves no time between words, so pauses are part of the words around them; the
    loudest stretch of a span is taken to be its word, and silence beside it is left out.
    """
    begin, end = round(span.start / HOP), round(span.end / HOP)
    levels = loudness.levels[begin:end]
    if not len(levels):
        return span
    peak = float(np.quantile(levels, 0.9))
    background = min(max(loudness.background, peak - RANGE), peak)
    above = levels - (background + FAINT * (peak - background))
    first, last = _loudest(above)
    start = span.start + first * HOP if first * HOP > LEAST_PAUSE else span.start
    rest = (len(levels) - 1 - last) * HOP
    return TimeSpan(start, max(start, span.end - rest) if rest > LEAST_PAUSE else span.end)


def _loudest(above: NDArray[np.float64]) -> tuple[int, int]:
    """The first and last index of the stretch with the most sound, over dips up to `DIP`."""
    loud = np.flatnonzero(above > 0)
    if not len(loud):
        return 0, len(above) - 1
    runs = np.split(loud, np.flatnonzero(np.diff(loud) * HOP > DIP) + 1)
    most = max(runs, key=lambda run: float(above[run].sum()))
    return int(most[0]), int(most[-1])

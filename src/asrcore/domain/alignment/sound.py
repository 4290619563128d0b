"""Where the sound of a word ends: CTC models mark where labels begin, never where they end.

The level of the sound is followed from the word's last label on until it has come down most of the
way to what is heard in the pause; a short dip, as before the release of a stop, ends no word.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.audio import SAMPLE_RATE, Samples

HOP = 0.005
"""Seconds from one measurement of the level to the next."""
WINDOW = 0.02
"""Seconds over which the level is measured."""
PRE_EMPHASIS = 0.97
"""High frequencies are raised by this much of a difference, so that an `s` is as loud as an `a`."""
FAINT = 0.3
"""A word has ended where its level above the background falls below this part of its peak's."""
DIP = 0.08
"""Seconds of less than that which a word may hold."""
LEAST_PAUSE = 0.06
"""Seconds: a shorter one between two words is none."""
LEAST_TAIL = 0.05
"""Seconds that a word's last label sounds at least."""
QUIET_PART = 0.3
"""The part of a pause, its quietest, that tells its background."""
LEAST_BACKGROUND = 0.15
"""Seconds: in a shorter pause the background of the whole sound counts."""


@dataclass(frozen=True, eq=False, slots=True)
class Loudness:
    """The level of some sound, in dB, one measurement every `HOP` seconds."""

    levels: NDArray[np.float64]
    background: float

    @classmethod
    def of(cls, samples: Samples) -> Loudness:
        """Measure it.

        Args:
            samples: shape (n,), 16 kHz.
        """
        if not len(samples):
            return cls(np.zeros(0), 0.0)
        hop, hops = round(HOP * SAMPLE_RATE), round(WINDOW / HOP)
        count = -(-len(samples) // hop)
        raised = np.zeros(count * hop, np.float32)
        raised[1 : len(samples)] = samples[1:] - np.float32(PRE_EMPHASIS) * samples[:-1]
        blocks = raised.reshape(count, hop)
        energy = np.einsum("ij,ij->i", blocks, blocks)
        # A window reaches half its hops to either side of the moment that it tells of.
        window = np.convolve(energy, np.ones(hops), "full")[hops // 2 - 1 :][:count]
        levels = 10 * np.log10(window / (hops * hop) + 1e-10)
        return cls(levels, float(np.quantile(levels, 0.05)))

    def end(self, start: float, last: float, limit: float) -> float:
        """When a word ends, in seconds.

        Args:
            start: where it begins.
            last: where its last label is heard.
            limit: where the next word begins, or the sound ends; this is the answer where there
                is no pause between.
        """
        first, onset, stop = (self._index(time) for time in (start, last, limit))
        after = self.levels[onset : stop + 1]
        if not len(after):
            return limit
        peak = float(self.levels[first : onset + 1].max(initial=after[0]))
        loud = np.flatnonzero(after > self._threshold(after, peak))
        # Silence may follow the last label at once: then the first loud moment is the next word's.
        silences = np.concatenate((loud[:1], loud[1:] - loud[:-1])) * HOP
        dips = np.flatnonzero(silences > DIP)
        sounding = loud[: dips[0]] if len(dips) else loud
        end = last + LEAST_TAIL
        if len(sounding):
            end = max(end, (onset + int(sounding[-1])) * HOP)
        return limit if limit - end < LEAST_PAUSE else end

    def _threshold(self, after: NDArray[np.float64], peak: float) -> float:
        background = self.background
        if len(after) * HOP > LEAST_BACKGROUND:
            quietest = np.sort(after)[: max(1, int(QUIET_PART * len(after)))]
            background = max(background, float(np.median(quietest)))
        background = min(background, peak - 6.0)
        return background + FAINT * (peak - background)

    def _index(self, time: float) -> int:
        return min(max(round(time / HOP), 0), max(0, len(self.levels) - 1))

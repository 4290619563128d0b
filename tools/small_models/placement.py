"""Where an utterance sounds in a window, as the renderer takes it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tools.small_models.corpus import Entry
from tools.synthetic.speech import SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Placement:
    """An utterance in a window.

    Attributes:
        entry: the utterance.
        at: seconds into the window where its first played sample sounds.
        pace: how many times as fast it is played; pitch and timbre go with it.
        gain: factor on its samples.
        first: its first word that is played.
    """

    entry: Entry
    at: float
    pace: float
    gain: float
    first: int = 0

    @property
    def skipped(self) -> int:
        """Samples that are left out before the first word that is played."""
        return (
            max(0, int((self.entry.starts[self.first] - 0.02) * SAMPLE_RATE)) if self.first else 0
        )

    @property
    def duration(self) -> float:
        """Seconds it takes."""
        return (self.entry.samples - self.skipped) / SAMPLE_RATE / self.pace

    @property
    def origin(self) -> float:
        """Where its very first sample would sound, had nothing been skipped."""
        return self.at - self.skipped / SAMPLE_RATE / self.pace

    def start(self, word: int) -> float:
        """Seconds into the window at which a word begins."""
        return self.origin + self.entry.starts[word] / self.pace

    def end(self, word: int) -> float:
        """Seconds into the window at which a word ends."""
        return self.origin + self.entry.ends[word] / self.pace

    def row(self, window: int) -> tuple[float, ...]:
        """What the renderer takes: window, source offset, samples, target sample, pace, gain."""
        entry, skipped = self.entry, self.skipped
        target = int(self.at * SAMPLE_RATE)
        source, samples = entry.offset + skipped, entry.samples - skipped
        return (window, source, samples, target, self.pace, self.gain)


def any_pace(chance: random.Random) -> float:
    """Some utterances as they are, the others faster or slower: that is another voice."""
    return 1.0 if chance.random() < 0.3 else chance.uniform(0.85, 1.18)


def any_gain(chance: random.Random) -> float:
    """From a whisper to full scale."""
    return 10 ** (chance.uniform(-26, 0) / 20)


def about(gain: float, chance: random.Random) -> float:
    """Speakers of one window differ by a few decibels."""
    return gain * 10 ** (chance.uniform(-4, 4) / 20)

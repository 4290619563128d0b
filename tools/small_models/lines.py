"""What the CTC model learns from: stretches of speech and the characters said in them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tools.small_models.characters import transcript
from tools.small_models.corpus import Corpus
from tools.small_models.guidance import Guide
from tools.small_models.placement import Placement, about, any_gain, any_pace
from tools.synthetic.speech import SAMPLE_RATE

RECEPTIVE, HOP = 400, 320
"""Samples that one frame sees, and between two frames."""
CENTRE = -0.0025
"""Seconds: a frame is centred 12.5 ms after its first sample, not 10."""


def frames(seconds: float) -> int:
    """How many frames wav2vec2's convolutions make."""
    return (round(seconds * SAMPLE_RATE) - RECEPTIVE) // HOP + 1


@dataclass
class Line:
    """One example; `seconds` is where it ends, before padding."""

    placements: list[Placement]
    seconds: float
    guide: Guide
    labels: list[int]


class LineMaker:
    """Makes stretches of at most `seconds` out of a corpus."""

    def __init__(self, corpus: Corpus, seconds: float, chance: random.Random) -> None:
        self._corpus, self._seconds, self._chance = corpus, seconds, chance

    def make(self) -> Line:
        """The next stretch: one to three utterances with short gaps."""
        placements = self._place(self._chance.choice((1, 1, 1, 2, 3)))
        guide = Guide.of(frames(self._seconds))
        for placed in placements:
            guide.add(placed.entry, placed.origin + CENTRE, placed.pace)
        end = max((placed.at + placed.duration for placed in placements), default=0.5)
        seconds = min(self._seconds, end + self._chance.uniform(0, 0.4))
        labels = transcript(word for placed in placements for word in placed.entry.words)
        return Line(placements, seconds, guide, labels)

    def _place(self, wanted: int) -> list[Placement]:
        chance, placements = self._chance, list[Placement]()
        at, gain = chance.uniform(0, 0.4), any_gain(chance)
        for _ in range(12):
            pace, entry = any_pace(chance), self._corpus.pick(chance)
            placed = Placement(entry, at, pace, about(gain, chance))
            if at + placed.duration > self._seconds - 0.05:
                continue
            placements.append(placed)
            if len(placements) == wanted:
                break
            at += placed.duration + chance.uniform(0.05, 0.8)
        return placements

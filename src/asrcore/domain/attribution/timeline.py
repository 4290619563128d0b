"""Turns as arrays: who speaks while words sound, and how far off the others are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from asrcore.domain.attribution.spans import Floats, Integers, Mask, Spans
from asrcore.domain.diarization import Diarization, SpeakerTurn

INTERRUPTED = 0.1
"""What a second lacks for who speaks in it while it is another's, as the exclusive turns tell."""


class Timeline:
    """The turns of a diarization, cut into pieces wherever one begins or ends.

    Nothing changes within a piece, so that what a speaker lacks of a word is the difference of
    two sums. Speakers go by their number in `names`.

    Attributes:
        names: the speakers in order of first appearance.
    """

    def __init__(self, diarization: Diarization) -> None:
        self.names = diarization.speakers
        numbers = {name: number for number, name in enumerate(self.names)}
        self._turns = _Turns(diarization.turns, numbers)
        exclusive = _Turns(diarization.exclusive, numbers)
        self._moments = np.unique(np.concatenate(([0.0], *self._turns.edges, *exclusive.edges)))
        speaking = self._turns.speaking(self._moments)
        count = speaking @ np.ones(len(numbers))
        anybody, several = (count > 0)[:, None], (count > 1)[:, None]
        lacking = INTERRUPTED * (exclusive.speaking(self._moments) < several)
        self._rates: Floats = np.hstack((np.where(speaking, lacking, anybody), anybody))
        passed = np.diff(self._moments)[:, None] * self._rates[:-1]
        self._sums: Floats = np.vstack((np.zeros_like(self._rates[:1]), np.cumsum(passed, axis=0)))

    def lacking(self, words: Spans) -> tuple[Floats, Floats]:
        """How long somebody speaks in each word, but not a certain speaker.

        Returns:
            seconds for each speaker, shape (words, speakers), and seconds in which anybody
            speaks at all, shape (words,).
        """
        seconds = self._until(words.ends) - self._until(words.starts)
        return seconds[:, :-1], seconds[:, -1]

    def _until(self, times: Floats) -> Floats:
        pieces = np.searchsorted(self._moments, times, "right") - 1
        within = (times - self._moments[pieces])[:, None] * self._rates.take(pieces, axis=0)
        seconds: Floats = self._sums.take(pieces, axis=0) + within
        return seconds

    def distances(self, words: Spans) -> Floats:
        """Seconds from each word to each speaker's nearest turn; shape (words, speakers)."""
        speakers = range(len(self.names))
        return np.stack([self._turns.of(each).distance(words) for each in speakers], axis=1)


class _Turns:
    """Turns in order of their start, and the numbers of their speakers, shape (turns,)."""

    def __init__(self, turns: Sequence[SpeakerTurn], numbers: Mapping[str, int]) -> None:
        turns = [turn for turn in turns if turn.speaker in numbers]
        self._spans = Spans.of([turn.span for turn in turns])
        self._speakers = np.array([numbers[turn.speaker] for turn in turns], np.intp)
        self._count = len(numbers)

    @property
    def edges(self) -> tuple[Floats, Floats]:
        """Where they begin and end."""
        return self._spans.starts, self._spans.ends

    def of(self, speaker: int) -> Spans:
        """Those of one speaker."""
        return self._spans.only(self._speakers == speaker)

    def speaking(self, moments: Floats) -> Mask:
        """Who speaks from each moment to the next, edges among them; (moments, speakers)."""
        begun, ended = (self._happening(moments, times) for times in self.edges)
        speaking: Mask = np.cumsum(begun - ended, axis=0) > 0
        return speaking

    def _happening(self, moments: Floats, times: Floats) -> Integers:
        cells = np.searchsorted(moments, times) * self._count + self._speakers
        size = len(moments) * self._count
        return np.bincount(cells, minlength=size).reshape(len(moments), self._count)

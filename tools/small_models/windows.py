"""What Whisper learns from: windows of speech, and the tokens it shall write for them.

The targets follow Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision"
(2022), section 2.3: with or without timestamps, after the text before or not; a sentence that the
window cuts off is written as far as it sounds, or, with timestamps, only its start is.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tools.small_models.characters import transcript
from tools.small_models.corpus import Corpus
from tools.small_models.guidance import FRAME, Guide
from tools.small_models.placement import Placement, about, any_gain, any_pace
from tools.small_models.vocabulary import (
    END,
    FIRST_TIME,
    NO_SPEECH,
    NO_TIMESTAMPS,
    PREVIOUS,
    START,
    Vocabulary,
    timestamp,
)

PROMPT = 223
"""Tokens of previous text that Whisper keeps at most."""
SILENT = 0.04
"""Share of windows without speech."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of window.

    Attributes:
        seconds: how long it is.
        tokens: the longest sequence, prompt included.
        prompted: whether previous text stands before it.
    """

    seconds: float
    tokens: int
    prompted: bool = False


@dataclass
class Window:
    """One example.

    Attributes:
        placements: what sounds where; empty in silence.
        tokens: the whole sequence, from the prompt to the end.
        prompt: how many tokens of it are previous text.
        unknown: positions whose next token is not to be learnt, the prompt's apart.
        guide: what may sound in each of the encoder's frames.
        labels: what is said in characters, for the encoder's helper.
    """

    placements: list[Placement]
    tokens: list[int]
    prompt: int
    timestamps: bool
    guide: Guide
    labels: list[int] = field(default_factory=list)

    @property
    def targets(self) -> list[int]:
        """The next token at each position; -100 where nothing is to be learnt."""
        targets = self.tokens[1:]
        targets[: self.prompt] = [-100] * self.prompt
        if not self.placements:
            targets[self.prompt] = NO_SPEECH
        elif not self.timestamps or len(targets) == self.prompt + 1:
            targets[self.prompt] = -100  # <|notimestamps|> is given, never guessed
        return targets


class WindowMaker:
    """Makes windows of one shape out of a corpus."""

    def __init__(
        self, corpus: Corpus, vocabulary: Vocabulary, shape: Shape, chance: random.Random
    ) -> None:
        self._corpus, self._vocabulary, self._shape, self._chance = (
            corpus,
            vocabulary,
            shape,
            chance,
        )

    def make(self) -> Window:
        """The next window."""
        chance = self._chance
        timestamps = chance.random() < 0.5
        prompt = self._prompt(timestamps) if self._shape.prompted else []
        guide = Guide.of(round(self._shape.seconds / FRAME))
        if chance.random() < SILENT:
            said = [FIRST_TIME] if timestamps else [NO_TIMESTAMPS]
            return Window([], [*prompt, START, *said, END], len(prompt), timestamps, guide)
        filling = _Filling(self._corpus, self._vocabulary, self._shape, chance, timestamps)
        filling.fill(room=self._shape.tokens - len(prompt) - 3)
        opening = [*prompt, START] if timestamps else [*prompt, START, NO_TIMESTAMPS]
        tokens = [*opening, *filling.tokens, END]
        for placed in filling.placements:
            guide.add(placed.entry, placed.origin, placed.pace, placed.first)
        labels = transcript(filling.words)
        return Window(filling.placements, tokens, len(prompt), timestamps, guide, labels)

    def _prompt(self, timestamps: bool) -> list[int]:
        """Text that was said before: any, cut as Whisper cuts it."""
        chance, tokens = self._chance, list[int]()
        length = chance.choice((chance.randint(3, 60), chance.randint(60, PROMPT), PROMPT))
        timed = timestamps and chance.random() < 0.7
        while len(tokens) < length:
            said = self._vocabulary.encode(self._corpus.pick(chance).text())
            if self._vocabulary.covers(said):
                tokens += self._timed(said) if timed else said
        return [PREVIOUS, *tokens[-length:]]

    def _timed(self, said: list[int]) -> list[int]:
        start = self._chance.uniform(0, 25)
        return [timestamp(start), *said, timestamp(start + self._chance.uniform(0.5, 5))]


class _Filling:
    """Puts one utterance after the other into a window, and writes down what is to be heard."""

    def __init__(
        self,
        corpus: Corpus,
        vocabulary: Vocabulary,
        shape: Shape,
        chance: random.Random,
        timestamps: bool,
    ) -> None:
        self._corpus, self._vocabulary, self._chance = corpus, vocabulary, chance
        self._seconds, self._timestamps = shape.seconds, timestamps
        self.placements: list[Placement] = []
        self.tokens: list[int] = []
        self.words: list = []

    def fill(self, room: int) -> None:
        """Add utterances until the window is as full as this one shall be."""
        chance = self._chance
        wanted = chance.choices((99, 1, chance.randint(2, 4)), (55, 22, 23))[0]
        overrun = wanted > 1 and chance.random() < 0.65
        longest_gap = chance.choice((0.6, 1.0, 2.5))
        gain = any_gain(chance)
        at = chance.choice((chance.uniform(0, 0.3), chance.uniform(0, 1.5), chance.uniform(0, 6)))
        while len(self.placements) < wanted and at < self._seconds - 0.15:
            placed = self._next(at, about(gain, chance))
            if wanted == 1 and placed.duration < self._seconds - 0.05:
                placed = self._anywhere(placed)
            fits = placed.at + placed.duration <= self._seconds - 0.02
            last = len(placed.entry.words) if fits else self._last_heard(placed)
            said = self._vocabulary.encode(placed.entry.text(placed.first, last))
            if not self._vocabulary.covers(said):
                continue
            if len(self.tokens) + len(said) + 2 > room or not (
                fits or overrun or not self.placements
            ):
                return
            self._add(placed, last, said, fits)
            if not fits:
                return
            at = placed.at + placed.duration + chance.uniform(0.1, longest_gap)

    def _next(self, at: float, gain: float) -> Placement:
        """The next utterance; the first of a window may have begun before it."""
        entry, pace = self._corpus.pick(self._chance), any_pace(self._chance)
        if self.placements or len(entry.words) < 4 or self._chance.random() > 0.1:
            return Placement(entry, at, pace, gain)
        first = self._chance.randint(1, len(entry.words) - 2)
        return Placement(entry, 0.0, pace, gain, first)

    def _anywhere(self, placed: Placement) -> Placement:
        """A single utterance sounds anywhere in the window, unless it begins before it."""
        if placed.first or self._chance.random() < 0.5:
            return placed
        at = self._chance.uniform(0, self._seconds - placed.duration - 0.03)
        return Placement(placed.entry, at, placed.pace, placed.gain)

    def _last_heard(self, placed: Placement) -> int:
        """After the last word that ends inside the window."""
        last = placed.first
        while last < len(placed.entry.words) and placed.end(last) < self._seconds - 0.03:
            last += 1
        return last

    def _add(self, placed: Placement, last: int, said: list[int], whole: bool) -> None:
        self.placements.append(placed)
        self.words += placed.entry.words[placed.first : last]
        if not self._timestamps:
            self.tokens += said if last > placed.first else []
            return
        start = FIRST_TIME if placed.first else timestamp(placed.start(placed.first))
        if self.tokens:
            start = max(start, self.tokens[-1])
        if whole:
            end = max(timestamp(placed.end(last - 1)), start + 1)
            self.tokens += [start, *said, end]
        else:
            self.tokens.append(start)

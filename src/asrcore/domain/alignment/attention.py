"""Words with times, of text that is known, from when each of its tokens starts.

An engine whose attention follows the sound tells that of its tokens. Here are the text as Whisper
writes it, what of it each token writes, and from there the words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.alignment.sound import Loudness
from asrcore.domain.alignment.trimming import sounding
from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.language import joiner, split_words, without_region
from asrcore.domain.request import AlignRequest
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.domain.whisper.shape import FRAME, WINDOW

Floats = NDArray[np.float64]
Stretch = tuple[int, int]
"""Some characters of a text: the first, and behind the last."""
Encode = Callable[[str], tuple[Sequence[int], Sequence[Stretch]]]
"""A text to its tokens, and for each what it writes of the text."""

BATCH = 8
"""Passages that are encoded together."""


@dataclass(eq=False)
class Passage:
    """A request on its way. Text in an unknown language is read as English.

    Attributes:
        language: of the texts, without a region.
        written: the words of each text.
        text: all texts as Whisper writes them.
        tokens: of `text`.
        stretches: for each token the characters of `text` that it writes.
    """

    request: AlignRequest
    language: str
    written: list[list[str]]
    text: str
    tokens: Sequence[int]
    stretches: Sequence[Stretch]
    _placed: list[Word] = field(default_factory=list, init=False)

    @classmethod
    def of(cls, request: AlignRequest, encode: Encode) -> Passage:
        """A request, and its texts as tokens."""
        language = without_region(request.language or "en")
        written = [split_words(text, language) for text in request.texts]
        text = _as_whisper_writes(request.texts, language)
        return cls(request, language, written, text, *encode(text))

    @property
    def frames(self) -> int:
        """Frames of the encoder, `FRAME` each, that hold its sound and no padding."""
        return len(self.request.samples) // round(FRAME * SAMPLE_RATE)

    def feasible(self, room: int) -> bool:
        """Whether there is text, and it can be there.

        Args:
            room: the most tokens of text that the decoder takes.
        """
        fits = len(self.request.samples) <= WINDOW * SAMPLE_RATE
        return fits and 0 < len(self.tokens) <= min(room, self.frames)

    def place(self, starts: Sequence[float] | Floats, scores: Sequence[float] | Floats) -> None:
        """Give its words their times: when each sounds while its tokens last.

        Args:
            starts: seconds at which each token starts, and the last ends; shape (tokens + 1,).
            scores: the probability of each token, shape (tokens,). A word has the mean of its
                characters'.

        Raises:
            ValueError: they are not as many as tokens.
        """
        begins, ends, likely = self._characters(starts, scores)
        loudness = Loudness.of(self.request.samples)
        self._placed = [
            Word(
                word,
                sounding(loudness, TimeSpan(begins[first], ends[behind - 1])),
                float(np.nanmean(likely[first:behind])),
            )
            for word, first, behind in self._located()
        ]

    def answer(self) -> Iterator[list[Word]]:
        """The words of each text, without times where they were not placed."""
        words = iter(self._placed or map(Word, chain.from_iterable(self.written)))
        for text in self.written:
            yield [next(words) for _ in text]

    def _located(self) -> Iterator[tuple[str, int, int]]:
        """Each word, where in the text it begins, and where it ends."""
        behind = 0
        for word in chain.from_iterable(self.written):
            first = self.text.index(word, behind)
            behind = first + len(word)
            yield word, first, behind

    def _characters(
        self, starts: Sequence[float] | Floats, scores: Sequence[float] | Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Start, end and probability of each character; spaces have none (NaN).

        A token's time is shared evenly by its characters; a character that several tokens write
        has the times of them all, and the probability of the last.
        """
        begins, ends, likely = np.full((3, len(self.text)), np.nan)
        for (first, behind), span, score in zip(
            self.stretches, pairwise(starts), scores, strict=True
        ):
            visible = slice(behind - len(self.text[first:behind].lstrip()), behind)
            edges = np.linspace(*span, behind - visible.start + 1)
            begins[visible] = np.fmin(begins[visible], edges[:-1])
            ends[visible] = np.fmax(ends[visible], edges[1:])
            likely[visible] = score
        return begins, ends, likely


def _as_whisper_writes(texts: Sequence[str], language: str) -> str:
    """One text, with a space before each word where words have spaces."""
    space = joiner(language)
    return "".join(space + text.strip() for text in texts if text.strip())


def batches(passages: Iterable[Passage], room: int) -> Iterator[list[Passage]]:
    """Those that are feasible, at most `BATCH` of one language together."""
    groups: defaultdict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        if passage.feasible(room):
            groups[passage.language].append(passage)
    for group in groups.values():
        for start in range(0, len(group), BATCH):
            yield group[start : start + BATCH]


def stretches_of(tokens: Sequence[bytes]) -> list[Stretch]:
    """The characters of a text that each of its tokens writes, wholly or in part.

    Args:
        tokens: the bytes that each token writes. One that writes none has an empty stretch.

    Raises:
        ValueError: together they are no text in UTF-8.
    """
    text = b"".join(tokens).decode()
    owners = [index for index, character in enumerate(text) for _ in character.encode()]
    owners.append(len(text))
    return [
        (owners[first], owners[behind - 1] + 1 if behind > first else owners[first])
        for first, behind in pairwise(accumulate(map(len, tokens), initial=0))
    ]

"""What the tools hand to each other: sentences as written and spoken, and how they sounded."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

SAMPLE_RATE = 16_000
"""Samples per second of everything that these tools make."""

_MARKED = re.compile(
    r"(?P<before>[^\s{}]*)\{(?P<written>[^{}|]+)\|(?P<spoken>[^{}|]+)\}(?P<after>\S*)|\S+"
)
_SOUNDED = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")
_PAUSE = re.compile(r"[,.?!]$")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is written, punctuation attached, and the plain words that one says for it.

    >>> Word("$25,", ("twenty", "five", "dollars")).said
    'twenty five dollars,'
    """

    written: str
    spoken: tuple[str, ...]

    @property
    def said(self) -> str:
        """What a synthesiser is given: plain words, and the punctuation that shapes prosody."""
        pause = _PAUSE.search(self.written)
        return " ".join(self.spoken) + (pause.group() if pause else "")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words in order. `Sentence.parse` reads the notation of the text files."""

    words: tuple[Word, ...]

    @classmethod
    def parse(cls, line: str) -> Sentence:
        """Read a line in which `{written|spoken}` tells how something is said.

        >>> [word.spoken for word in Sentence.parse("It's {3:30|three thirty}, well-known.").words]
        [("It's",), ('three', 'thirty'), ('well', 'known')]

        Raises:
            ValueError: a word has nothing that could be said.
        """
        words = tuple(_word(match) for match in _MARKED.finditer(line))
        if not words:
            raise ValueError("a sentence needs words")
        return cls(words)

    @property
    def text(self) -> str:
        """As one writes it."""
        return " ".join(word.written for word in self.words)

    @property
    def spoken(self) -> tuple[str, ...]:
        """Every plain word that one says, in order."""
        return tuple(part for word in self.words for part in word.spoken)

    @property
    def said(self) -> str:
        """The whole text for a synthesiser."""
        return " ".join(word.said for word in self.words)


def _word(match: re.Match[str]) -> Word:
    if match["written"] is None:
        written = spoken = match.group()
    else:
        written = f"{match['before']}{match['written']}{match['after']}"
        spoken = match["spoken"]
    parts = tuple(_SOUNDED.findall(spoken))
    if not parts:
        raise ValueError(f"{written!r} cannot be said; write {{{written}|how one says it}}")
    return Word(written, parts)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a sentence is spoken.

    Attributes:
        pace: speed; 1 is the voice's own, 1.25 a quarter faster.
        pitch: height of the voice; 1 is its own, 1.1 a tenth higher.
        liveliness: how far the melody moves; 1 is the voice's own.
    """

    pace: float = 1.0
    pitch: float = 1.0
    liveliness: float = 1.0


@dataclass(frozen=True)
class Utterance:
    """A sentence as one voice spoke it, from 60 ms before its first word to 80 ms after its last.

    Attributes:
        sentence: what was said.
        voice: name of the voice.
        samples: shape (n,), int16, mono, 16 kHz, peak at 20000.
        starts, ends: shape (words,), float32, seconds: when each written word sounds.
    """

    sentence: Sentence
    voice: str
    samples: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / SAMPLE_RATE

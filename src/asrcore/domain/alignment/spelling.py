"""From written words to the labels of a model."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.alignment.emissions import Alphabet

WILDCARD = -1
"""In place of a column: a sound that the alphabet cannot spell."""

WITHIN_WORDS = frozenset("'\u2018\u2019\u02bc-\u2010")
"""Apostrophes and hyphens: they may be spelled between two letters, and nowhere else."""
SPOKEN_SIGNS = frozenset("%‰&@#§°")
"""Punctuation and the like that is said aloud; currency and mathematical signs are, too."""
PLAIN = str.maketrans({"\u2019": "'", "\u02bc": "'", "\u2018": "'", "\u2010": "-"})
ZERO_WIDTH_JOINER = "\u200d"


@dataclass(frozen=True, eq=False, slots=True)
class Spelling:
    """Words as labels, all in one row.

    Attributes:
        columns: shape (labels,): the column of each label, or `WILDCARD`.
        words: shape (labels,): the index of the word that each label belongs to.
        characters: shape (labels,): the index, within its word, of the character that it spells.
        lengths: shape (labels,): how many characters a label stands for: more than one where it
            is a wildcard for a whole word, or for letters in a row.
        joined: shape (labels,): whether a label follows the one before it in the same word, with
            nothing unspelled between: everywhere else there is room for a pause.
    """

    columns: NDArray[np.intp]
    words: NDArray[np.intp]
    characters: NDArray[np.intp]
    lengths: NDArray[np.intp]
    joined: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Label:
    """A label of a word: its column, the character that it spells, and the rest of `Spelling`."""

    column: int
    character: int
    joined: bool
    length: int = 1


class Speller:
    """Spells words with one alphabet; it remembers every character that it has met.

    A character is written as it is, in the other case, in parts or without its accents, whichever
    of these the alphabet has first. Punctuation has no label, but for apostrophes and hyphens
    between letters where the alphabet has them. What is said and cannot be spelled is a wildcard:
    a letter, a sign, or all of a word that has digits, which are not said one by one.

    Attributes:
        alphabet: what it spells with.
    """

    def __init__(self, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        self._columns = {
            label: column
            for column, label in enumerate(alphabet.labels)
            if label.strip() and column not in (alphabet.blank, alphabet.separator)
        }
        self._met: dict[str, tuple[int, ...]] = {}

    def spell(self, words: Sequence[str]) -> Spelling:
        """The labels of all words; a word of punctuation alone has none."""
        rows = [
            (label.column, index, label.character, label.length, label.joined)
            for index, word in enumerate(words)
            for label in self._word(word)
        ]
        columns, owners, places, lengths, joined = np.array(rows, np.intp).reshape(-1, 5).T
        return Spelling(columns, owners, places, lengths, joined.astype(np.bool_))

    def _word(self, word: str) -> list[_Label]:
        written = characters(word)
        labels = list(self._labels(written))
        if all(label.column != WILDCARD for label in labels):
            return labels
        if any(character.isnumeric() for character in word):
            labels = [_Label(WILDCARD, labels[0].character, joined=False)]
        bounds = [*(label.character for label in labels), len(written)]
        said = [sum(map(_is_said, written[begin:end])) for begin, end in pairwise(bounds)]
        return [
            replace(label, length=count) if label.column == WILDCARD else label
            for label, count in zip(labels, said, strict=True)
        ]

    def _labels(self, written: Sequence[str]) -> Iterator[_Label]:
        last = WILDCARD - 1
        joined = False
        for index, character in enumerate(written):
            columns = self._character(character)
            if character in WITHIN_WORDS and not _between_letters(written, index):
                columns = ()
            for column in columns:
                if not (column == last == WILDCARD and joined):
                    yield _Label(column, index, joined)
                last, joined = column, True
            joined = joined and bool(columns)

    def _character(self, character: str) -> tuple[int, ...]:
        if character not in self._met:
            self._met[character] = self._spelled(character)
        return self._met[character]

    def _spelled(self, character: str) -> tuple[int, ...]:
        if _is_punctuation(character):
            return ()
        for form in _forms(character):
            if form in self._columns:
                return (self._columns[form],)
            if all(part in self._columns for part in form):
                return tuple(self._columns[part] for part in form)
        return (WILDCARD,) if _is_said(character) else ()


def characters(word: str) -> list[str]:
    """The written characters of a word, each with the marks that combine with it."""
    written: list[str] = []
    for code_point in word:
        combines = unicodedata.category(code_point)[0] == "M" or code_point == ZERO_WIDTH_JOINER
        if written and (combines or written[-1].endswith(ZERO_WIDTH_JOINER)):
            written[-1] += code_point
        else:
            written.append(code_point)
    return written


def _forms(character: str) -> Iterator[str]:
    """Ways to write a character, none of them empty, the most faithful first."""
    bare = "".join(
        part
        for part in unicodedata.normalize("NFKD", character)
        if unicodedata.category(part)[0] != "M"
    )
    for form in (
        character,
        unicodedata.normalize("NFD", character),
        character.translate(PLAIN),
        unicodedata.normalize("NFKC", character),
        bare,
    ):
        yield from (each for each in (form, form.lower(), form.upper(), form.casefold()) if each)


def _is_said(character: str) -> bool:
    """Letters, digits, and signs that stand for words; no emoji and no punctuation."""
    category = unicodedata.category(character[0])
    return category[0] in "LN" or category in ("Sc", "Sm") or character[0] in SPOKEN_SIGNS


def _is_punctuation(character: str) -> bool:
    """What is neither said nor spelled, even where a model was taught to write it."""
    return unicodedata.category(character[0])[0] == "P" and not (
        character[0] in SPOKEN_SIGNS or character[0] in WITHIN_WORDS
    )


def _between_letters(written: Sequence[str], index: int) -> bool:
    around = (*written[max(0, index - 1) : index], *written[index + 1 : index + 2])
    return len(around) == 2 and all(character[0].isalnum() for character in around)

"""Emissions of a made-up model, exact to the frame, and the alphabet that it writes."""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_lowercase

import numpy as np
import pytest

from asrcore.domain.alignment.ctc import Stretch, align_words
from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.alignment.spelling import Speller
from asrcore.domain.transcript import Word

Script = list[tuple[str, int, int]]
"""What is heard: label, first frame, number of frames."""
FRAME = 0.02
"""Seconds."""
HI: Script = [("h", 10, 1), ("i", 11, 2)]
YO: Script = [("y", 72, 1), ("o", 74, 2)]
HI_SPAN, YO_SPAN = (0.20, 0.26), (1.44, 1.52)
PAUSES = pytest.mark.parametrize("pause", [[], [("|", 13, 1)], [("|", 40, 2)], [("|", 70, 2)]])
"""Where the model hears the space between the two, if it does."""

LETTERS = Alphabet(("", "|", *ascii_lowercase, "'"), blank=0, separator=1)
"""Blank, separator, letters, apostrophe."""
BARE = Alphabet(("", *ascii_lowercase))
"""Blank and letters."""
SURE = 0.97
"""The probability of what the model hears in a frame; the other labels share the rest."""


def emissions(
    script: Iterable[tuple[str, int, int]],
    frames: int,
    alphabet: Alphabet = LETTERS,
    sure: float = SURE,
) -> Emissions:
    """Emissions in which labels are heard as told, and blanks elsewhere.

    Args:
        script: what is heard: label, first frame, number of frames.
        frames: how many there are.
    """
    heard = np.full(frames, alphabet.blank)
    for label, first, count in script:
        heard[first : first + count] = alphabet.labels.index(label)
    probs = np.full((frames, len(alphabet.labels)), (1 - sure) / (len(alphabet.labels) - 1))
    probs[np.arange(frames), heard] = sure
    return Emissions(np.log(probs).astype(np.float32))


def letter_by_letter(word: str, first: int, each: int = 2) -> Script:
    """A script for a word, a blank between equal letters as CTC needs it.

    Each letter lasts `each` frames, but for the first of two equal ones, which lasts one less.
    """
    return [
        (letter, first + index * each, each - (letter == word[index + 1 : index + 2]))
        for index, letter in enumerate(word)
    ]


def stretch(script: Script, frames: int = 100, alphabet: Alphabet = LETTERS) -> Stretch:
    """Some sound in which a script is heard."""
    return Stretch(emissions(script, frames, alphabet), frames * FRAME)


def align(text: str, script: Script, alphabet: Alphabet = LETTERS) -> list[Word]:
    """The words of a text in two seconds of sound."""
    return align_words(text.split(), stretch(script, alphabet=alphabet), Speller(alphabet))


def bounds(word: Word) -> tuple[float, float]:
    """When a word begins and ends, without what float arithmetic adds."""
    assert word.span is not None
    return round(word.span.start, 6), round(word.span.end, 6)


def assert_heard(word: Word, span: tuple[float, float], score: float | None = SURE) -> None:
    """A word has been heard, then and there."""
    assert bounds(word) == span
    assert word.score == (score if score is None else pytest.approx(score))
    assert not word.estimated

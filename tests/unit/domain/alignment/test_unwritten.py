"""Whole sentences that nobody wrote, though words of them occur in those that are written."""

import numpy as np
import pytest

from asrcore.domain.alignment.ctc import Stretch, align_words
from asrcore.domain.alignment.spelling import Speller
from asrcore.domain.transcript import Word
from asrcore.testing.scripted_emissions import (
    HI,
    LETTERS,
    Script,
    assert_heard,
    bounds,
    letter_by_letter,
    stretch,
)

THAT, THAT_SPAN = letter_by_letter("that", 80), (1.60, 1.76)
SOUNDS = letter_by_letter("sounds", 92)
GOOD, GOOD_SPAN = letter_by_letter("good", 108), (2.16, 2.32)
BOUNDARIES = pytest.mark.parametrize(
    ("first", "texts"),
    [
        ("hi.", ()),
        ("hi?", (0,)),
        ('"hi!"', ()),
        ("(hi\u2026)", ()),
        ("hi\u3002", ()),
        ("hi\u061f", ()),
        ("hi ...", ()),  # a word without a sound of its own
        ("hi", (0, 1)),
        ("hi", (0, 1, 1)),  # a text without words
    ],
)
"""How it is written that a sentence ends after `hi`: by its last sign, or as a text of its own."""


def aligned(text: str, script: Script, texts: tuple[int, ...]) -> list[Word]:
    """The words that have a sound."""
    words = text.split()
    found = align_words(
        words, stretch(script, 200), Speller(LETTERS), texts=(*texts, len(words)) if texts else ()
    )
    return [word for word in found if word.text != "..."]


@BOUNDARIES
def test_a_sentence_begins_behind_one_that_begins_alike(first: str, texts: tuple) -> None:
    strange = [
        *letter_by_letter("that", 20),
        *letter_by_letter("is", 34),
        *letter_by_letter("strange", 44),
    ]
    _, that, _, good = aligned(
        f"{first} that sounds good", [*HI, *strange, *THAT, *SOUNDS, *GOOD], texts
    )
    assert_heard(that, THAT_SPAN)
    assert_heard(good, GOOD_SPAN)


@BOUNDARIES
def test_a_sentence_ends_before_one_that_ends_alike(first: str, texts: tuple) -> None:
    early = [("h", 122, 2), ("i", 124, 2)]
    unwritten = [*letter_by_letter("so", 134), *letter_by_letter("hi", 142)]
    that = letter_by_letter("that", 160)
    hi, second = aligned(f"{first} that", [*early, *unwritten, *that], texts)
    assert_heard(hi, (2.44, 2.52))
    assert_heard(second, (3.20, 3.36))


@pytest.mark.parametrize("text", ["That sounds good.", "That sounds good"])
def test_before_the_first_and_after_the_last_word_there_may_be_sentences(text: str) -> None:
    before = [*letter_by_letter("that", 10), *letter_by_letter("is", 30)]
    after = [*letter_by_letter("is", 130), *letter_by_letter("good", 140)]
    that, _, good = aligned(text, [*before, *THAT, *SOUNDS, *GOOD, *after], ())
    assert_heard(that, THAT_SPAN)
    assert_heard(good, GOOD_SPAN)


def doubted(script: Script, letter: str, frame: int) -> Stretch:
    """In one frame of a script another letter is likelier than the one that is said."""
    heard = stretch(script, 200)
    row = heard.emissions.log_probs[frame]
    row[[LETTERS.labels.index("k"), LETTERS.labels.index(letter)]] = np.log([0.6, 0.35])
    return heard


@pytest.mark.parametrize(("last", "span"), [("good.", GOOD_SPAN), ("good", (2.80, 2.96))])
def test_a_sentence_follows_the_last_word_only_where_one_ends_there(
    last: str, span: tuple[float, float]
) -> None:
    heard = doubted([*THAT, *GOOD, *letter_by_letter("isgood", 136)], "g", 108)
    _, good = align_words(["that", last], heard, Speller(LETTERS))
    assert bounds(good) == span


def test_before_the_first_word_there_may_always_be_one() -> None:
    heard = doubted([*letter_by_letter("thatis", 10), *THAT, *GOOD], "t", 80)
    that, _ = align_words(["that", "good"], heard, Speller(LETTERS))
    assert bounds(that) == THAT_SPAN


def test_a_full_stop_at_the_end_of_the_last_word_ends_nothing_before_it() -> None:
    script = [*THAT, *letter_by_letter("odd", 100), *GOOD, *letter_by_letter("good", 130)]
    that, good = aligned("that good.", script, ())
    assert_heard(that, THAT_SPAN)
    assert_heard(good, GOOD_SPAN)

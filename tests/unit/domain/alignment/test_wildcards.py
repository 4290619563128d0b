"""How much of the sound beside it a number takes; times are frames as in `test_ctc.py`."""

from itertools import cycle, islice

import numpy as np
import pytest

from asrcore.domain.alignment.ctc import align_words
from asrcore.domain.alignment.spelling import Speller
from asrcore.domain.alignment.wildcards import A_CHARACTER, SHORTEST, confined
from asrcore.domain.transcript import Word
from asrcore.testing.scripted_emissions import (
    FRAME,
    LETTERS,
    Script,
    assert_heard,
    bounds,
    letter_by_letter,
    stretch,
)

FRAMES = 900
UNWRITTEN = 750
"""Frames, which are 15 seconds."""
HELLO, HELLO_SPAN = letter_by_letter("hello", 10), (0.20, 0.40)
WORLD, WORLD_SPAN = letter_by_letter("world", 880), (17.60, 17.80)


def babble(first: int, frames: int) -> Script:
    """Speech without any pause: each frame has a letter, none of them twice in a row."""
    letters = islice(cycle("themanbycap"), frames)
    return [(letter, first + index, 1) for index, letter in enumerate(letters)]


def number_in(script: Script, number: str = "42") -> Word:
    """The number between a `hello` and a `world`, which have to be where they are said."""
    heard = stretch([*HELLO, *script, *WORLD], FRAMES)
    hello, found, world = align_words(["hello", number, "world"], heard, Speller(LETTERS))
    assert_heard(hello, HELLO_SPAN)
    assert_heard(world, WORLD_SPAN)
    return found


@pytest.mark.parametrize("pause", [20, 60])
def test_what_nobody_wrote_after_a_number_and_a_pause_is_no_part_of_it(pause: int) -> None:
    said = letter_by_letter("fortytwo", 24)
    found = number_in([*said, *babble(40 + pause, UNWRITTEN)])
    assert_heard(found, (0.48, 0.80), None)


def test_nor_is_what_is_said_before_it() -> None:
    said = letter_by_letter("fortytwo", 862)
    found = number_in([*babble(50, UNWRITTEN), *said])
    assert_heard(found, (17.24, 17.56), None)


def test_of_three_stretches_apart_from_the_word_before_the_last_counts() -> None:
    said = letter_by_letter("fortytwo", 862)
    found = number_in([*babble(60, 300), *babble(400, 400), *said])
    assert_heard(found, (17.24, 17.56), None)


@pytest.mark.parametrize("pause", [0, 1, 19])
def test_a_number_may_be_said_with_short_pauses(pause: int) -> None:
    said = [*letter_by_letter("forty", 24), *letter_by_letter("two", 34 + pause)]
    assert_heard(number_in(said), (0.48, round((40 + pause) * FRAME, 6)), None)


NUMBERS = pytest.mark.parametrize(
    ("number", "frames"), [("7", 60), ("42", 90), ("$7", 90), ("1,000", 150), ("(42)", 90)]
)
"""As they are written, and how long they may last."""


@NUMBERS
@pytest.mark.parametrize("first", [24, 100])
def test_a_number_longer_than_it_could_be_is_cut(number: str, frames: int, first: int) -> None:
    found = number_in(babble(first, UNWRITTEN), number)
    assert_heard(found, (round(first * FRAME, 6), round((first + frames) * FRAME, 6)), None)


@NUMBERS
def test_of_a_long_last_stretch_the_end_counts(number: str, frames: int) -> None:
    found = number_in([*babble(60, 40), *babble(150, 700)], number)
    assert_heard(found, (round((850 - frames) * FRAME, 6), 17.0), None)


def test_each_number_has_its_own_length() -> None:
    script = [*HELLO, *babble(24, 200), *letter_by_letter("and", 300), *babble(310, 200), *WORLD]
    words = align_words(
        ["hello", "7", "and", "42", "world"], stretch(script, FRAMES), Speller(LETTERS)
    )
    assert [bounds(word) for word in words] == [
        HELLO_SPAN,
        (0.48, 1.68),
        (6.0, 6.12),
        (6.20, 8.0),
        WORLD_SPAN,
    ]


def test_only_frames_of_wildcards_are_taken_away() -> None:
    spelling = Speller(LETTERS).spell(["a", "5", "b"])
    frames = np.array([3, *range(10, 300), 310, 311])
    labels = np.array([0, *[1] * 290, 2, 2])
    sounding = np.ones(400, bool)
    kept = confined(frames, labels, spelling, sounding).tolist()
    assert kept == [3, *range(10, 10 + SHORTEST + A_CHARACTER), 310, 311]


def test_silence_within_a_number_stays_and_at_its_ends_goes() -> None:
    spelling = Speller(LETTERS).spell(["a", "5"])
    frames = np.arange(40)
    sounding = np.zeros(40, bool)
    sounding[[5, 6, 15]] = True
    kept = confined(frames, np.minimum(frames, 1), spelling, sounding)
    assert kept.tolist() == [0, *range(5, 16)]


def test_a_number_that_is_not_heard_keeps_a_frame() -> None:
    spelling = Speller(LETTERS).spell(["a", "5"])
    frames = np.array([3, 4])
    kept = confined(frames, np.array([0, 1]), spelling, np.zeros(9, bool))
    assert kept.tolist() == [3, 4]

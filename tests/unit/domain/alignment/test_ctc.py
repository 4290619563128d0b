"""Times are frames of 20 ms in which the model of `conftest.py` hears what a script says."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from asrcore.domain.alignment.ctc import Stretch, align_words
from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.alignment.sound import Loudness
from asrcore.domain.alignment.spelling import Speller
from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.testing.scripted_emissions import (
    FRAME,
    HI,
    HI_SPAN,
    LETTERS,
    PAUSES,
    SURE,
    YO,
    YO_SPAN,
    align,
    assert_heard,
    bounds,
    emissions,
    letter_by_letter,
    stretch,
)

# Where words are


@PAUSES
def test_a_word_ends_where_its_sound_ends_and_a_pause_is_nobodys(pause: list) -> None:
    hi, yo = align("hi yo", [*HI, *pause, *YO])
    assert_heard(hi, HI_SPAN)
    assert_heard(yo, YO_SPAN)


def test_with_the_sound_at_hand_a_word_lasts_as_long_as_that() -> None:
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    sounding = ((time >= 0.2) & (time < 0.45)) | ((time >= 1.44) & (time < 1.7))
    loudness = Loudness.of((sounding * np.sin(3_000 * time)).astype(np.float32))
    heard = replace(stretch([*HI, *YO]), loudness=loudness)
    hi, yo = align_words(["hi", "yo"], heard, Speller(LETTERS))
    assert bounds(hi) == pytest.approx((0.2, 0.45), abs=0.015)
    assert bounds(yo) == pytest.approx((1.44, 1.7), abs=0.015)


@pytest.mark.parametrize(("lag", "span"), [(0.04, (0.16, 0.22)), (-0.03, (0.23, 0.29))])
def test_the_lag_of_a_model_is_taken_out(lag: float, span: tuple) -> None:
    (hi,) = align_words(["hi"], replace(stretch(HI), lag=lag), Speller(LETTERS))
    assert bounds(hi) == span


@pytest.mark.parametrize(("lag", "span"), [(0.22, (0.0, 0.04)), (-1.76, (1.96, 2.0))])
def test_no_time_lies_outside(lag: float, span: tuple) -> None:
    (hi,) = align_words(["hi"], replace(stretch(HI), lag=lag), Speller(LETTERS))
    assert bounds(hi) == span


def test_frames_last_as_long_as_the_model_says() -> None:
    slow = Stretch(Emissions(emissions(HI, 100).log_probs, 0.08), 8.0)
    (hi,) = align_words(["hi"], slow, Speller(LETTERS))
    assert bounds(hi) == (0.8, 1.04)


def test_the_score_is_the_mean_over_letters_of_their_mean_probability() -> None:
    heard = stretch(HI).emissions.log_probs
    heard[11:13] = np.log(0.02)
    heard[11:13, LETTERS.labels.index("i")] = np.log([0.5, 0.7])
    (hi,) = align_words(["hi"], Stretch(Emissions(heard), 2.0), Speller(LETTERS))
    assert_heard(hi, HI_SPAN, (SURE + (0.5 + 0.7) / 2) / 2)


def test_between_equal_letters_there_is_a_blank() -> None:
    script = [("s", 10, 2), ("e", 12, 2), ("e", 15, 2), ("s", 30, 1), ("o", 31, 1), ("o", 33, 3)]
    see, soo = align("see soo", script)
    assert_heard(see, (0.20, 0.34))
    assert_heard(soo, (0.60, 0.72))


@pytest.mark.parametrize("unwritten", ["umm", "a", "whatever"])
@PAUSES
def test_what_is_said_and_not_written_moves_nothing(unwritten: str, pause: list) -> None:
    script = [*HI, *pause, *letter_by_letter(unwritten, 20), *YO]
    hi, yo = align("hi yo", script)
    assert_heard(hi, HI_SPAN)
    assert_heard(yo, YO_SPAN)


def test_a_long_sound_that_is_not_written_draws_no_letter_to_it() -> None:
    hi, yo = align("hi yo", [*HI, ("o", 30, 5), *YO])
    assert_heard(hi, HI_SPAN)
    assert_heard(yo, YO_SPAN)


def test_within_a_word_there_is_no_room_for_what_is_not_written() -> None:
    (hi,) = align("hi", [("h", 10, 1), *letter_by_letter("what", 20), ("h", 40, 1), ("i", 41, 1)])
    assert_heard(hi, (0.80, 0.84))


def test_what_is_written_and_not_said_moves_nothing() -> None:
    peaks = [("h", 10, 1), ("i", 11, 1), ("y", 72, 1), ("o", 73, 1)]
    hi, there, yo = align("hi there yo", peaks)
    assert_heard(hi, (0.20, 0.24))
    assert_heard(yo, (1.44, 1.48))
    assert there.score == pytest.approx(0.0, abs=0.01)
    assert there.estimated
    assert there.span is not None
    assert 0.24 <= there.span.start <= there.span.end <= 1.44


@pytest.mark.parametrize(
    ("likely", "estimated"), [(1e-9, True), (0.0098, True), (0.0102, False), (0.5, False)]
)
def test_a_word_that_was_not_heard_is_marked(likely: float, estimated: bool) -> None:
    heard = emissions(YO, 74).log_probs[:74]
    heard[72:] = np.log(likely)
    (yo,) = align_words(["yo"], Stretch(Emissions(heard[72:]), 0.04), Speller(LETTERS))
    assert yo.score == pytest.approx(likely)
    assert yo.estimated is estimated


# What cannot be aligned


def assert_spread(
    words: list[Word], texts: list[str], duration: float, score: float | None
) -> None:
    assert [word.text for word in words] == texts
    assert all(word.estimated and word.score == score for word in words)
    spans = [word.span for word in words if word.span]
    assert all(one.end == other.start for one, other in pairwise(spans))
    assert (spans[0].start, spans[-1].end) == (0.0, duration)


@pytest.mark.parametrize(
    ("text", "frames"), [("abc de", 4), ("aa", 2), ("a a", 2), ("42 43", 2), ("hi", 0), ("hi", 1)]
)
def test_text_longer_than_the_sound_is_spread_over_it_and_marked(text: str, frames: int) -> None:
    tight = Stretch(emissions([], frames), 0.7)
    assert_spread(align_words(text.split(), tight, Speller(LETTERS)), text.split(), 0.7, 0.0)


@pytest.mark.parametrize(("text", "frames"), [("abc de", 5), ("aa", 3), ("a a", 3), ("42 43", 3)])
def test_text_that_just_fits_is_aligned(text: str, frames: int) -> None:
    script = [(letter, 2 * index, 1) for index, letter in enumerate("aa"[: frames // 2 + 1])]
    tight = Stretch(emissions(script, frames), frames * FRAME)
    assert 0.0 not in [word.score for word in align_words(text.split(), tight, Speller(LETTERS))]


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("where", [(slice(None), slice(None)), (50, 3), (99, 0)])
def test_emissions_that_are_no_numbers_spread_the_words(value: float, where: tuple) -> None:
    broken = stretch([*HI, *YO])
    broken.emissions.log_probs[where] = value
    words = align_words(["hi", "yo"], broken, Speller(LETTERS))
    assert_spread(words, ["hi", "yo"], 2.0, 0.0)


def test_a_model_that_excludes_a_label_is_not_believed() -> None:
    heard = stretch([*HI, *YO])
    heard.emissions.log_probs[:, LETTERS.labels.index("i")] = -np.inf
    hi, yo = align_words(["hi", "yo"], heard, Speller(LETTERS))
    assert bounds(hi)[0] == 0.20
    assert hi.score == pytest.approx(SURE / 2)
    assert_heard(yo, YO_SPAN)


@pytest.mark.parametrize("frames", [0, 100])
@pytest.mark.parametrize("texts", [["..."], ["\u2014", "\U0001f600"], ["", "-"]])
def test_without_anything_to_hear_words_are_spread_without_a_score(
    texts: list[str], frames: int
) -> None:
    words = align_words(texts, Stretch(emissions([], frames), 2.0), Speller(LETTERS))
    assert_spread(words, texts, 2.0, None)


def test_no_words_no_times() -> None:
    assert align_words([], stretch(HI), Speller(LETTERS)) == []


@pytest.mark.parametrize("text", ["hi", "42", "..."])
def test_a_stretch_of_no_length_holds_marked_words_at_its_start(text: str) -> None:
    (word,) = align_words([text], Stretch(emissions([], 0), 0.0), Speller(LETTERS))
    assert (word.text, bounds(word), word.estimated) == (text, (0.0, 0.0), True)


def test_where_nothing_is_heard_of_what_cannot_be_spelled_nothing_is_made_up() -> None:
    assert align("42 43", []) == [
        Word(text, TimeSpan(2.0, 2.0), 0.0, estimated=True) for text in ("42", "43")
    ]


@pytest.mark.parametrize("alphabet", [Alphabet(("",)), Alphabet(("", "|"), 0, 1)])
def test_a_model_without_letters_still_loses_no_word(alphabet: Alphabet) -> None:
    heard = Stretch(Emissions(np.zeros((9, len(alphabet.labels)), np.float32)), 0.18)
    words = align_words(["hi", "yo"], heard, Speller(alphabet))
    assert [(word.text, word.score, word.estimated) for word in words] == [
        ("hi", 0.0, True),
        ("yo", 0.0, True),
    ]

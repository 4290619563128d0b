"""What words that are no plain letters become; times are frames as in `test_ctc.py`."""

from dataclasses import replace

import numpy as np
import pytest

from asrcore.domain.alignment.ctc import Stretch, align_words
from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.alignment.spelling import Speller
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
    Script,
    align,
    assert_heard,
    bounds,
    letter_by_letter,
    stretch,
)

# What the alphabet cannot spell


UNSPELLED = pytest.mark.parametrize(
    "word",
    ["42", "\u00a313.60", "4,9", "1st", "\u20ac", "\u65e5\u672c", "50%", "\u05e9\u05dc", "&"],
)


@UNSPELLED
@PAUSES
def test_what_is_not_said_gets_no_time_and_takes_none(word: str, pause: list) -> None:
    hi, number, yo = align(f"hi {word} yo", [*HI, *pause, *YO])
    assert_heard(hi, HI_SPAN)
    assert number == Word(word, hi.span and TimeSpan(hi.span.end, hi.span.end), 0.0, estimated=True)
    assert_heard(yo, YO_SPAN)


@pytest.mark.parametrize(("text", "moment"), [("42 hi", 0.20), ("hi 42", 0.26), ("hi 4 2", 0.26)])
def test_nor_at_the_start_or_the_end(text: str, moment: float) -> None:
    for word in align(text, HI):
        if word.text == "hi":
            assert_heard(word, HI_SPAN)
        else:
            assert (bounds(word), word.score, word.estimated) == ((moment, moment), 0.0, True)


@pytest.mark.parametrize("sure", [0.4, 0.6, 0.9])
def test_nor_from_a_neighbour_that_is_hardly_heard(sure: float) -> None:
    heard = stretch([*HI, *YO]).emissions.log_probs
    doubtful = [10, 12, 72]
    heard[doubtful] = np.log(0.001)
    heard[doubtful, LETTERS.labels.index("e")] = np.log(0.5)
    for frame, letter in zip(doubtful, "hiy", strict=True):
        heard[frame, LETTERS.labels.index(letter)] = np.log(sure)
    hi, number, yo = align_words(
        ["hi", "42", "yo"], Stretch(Emissions(heard), 2.0), Speller(LETTERS)
    )
    assert (bounds(hi), bounds(yo)) == (HI_SPAN, YO_SPAN)
    assert number.estimated


@UNSPELLED
@PAUSES
def test_what_is_said_gets_just_its_sound(word: str, pause: list) -> None:
    said = [("t", 30, 2), ("w", 33, 1), ("e", 40, 2), ("n", 43, 1), ("t", 44, 2)]
    hi, number, yo = align(f"hi {word} yo", [*HI, *pause, *said, *YO])
    assert_heard(hi, HI_SPAN)
    assert_heard(yo, YO_SPAN)
    if pause != [("|", 40, 2)]:
        assert_heard(number, (0.60, 0.92), None)


def with_noise(script: Script, frames: slice, likely: float) -> Stretch:
    """In some frames an `e` may be heard, and else nothing is."""
    heard = stretch(script).emissions.log_probs
    heard[frames, LETTERS.labels.index("e")] = np.log(likely)
    heard[frames, LETTERS.blank] = np.log(0.98 - likely)
    return Stretch(Emissions(heard), 2.0)


def test_a_doubtful_noise_is_no_word() -> None:
    noisy = with_noise([*HI, *YO], slice(13, 72), 0.6)
    hi, number, yo = align_words(["hi", "42", "yo"], noisy, Speller(LETTERS))
    assert_heard(hi, HI_SPAN)
    assert (number.score, number.estimated) == (0.0, True)
    assert_heard(yo, YO_SPAN)


def test_a_short_noise_after_a_pause_belongs_to_no_word() -> None:
    noisy = with_noise([*HI, *letter_by_letter("two", 20), *YO], slice(60, 61), 0.8)
    hi, number, yo = align_words(["hi", "42", "yo"], noisy, Speller(LETTERS))
    assert_heard(hi, HI_SPAN)
    assert_heard(number, (0.40, 0.52), None)
    assert_heard(yo, YO_SPAN)


def test_what_is_said_in_two_words_is_one_where_it_is_written_so() -> None:
    said = [*letter_by_letter("forty", 20), ("|", 32, 2), *letter_by_letter("two", 36)]
    hi, number, yo = align("hi 42 yo", [*HI, ("|", 15, 1), *said, ("|", 60, 1), *YO])
    assert_heard(hi, HI_SPAN)
    assert_heard(number, (0.40, 0.84), None)
    assert_heard(yo, YO_SPAN)


@pytest.mark.parametrize("word", ["#yo", "yo#", "&yo", "y\u65e5o"])
def test_a_sign_that_is_not_said_is_not_part_of_the_sound_of_its_word(word: str) -> None:
    hi, yo = align(f"hi {word}", [*HI, *YO])
    assert_heard(hi, HI_SPAN)
    assert_heard(yo, YO_SPAN)


def test_a_sign_that_is_said_is() -> None:
    hash_yo, hi = align(
        "#yo hi", [*letter_by_letter("hash", 0, 1), *YO, ("h", 80, 1), ("i", 81, 1)]
    )
    assert_heard(hash_yo, (0.0, 1.52))
    assert_heard(hi, (1.6, 1.64))


# Punctuation and Unicode


@pytest.mark.parametrize(
    "word",
    [
        "hi,",
        "\u201chi\u201d",
        "'hi'",
        "\u2018hi\u2019",
        "(hi)",
        "hi?!",
        "\u00bfhi",
        "hi\u2014",
        "hi\U0001f44d",
        "HI.",
        "h.i.",
        "hi\u200f",
    ],
)
@pytest.mark.parametrize("alphabet", [LETTERS, Alphabet((*LETTERS.labels, *",.?!()"), 0, 1)])
def test_punctuation_takes_no_frames_and_lowers_no_score(word: str, alphabet: Alphabet) -> None:
    plain, decorated = align("hi yo", [*HI, *YO]), align(f"{word} yo,", [*HI, *YO], alphabet)
    for one, other in zip(plain, decorated, strict=True):
        assert one.span
        assert_heard(other, bounds(one))


@pytest.mark.parametrize("mark", ["\u2014", "...", "\U0001f600", "\u2764\ufe0f", "'"])
def test_punctuation_by_itself_is_a_moment_without_a_score(mark: str) -> None:
    first, hi, second, yo = align(f"{mark} hi {mark} yo", [*HI, *YO])
    assert_heard(hi, HI_SPAN)
    assert_heard(yo, YO_SPAN)
    assert first == Word(mark, TimeSpan(0.2, 0.2), None, estimated=True)
    assert second == Word(mark, hi.span and TimeSpan(hi.span.end, hi.span.end), estimated=True)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\u0130zmir at", "izmir at"),
        ("I\u0307zmir at", "izmir at"),
        ("Stra\u00dfe at", "strasse at"),
        ("STRA\u1e9eE at", "strasse at"),
        ("caf\u00e9 at", "cafe at"),
        ("cafe\u0301 at", "cafe at"),
        ("\ufb01n at", "fin at"),
        ("\u200fa\u0332t\u0332 at", "at at"),
    ],
)
def test_what_is_written_in_another_way_is_timed_like_what_it_says(text: str, plain: str) -> None:
    first, second = plain.split()
    script = [*letter_by_letter(first, 10), *letter_by_letter(second, 60)]
    one, other = align(text, script)
    assert [one.text, other.text] == text.split()
    assert_heard(one, (0.2, round(0.2 + len(first) * 2 * FRAME, 6)))
    assert_heard(other, (1.2, 1.28))


@pytest.mark.parametrize(
    ("words", "letters"),
    [
        (["\u4eca", "\u65e5", "\u306f\u3002"], "\u4eca\u65e5\u306f"),
        (["\u05e9\u05b8\u05dc", "\u05d5\u05dd"], "\u05e9\u05dc\u05d5\u05dd"),
        (["\u0645\u0631", "\u062d\u0628\u064b\u0627"], "\u0645\u0631\u062d\u0628\u0627"),
        (["\u0e01\u0e34", "\u0e19"], "\u0e01\u0e19"),
    ],
)
def test_every_script_has_its_alphabet(words: list[str], letters: str) -> None:
    alphabet = Alphabet(("", *letters))
    script = [(letter, 10 + 5 * index, 2) for index, letter in enumerate(letters)]
    found = align_words(words, stretch(script, alphabet=alphabet), Speller(alphabet))
    assert [word.text for word in found] == words
    assert [word.score for word in found] == [pytest.approx(SURE)] * len(words)
    assert [bounds(word)[0] for word in found] == [
        round(next(first for letter, first, _ in script if letter == word[0]) * FRAME, 6)
        for word in words
    ]


# Characters


def characters(text: str, script: list, alphabet: Alphabet = LETTERS) -> list[list[tuple]]:
    """Of each word the characters with first frame, frame after the last one, and score."""
    words = align_words(
        text.split(), stretch(script, alphabet=alphabet), Speller(alphabet), with_characters=True
    )
    return [
        [
            (each.text, *(round(time / FRAME) for time in (each.span.start, each.span.end)))
            if each.span
            else (each.text,)
            for each in word.characters
        ]
        for word in words
    ]


def test_characters_have_the_frames_of_their_labels_until_the_next_one() -> None:
    script = [("s", 10, 2), ("e", 12, 2), ("e", 15, 3), ("n", 20, 1)]
    assert characters("See-n,", script) == [
        [("S", 10, 12), ("e", 12, 15), ("e", 15, 20), ("-",), ("n", 20, 21), (",",)]
    ]


def test_a_character_of_several_labels_or_with_marks_is_one() -> None:
    script = [*letter_by_letter("strasse", 10), *letter_by_letter("cafe", 50)]
    street, cafe = characters("Stra\u00dfe cafe\u0301", script)
    assert street[4:] == [("\u00df", 18, 22), ("e", 22, 24)]
    assert cafe[3:] == [("e\u0301", 56, 58)]


def test_what_is_not_spelled_has_no_time() -> None:
    script = [("r", 10, 1), ("a", 14, 1), ("n", 16, 1), ("d", 20, 1), *YO]
    assert characters("R&D 42 \u2014 yo", script) == [
        [("R", 10, 20), ("&",), ("D", 20, 21)],
        [],
        [],
        [("y", 72, 74), ("o", 74, 76)],
    ]


def test_characters_have_scores_and_nobody_gets_them_unasked() -> None:
    heard = stretch(HI)
    (hi,) = align_words(["hi!"], heard, Speller(LETTERS), with_characters=True)
    assert [each.score for each in hi.characters] == [pytest.approx(SURE)] * 2 + [None]
    (plain,) = align_words(["hi!"], heard, Speller(LETTERS))
    assert plain == replace(hi, characters=())

"""How written English is read aloud; with a dictionary of a few words."""

import pytest

from asrcore_adapters.pocketsphinx.numerals import cardinal, ordinal, plural, readings
from asrcore_adapters.pocketsphinx.pronunciation import ANY_SPEECH, is_mark, plain, pronunciations

DICTIONARY = {"fifty": "F1", "six": "S1", "dollars": "D1", "and": "A1", "cents": "C1", "b.": "B1"}


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (20, "twenty"),
        (4150, "four thousand one hundred fifty"),
        (2_000_001, "two million one"),
    ],
)
def test_cardinals(number, said):
    assert " ".join(cardinal(number)) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "first"), (9, "ninth"), (12, "twelfth"), (20, "twentieth"), (104, "one hundred fourth")],
)
def test_ordinals(number, said):
    assert " ".join(ordinal(number)) == said


def test_plurals():
    assert plural(["nineteen", "ninety"]) == ["nineteen", "nineties"]
    assert plural(["ten"]) == ["tens"]


@pytest.mark.parametrize(
    ("digits", "said"),
    [
        ("1999", "nineteen ninety nine"),
        ("1905", "nineteen oh five"),
        ("1900", "nineteen hundred"),
        ("2002", "two thousand two"),
        ("370", "three seven zero"),
        ("370", "three hundred seventy"),
        ("007", "oh oh seven"),
        ("05", "oh five"),
        ("8.9", "eight point nine"),
        ("92,000", "ninety two thousand"),
        ("9" * 13, " ".join(["nine"] * 13)),
    ],
)
def test_numbers_have_several_readings(digits, said):
    assert said in {" ".join(reading) for reading in readings(digits)}


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("“Fifty.”", "F1"),
        ("$56.50,", "F1 S1 D1 A1 F1 C1"),
        ("$56.50,", "F1 S1 F1"),
        ("fifty-six", "F1 S1"),
        ("Shock", "SH AA K"),
        ("BBB", "B1 B1 B1"),
        ("Zoé", "Z OW EH"),
        ("東京", ANY_SPEECH),
    ],
)
def test_words_sound_as_known_read_spelled_or_guessed(word, sounds):
    known = {**DICTIONARY, "shock": "SH AA K"}
    assert sounds in pronunciations(word, known.get)


@pytest.mark.parametrize("word", ["—", "...", "?!", "'", ""])
def test_punctuation_has_no_sound(word):
    assert pronunciations(word, DICTIONARY.get) == []


@pytest.mark.parametrize("word", ["<s>", "</s>", "<unk>.", "[NOISE]", "++NOISE++", "[noise],"])
def test_marks_are_not_said(word):
    assert is_mark(word)


@pytest.mark.parametrize(
    "word", ["fifty", "<b>fifty</b>", "C++", "[fifty", "1.2.3", "(fifty)", "++"]
)
def test_words_with_odd_signs_are_no_marks(word):
    assert not is_mark(word)


def test_the_dictionary_is_asked_in_its_own_spelling():
    assert plain("Don\u2019t") == "don't"
    assert plain("CAFÉ") == "cafe"

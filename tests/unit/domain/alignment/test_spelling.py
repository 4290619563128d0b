import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.alignment.emissions import Alphabet
from asrcore.domain.alignment.spelling import WILDCARD, Speller, Spelling, characters
from asrcore.testing.scripted_emissions import BARE, LETTERS

WILD = "*"
CAPITALS = Alphabet(("<pad>", "", "|", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ'-."), 0, 2)
POLISH = Alphabet(("", "|", *"aąbcćdeęłlnńoóśzźżw"), 0, 1)


def alphabet_of(letters: str) -> Alphabet:
    return Alphabet(("", *letters))


def written(spelling: Spelling, alphabet: Alphabet) -> list[str]:
    """The labels as text, word for word."""
    words = [""] * (max(spelling.words.tolist(), default=-1) + 1)
    for column, word in zip(spelling.columns.tolist(), spelling.words.tolist(), strict=True):
        words[word] += WILD if column == WILDCARD else alphabet.labels[column]
    return words


def spelled(word: str, alphabet: Alphabet = LETTERS) -> str:
    return "".join(written(Speller(alphabet).spell([word]), alphabet))


@pytest.mark.parametrize(
    ("word", "labels"),
    [
        ("hello", "hello"),
        ("HELLO", "hello"),
        ("don't", "don't"),
        ("don\u2019t", "don't"),
        ("don\u2018t", "don't"),
        ("don\u02bct", "don't"),
        ("caf\u00e9", "cafe"),
        ("cafe\u0301", "cafe"),
        ("Stra\u00dfe", "strasse"),
        ("\u1e9e", "ss"),
        ("\u0130zmir", "izmir"),
        ("I\u0307zmir", "izmir"),
        ("\ufb01n", "fin"),  # the ligature fi
        ("\uff28\uff29", "hi"),  # full width
        ("\u2167", "viii"),  # the Roman numeral eight
        ("e-mail", "email"),
        ("a\u00adb", "ab"),  # a soft hyphen
        ("\u200fhi\u200e", "hi"),  # marks of direction
        ("h\u0336i\u0336", "hi"),  # struck through
    ],
)
def test_letters_are_written_in_whatever_form_the_alphabet_has(word: str, labels: str) -> None:
    assert spelled(word) == labels


@pytest.mark.parametrize(
    ("word", "alphabet", "labels"),
    [
        ("don't", CAPITALS, "DON'T"),
        ("stra\u00dfe", CAPITALS, "STRASSE"),
        ("e-mail", CAPITALS, "E-MAIL"),
        ("e\u2010mail", CAPITALS, "E-MAIL"),
        ("\u0142\u00f3d\u017a", POLISH, "\u0142\u00f3d\u017a"),
        ("\u0141o\u0301d\u017a", POLISH, "\u0142\u00f3d\u017a"),
        ("\u0142", BARE, WILD),  # no part of it is an l
        ("\u0440\u0438\u0439", alphabet_of("\u0440\u0438"), "\u0440\u0438\u0438"),
        ("\uac00", alphabet_of("\u1100\u1161"), "\u1100\u1161"),  # Hangul in parts
        ("\u304c", alphabet_of("\u304b"), "\u304b"),
        (
            "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd",
            alphabet_of("\u05e9\u05dc\u05d5\u05dd"),
            "\u05e9\u05dc\u05d5\u05dd",
        ),
        ("hi", Alphabet(("", " ", "h", "i"), 0, 1), "hi"),
        ("h\u00b4i", Alphabet(("", " ", "h", "i")), "hi"),
        ("\u00f6", alphabet_of("o\u0308"), "o\u0308"),  # its mark is a label
        ("\u01c6", alphabet_of("d\u017e"), "d\u017e"),  # one character, two letters
    ],
)
def test_each_alphabet_gets_its_own_forms(word: str, alphabet: Alphabet, labels: str) -> None:
    assert spelled(word, alphabet) == labels


@pytest.mark.parametrize(
    "word",
    [
        "hi,",
        "hi.",
        "\u00abhi\u00bb",
        "(hi)",
        "\u00bfhi?!",
        "hi\u2026",
        "'hi'",
        "\u2018hi\u2019",
        "-hi-",
        "hi\u2014",
        "hi;",
        "h.i.",
        "\u201chi\u201d",
        "hi\uff01",
        "hi\U0001f44d",
        "h*i",
    ],
)
@pytest.mark.parametrize("alphabet", [LETTERS, BARE, alphabet_of("hi.,'-()?!*\u2026")])
def test_punctuation_has_no_label_even_where_the_model_may_write_it(
    word: str, alphabet: Alphabet
) -> None:
    assert spelled(word, alphabet) == "hi"


@pytest.mark.parametrize("word", ["...", "\u2014", "'", "\U0001f600", "\u2764\ufe0f", "", "\u0301"])
def test_what_is_not_said_has_no_label_at_all(word: str) -> None:
    assert spelled(word) == ""


@pytest.mark.parametrize(
    "word",
    [
        "42",
        "4,9",
        "\u00a313.60",
        "GBP13.60",
        "1st",
        "3\u00d74",
        "\u00bd",
        "\u0664\u0662",
        "50%",
        "%",
        "&",
        "\u20ac",
        "+",
        "=",
        "\u65e5\u672c",
        "\u05e9\u05dc\u05d5\u05dd",
        "1\ufe0f\u20e3",
    ],
)
def test_what_is_said_and_cannot_be_spelled_is_one_wildcard(word: str) -> None:
    assert spelled(word) == WILD


@pytest.mark.parametrize(
    ("word", "labels"),
    [
        ("R&D", "r*d"),
        ("#yo", "*yo"),
        ("info@example.com", "info*examplecom"),
        ("a\u65e5\u672cb", "a*b"),  # in a row they are one
        ("\u65e5.\u672c", "**"),  # but there may be a pause between
        ("\u65e5a\u672c", "*a*"),
    ],
)
def test_a_word_may_be_spelled_in_part(word: str, labels: str) -> None:
    assert spelled(word) == labels


def test_digits_that_the_alphabet_has_are_spelled() -> None:
    assert spelled("b42", alphabet_of("b42")) == "b42"


def test_separator_and_blank_are_no_letters() -> None:
    alphabet = Alphabet(("-", "|", "a"), 0, 1)
    assert spelled("a-a", alphabet) == "aa"
    assert spelled("|", alphabet) == WILD


def test_labels_know_their_word_their_character_and_where_pauses_may_be() -> None:
    spelling = Speller(LETTERS).spell(["Stra\u00dfe,", "\u2014", "e-mail", "42", "o\u0301a"])
    assert written(spelling, LETTERS) == ["strasse", "", "email", WILD, "oa"]
    assert spelling.words.tolist() == [0] * 7 + [2] * 5 + [3] + [4] * 2
    assert spelling.characters.tolist() == [0, 1, 2, 3, 4, 4, 5, 0, 2, 3, 4, 5, 0, 0, 1]
    assert spelling.joined.tolist() == [
        *(False, True, True, True, True, True, True),
        *(False, False, True, True, True),  # the hyphen is not spelled
        False,
        *(False, True),
    ]


@pytest.mark.parametrize(
    ("word", "lengths"),
    [
        ("hi", [1, 1]),
        ("7", [1]),
        ("42", [2]),
        ("(4,2).", [2]),
        ("\u00a313.60", [5]),
        ("1st", [3]),
        ("50%", [3]),
        ("1\ufe0f\u20e3", [1]),
        ("R&D", [1, 1, 1]),
        ("\u65e5", [1]),
        ("\u65e5\u672c\u8a9e", [3]),
        ("a\u65e5\u672c,b\u8a9e\u3002", [1, 2, 1, 1]),
        ("\u65e5.\u672c\u8a9e", [1, 2]),
        ("\u00df\u20ac\u00df", [1, 1, 1, 1, 1]),
    ],
)
def test_a_wildcard_knows_how_many_characters_are_said_for_it(
    word: str, lengths: list[int]
) -> None:
    assert Speller(LETTERS).spell([word]).lengths.tolist() == lengths


@pytest.mark.parametrize("words", [[], [""], ["...", "\u2014"]])
def test_no_labels_are_still_a_spelling(words: list[str]) -> None:
    spelling = Speller(LETTERS).spell(words)
    assert len(spelling.columns) == len(spelling.words) == len(spelling.characters) == 0
    assert len(spelling.lengths) == 0
    assert spelling.joined.dtype == bool


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("caf\u00e9", 4),
        ("cafe\u0301", 4),
        ("\u0e01\u0e34\u0e19", 2),
        ("\u0301a", 2),
        ("", 0),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467!", 2),
        ("\u0928\u093f", 1),
    ],
)
def test_marks_belong_to_the_character_before(word: str, count: int) -> None:
    assert len(characters(word)) == count


ANYTHING = st.text(
    st.sampled_from("abé\u0301'-.,4%\u0130\u00df\u65e5\u200d\u05e9 \U0001f600") | st.characters()
)


@given(ANYTHING)
def test_characters_lose_nothing(word: str) -> None:
    assert "".join(characters(word)) == word


@given(ANYTHING)
def test_any_text_can_be_spelled_and_its_form_makes_no_difference(word: str) -> None:
    spelling = Speller(LETTERS).spell([word])
    assert (spelling.columns < len(LETTERS.labels)).all()
    assert not set(spelling.columns.tolist()) & {LETTERS.blank, LETTERS.separator}
    assert (spelling.characters < len(characters(word))).all()
    composed, parted = (unicodedata.normalize(form, word) for form in ("NFC", "NFD"))
    assert spelled(composed) == spelled(parted)


@given(st.lists(ANYTHING, max_size=6))
def test_words_are_spelled_each_for_itself(words: list[str]) -> None:
    speller = Speller(LETTERS)
    together = written(speller.spell(words), LETTERS)
    assert together + [""] * (len(words) - len(together)) == [spelled(word) for word in words]

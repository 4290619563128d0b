import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.language import join_words, joiner, split_words


@pytest.mark.parametrize("language", ["en", "de", "ko", "vi", None])
def test_most_languages_put_a_space_between_words(language: str | None) -> None:
    assert joiner(language) == " "
    assert join_words(["a", "b", "c"], language) == "a b c"


@pytest.mark.parametrize("language", ["zh", "ja", "yue", "th", "lo", "my", "km"])
def test_some_languages_put_nothing(language: str | None) -> None:
    assert joiner(language) == ""
    assert join_words(["今日", "は"], language) == "今日は"


@pytest.mark.parametrize(("words", "text"), [([], ""), (["one"], "one")])
def test_nothing_stands_before_or_after(words: list, text: str) -> None:
    assert join_words(iter(words), "en") == text


def test_a_region_makes_no_difference():
    assert joiner("zh-TW") == ""
    assert joiner("en-GB") == " "


# Words as an aligner times them


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\n ", []),
        ("one", ["one"]),
        (" one  two\nthree ", ["one", "two", "three"]),
        ("one\u00a0two\u202fthree\u3000four", ["one", "two", "three", "four"]),
        ("it costs \u00a313.60, or 4,9!", ["it", "costs", "\u00a313.60,", "or", "4,9!"]),
        ("\u05e9\u05dc\u05d5\u05dd \u05dc\u05da", ["\u05e9\u05dc\u05d5\u05dd", "\u05dc\u05da"]),
        ("\u0130zmir at", ["\u0130zmir", "at"]),
        ("\u2014 yes \U0001f600", ["\u2014", "yes", "\U0001f600"]),
        ("\u4eca\u65e5 \u306f", ["\u4eca\u65e5", "\u306f"]),  # in a language with spaces
    ],
)
@pytest.mark.parametrize("language", ["en", "ko", None])
def test_words_stand_between_spaces(text: str, words: list[str], language: str | None) -> None:
    assert split_words(text, language) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("\u4eca\u65e5\u306f", ["\u4eca", "\u65e5", "\u306f"]),
        ("\u4eca \u65e5\u3000\u306f", ["\u4eca", "\u65e5", "\u306f"]),
        ("\u306f\u3001\u4eca\u3002", ["\u306f\u3001", "\u4eca\u3002"]),
        ("\u300c\u4eca\u300d\uff08\u65e5\uff09", ["\u300c\u4eca\u300d", "\uff08\u65e5\uff09"]),
        ("\u300c\u300e\u4eca\u300f\u300d\u65e5", ["\u300c\u300e\u4eca\u300f\u300d", "\u65e5"]),
        ("\u201c\u4eca\u201d!?", ["\u201c\u4eca\u201d!?"]),
        ("\u304b\u3099\u306f", ["\u304b\u3099", "\u306f"]),  # a voicing mark by itself
        ("\u0e01\u0e34\u0e19\u0e02\u0e49\u0e32\u0e27", ["กิ", "น", "ข้", "า", "ว"]),
        ("\u1019\u103c\u1014\u103a", ["\u1019\u103c", "\u1014\u103a"]),
        ("iPhone15\u3092", ["iPhone15", "\u3092"]),
        ("15\u5e74", ["15", "\u5e74"]),
        ("3.5%\u306e", ["3.5%", "\u306e"]),
        ("4,900\u5186", ["4,900", "\u5186"]),
        ("info@example.com\u3078", ["info@example.com", "\u3078"]),
        ("3.\u4eca", ["3.", "\u4eca"]),
        ("\uff11\uff15\u5e74\uff21\uff22", ["\uff11\uff15", "\u5e74", "\uff21\uff22"]),
        ("caf\u00e9\u3078", ["caf\u00e9", "\u3078"]),
        ("cafe\u0301s\u3078", ["cafe\u0301s", "\u3078"]),
        (
            "\u041c\u043e\u0441\u043a\u0432\u0430\u3078",
            ["\u041c\u043e\u0441\u043a\u0432\u0430", "\u3078"],
        ),
        ("\u4eca\U0001f600\u65e5", ["\u4eca", "\U0001f600", "\u65e5"]),
        ("\u4eca\u200b\u65e5", ["\u4eca\u200b", "\u65e5"]),  # a space of no width
        ("\u2026", ["\u2026"]),
        ("\u300c", ["\u300c"]),
    ],
)
@pytest.mark.parametrize("language", ["ja", "zh-TW", "yue", "th", "lo", "my", "km"])
def test_without_spaces_a_character_is_a_word(text: str, words: list[str], language: str) -> None:
    assert split_words(text, language) == words


TEXTS = st.text(
    st.sampled_from("\u4eca\u3002\u300c\u300d\u0e34 a1.\u0301\u00a0%\u200d") | st.characters()
)


@given(TEXTS, st.sampled_from(["ja", "en", None]))
def test_nothing_but_spaces_is_lost(text: str, language: str | None) -> None:
    words = split_words(text, language)
    assert "".join(words) == "".join(text.split())
    assert all(word and word.split() == [word] for word in words)


@given(TEXTS, st.sampled_from(["th", "en"]))
def test_words_that_are_joined_are_split_as_before(text: str, language: str) -> None:
    words = split_words(text, "en")
    assert split_words(" ".join(words), language) == split_words(text, language)
    assert split_words(join_words(words, "en"), "en") == words

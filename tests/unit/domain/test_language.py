import pytest

from asrcore.domain.language import join_words, joiner


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

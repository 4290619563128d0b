"""Words from when tokens start, whichever engine tells that."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.alignment.attention import BATCH, Passage, batches, stretches_of
from asrcore.domain.alignment.sound import Loudness
from asrcore.domain.alignment.trimming import sounding
from asrcore.domain.request import AlignRequest
from asrcore.domain.timespan import TimeSpan
from asrcore.testing import silence, tone


def letters(text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """A token a character."""
    return [ord(each) for each in text], [(index, index + 1) for index in range(len(text))]


def passage(*texts: str, language: str | None = "en", seconds: float = 2.0) -> Passage:
    return Passage.of(AlignRequest(tone(seconds), texts, language), letters)


def passage_of(stretches: list[tuple[int, int]], *texts: str) -> Passage:
    request = AlignRequest(tone(2.0), texts, "en")
    return Passage.of(request, lambda _: (list(range(len(stretches))), stretches))


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", " a bc d", [["a", "bc"], [], [], ["d"]]),
        (None, " a bc d", [["a", "bc"], [], [], ["d"]]),
        ("zh-TW", "a bcd", [["a", "bc"], [], [], ["d"]]),
    ],
)
def test_whisper_writes_a_space_before_words_where_words_have_spaces(language, text, words):
    found = passage(" a bc ", "", " ", "d", language=language)
    assert found.text == text
    assert found.tokens == [ord(each) for each in text]
    assert list(map(list, found.written)) == words
    assert found.language == (language or "en").partition("-")[0]


def test_tokens_are_shared_by_the_characters_that_they_write():
    """`ab` in one token of 0.4 s; `é` in two; `d` and a space, which takes no time, in one."""
    found = passage_of([(0, 3), (3, 4), (3, 4), (4, 6), (6, 6)], "abé", "d")
    found.place([0.0, 0.4, 0.6, 0.8, 1.0, 1.5], [0.5, 0.1, 0.9, 0.7, 0.0])
    ((first,), (second,)) = found.answer()
    assert (first.text, second.text) == ("abé", "d")
    assert first.span == TimeSpan(0.0, 0.8)
    assert second.span == TimeSpan(0.8, 1.0)
    assert first.score == pytest.approx((0.5 + 0.5 + 0.9) / 3)
    assert second.score == pytest.approx(0.7)


def test_a_character_in_parts_lasts_as_long_as_all_of_them():
    found = passage_of([(0, 2), (1, 2), (1, 2)], "é")
    found.place([0.1, 0.4, 0.6, 0.7], [0.1, 0.2, 0.3])
    ((word,),) = found.answer()
    assert (word.span, word.score) == (TimeSpan(0.1, 0.7), 0.3)


def test_a_word_may_begin_within_a_token():
    found = passage_of([(0, 4)], "a b")
    found.place([0.0, 0.9], [0.25])
    ((first, second),) = found.answer()
    assert (first.span, second.span) == (TimeSpan(0.0, 0.3), TimeSpan(0.6, 0.9))
    assert (first.score, second.score) == (0.25, 0.25)


def test_the_same_word_again_is_another_word():
    found = passage("a a")
    found.place([0.0, 0.1, 0.3, 0.4, 0.7], np.arange(4) / 4)
    ((one, other),) = found.answer()
    assert one.span == TimeSpan(0.1, 0.3)
    assert other.span == TimeSpan(0.4, 0.7)


def test_silence_beside_a_word_is_none_of_it():
    request = AlignRequest(np.concatenate([silence(0.5), tone(0.5)]), ("a",))
    found = Passage.of(request, letters)
    found.place([0.0, 0.0, 1.0], [1.0, 1.0])
    ((word,),) = found.answer()
    assert word.span == sounding(Loudness.of(request.samples), TimeSpan(0.0, 1.0))
    assert word.span.start == pytest.approx(0.5, abs=0.02)


def test_the_last_placing_counts():
    found = passage("a")
    found.place([0.0, 0.1, 0.2], [0.5, 0.5])
    found.place([0.0, 0.3, 0.5], [0.5, 0.5])
    assert [[word.span for word in words] for words in found.answer()] == [[TimeSpan(0.3, 0.5)]]


@pytest.mark.parametrize(
    ("starts", "scores"), [([0.0, 0.1], [1.0, 1.0]), ([0.0, 0.1, 0.2], [1.0])], ids=len
)
def test_a_token_without_a_time_or_a_score_is_an_error(starts, scores):
    with pytest.raises(ValueError, match="shorter"):
        passage("a").place(starts, scores)


def test_words_that_were_not_placed_have_no_times():
    ((one, two), none, (three,)) = passage("one two", "", "three").answer()
    assert none == []
    assert [word.text for word in (one, two, three)] == ["one", "two", "three"]
    assert {(word.span, word.score) for word in (one, two, three)} == {(None, None)}


def test_frames_take_20_ms():
    assert passage("a", seconds=1.0).frames == 50
    assert passage("a", seconds=0.0399).frames == 1


@pytest.mark.parametrize(
    ("seconds", "text", "room", "feasible"),
    [
        (30.0, "a", 2, True),
        (30.001, "a", 2, False),
        (1.0, "", 2, False),
        (1.0, "a", 1, False),
        (0.04, "a", 9, True),
        (0.0399, "a", 9, False),
    ],
    ids=["whole window", "long sound", "no text", "long text", "two frames", "one frame"],
)
def test_what_cannot_be_there_is_not_feasible(seconds, text, room, feasible):
    assert passage(text, seconds=seconds).feasible(room) is feasible


def test_batches_are_of_one_language_and_not_too_large():
    english = [passage("a") for _ in range(BATCH + 1)]
    other = [passage("a", language="de"), passage("ab", language="de")]
    found = list(batches([english[0], *other, *english[1:]], room=2))
    assert found == [english[:BATCH], english[BATCH:], other[:1]]


SCRIPTS = [
    *(" Grüße aus Łódź, ẞ!", " e\u0301te\u0301", " Привет, мир", " Γειά", " שלום עולם"),
    *(" مرحبا بالعالم", " नमस्ते दुनिया", " வணக்கம்", " สวัสดีชาวโลก", " 안녕하세요 세계"),
    *("東京に行く", "你好。世界。", " 𠮷野家 😀👩\u200d👩\u200d👧 🇩🇪!", "  two  spaces\n\tx"),
]


@pytest.mark.parametrize("text", SCRIPTS)
def test_a_token_a_character_writes_that_character(text):
    assert stretches_of([each.encode() for each in text]) == letters(text)[1]


@pytest.mark.parametrize("text", SCRIPTS)
def test_a_character_in_parts_is_each_tokens(text):
    owners = [index for index, each in enumerate(text) for _ in each.encode()]
    parts = [bytes([each]) for each in text.encode()]
    assert stretches_of(parts) == [(owner, owner + 1) for owner in owners]


def test_a_token_may_end_one_character_and_begin_another():
    first, second = "é".encode(), "東".encode()
    tokens = [b" ", first[:1], first[1:] + second[:2], b"", second[2:] + b"a", b""]
    assert stretches_of(tokens) == [(0, 1), (1, 2), (1, 3), (2, 2), (2, 4), (4, 4)]


@given(st.text(), st.data())
def test_stretches_cover_a_text_however_it_is_cut(text: str, data: st.DataObject) -> None:
    whole = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    bounds = list(zip([0, *cuts], [*cuts, len(whole)], strict=True))
    found = stretches_of([whole[first:behind] for first, behind in bounds])
    for (first, behind), (start, stop) in zip(bounds, found, strict=True):
        inside = whole[first:behind].decode(errors="ignore")
        assert inside in text[start:stop]
        assert (start == stop) == (first == behind)
        assert stop - start <= len(inside) + 2
    assert {each for start, stop in found for each in range(start, stop)} == set(range(len(text)))


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(ValueError, match="utf-8"):
        stretches_of([b"a", b"\xff"])

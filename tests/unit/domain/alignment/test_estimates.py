from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.alignment.estimates import completed, fill_in, spread
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word


def test_words_share_a_stretch_by_their_length() -> None:
    words = spread(["a", "word", "and", "it"], 5.0, score=0.0)
    assert words == [
        Word("a", TimeSpan(0.0, 0.5), 0.0, estimated=True),
        Word("word", TimeSpan(0.5, 2.5), 0.0, estimated=True),
        Word("and", TimeSpan(2.5, 4.0), 0.0, estimated=True),
        Word("it", TimeSpan(4.0, 5.0), 0.0, estimated=True),
    ]


@pytest.mark.parametrize(("words", "spans"), [([], 0), ([""], 1), (["", ""], 2)])
def test_nothing_can_be_spread(words: list[str], spans: int) -> None:
    assert [word.span for word in spread(words, 3.0, None)] == [TimeSpan(0.0, 0.0)] * spans


@given(st.lists(st.text(max_size=20)), st.floats(0, 1e5), st.none() | st.just(0.0))
def test_spread_words_fill_the_stretch_and_no_more(
    texts: list[str], duration: float, score: float | None
) -> None:
    words = spread(texts, duration, score)
    assert [word.text for word in words] == texts
    assert all(word.estimated and word.score == score for word in words)
    spans = [word.span for word in words if word.span]
    assert all(one.end == other.start for one, other in pairwise(spans))
    assert not spans or spans[0].start == 0.0
    assert not "".join(texts) or spans[-1].end == duration


def test_words_without_a_time_get_the_moment_before_them() -> None:
    timed = Word("b", TimeSpan(1.0, 2.0), 0.9), Word("e", TimeSpan(3.0, 4.0))
    filled = fill_in([Word("a"), timed[0], Word("c", score=0.0), Word("d"), timed[1]], 9.0)
    assert filled == [
        Word("a", TimeSpan(1.0, 1.0), estimated=True),
        timed[0],
        Word("c", TimeSpan(2.0, 2.0), 0.0, estimated=True),
        Word("d", TimeSpan(2.0, 2.0), estimated=True),
        timed[1],
    ]


def test_where_nothing_has_a_time_all_is_at_the_end() -> None:
    assert fill_in([Word("a"), Word("b")], 9.0) == [
        Word("a", TimeSpan(9.0, 9.0), estimated=True),
        Word("b", TimeSpan(9.0, 9.0), estimated=True),
    ]
    assert fill_in([], 9.0) == []


@pytest.mark.parametrize("aligned", [[], [Word("a"), Word("bc")]])
def test_where_an_aligner_finds_nothing_words_are_spread(aligned: list[Word]) -> None:
    assert completed(["a", "bc"], aligned, 3.0) == spread(["a", "bc"], 3.0, 0.0)


def test_where_it_finds_some_the_others_are_put_beside_them() -> None:
    aligned = [Word("a"), Word("bc", TimeSpan(1.0, 2.0), 0.7)]
    assert completed(["a", "bc"], aligned, 3.0) == fill_in(aligned, 3.0)

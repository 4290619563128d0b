from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.cutting import can_be_cut, cover, cut_text
from asrcore.domain.language import without_spaces
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word


@pytest.mark.parametrize(
    ("text", "words", "can"),
    [
        ("It rains.", ["It", "rains."], True),
        (" It\n rains. ", ["It", "rains."], True),
        ("New York", ["New York"], True),
        ("It rains.", ["It", "rains"], False),
        ("It rains.", ["It", " ", "rains."], False),
        ("", [], False),
        ("It rains.", [], False),
    ],
)
def test_a_segment_can_be_cut_where_its_words_spell_it(
    text: str, words: list[str], can: bool
) -> None:
    assert can_be_cut(Segment(TimeSpan(0, 1), text, tuple(map(Word, words)))) is can


def test_spaces_within_a_piece_stay_and_those_around_it_go() -> None:
    assert cut_text(" a b  c\u3000d\n", [2, 1, 1]) == ["a b", "c", "d"]
    assert cut_text("下雨了。走。", [4, 2]) == ["下雨了。", "走。"]
    assert cut_text("", []) == []


@given(st.text(" a\n.下"), st.data())
def test_nothing_visible_is_lost(text: str, data: st.DataObject) -> None:
    visible = len(without_spaces(text))
    cuts = sorted({0, visible, *data.draw(st.sets(st.integers(0, visible)))})
    pieces = cut_text(text, [end - start for start, end in pairwise(cuts)])
    assert [len(without_spaces(piece)) for piece in pieces] == [b - a for a, b in pairwise(cuts)]
    assert "".join(map(without_spaces, pieces)) == without_spaces(text)
    assert all(piece == piece.strip() and piece in text for piece in pieces)


def test_timed_words_are_covered_else_what_is_given() -> None:
    words = [Word("a"), Word("b", TimeSpan(3, 4)), Word("c", TimeSpan(1, 2)), Word("d")]
    assert cover(words, [TimeSpan(0, 9)]) == TimeSpan(1, 4)
    assert cover(words[:1], [TimeSpan(0, 1), TimeSpan(5, 6)]) == TimeSpan(0, 6)

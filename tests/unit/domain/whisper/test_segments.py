import pytest

from asrcore.domain.whisper.judging import Decoded
from asrcore.domain.whisper.segments import resume_at, segments_of

BEGIN = 1000
"""The token of 0.00 s; text tokens lie below."""


def spell(tokens) -> str:
    return "".join(f" word{token}" for token in tokens)


def at(seconds: float) -> int:
    return BEGIN + round(seconds / 0.02)


def cut(tokens, duration=30.0):
    decoded = Decoded(tuple(tokens), -0.1, 0.0, 1.0, 0.0)
    found = segments_of(decoded, duration, BEGIN, spell, "en")
    return [(each.span.start, each.span.end, each.text) for each in found]


@pytest.mark.parametrize(
    ("tokens", "segments"),
    [
        ([1, 2], [(0.0, 30.0, "word1 word2")]),
        ([at(1), 1, at(2)], [(1.0, 2.0, "word1")]),
        ([at(1), 1, at(2), at(3), 2, at(4)], [(1.0, 2.0, "word1"), (3.0, 4.0, "word2")]),
        ([at(1), 1, at(2), at(3), 2], [(1.0, 2.0, "word1"), (3.0, 30.0, "word2")]),
        ([1, at(2)], [(0.0, 2.0, "word1")]),
        ([at(1), 1, at(40)], [(1.0, 30.0, "word1")]),
        ([at(1), at(2)], []),
        ([], []),
    ],
)
def test_tokens_are_cut_at_their_timestamps(tokens, segments):
    assert cut(tokens) == segments


def test_text_heard_in_the_padding_is_left_out():
    assert cut([at(0), 1, at(3.2), at(3.2), 2, at(5.2)], duration=3.2) == [(0.0, 3.2, "word1")]


@pytest.mark.parametrize(
    ("tokens", "resumed"),
    [
        ([at(0), 1, at(25), at(25)], 25.0),
        ([at(0), 1, at(25)], None),
        ([at(0), 1, at(29.8), at(29.8)], None),
        ([at(0), 1, at(0.4), at(0.4)], None),
        ([at(0), 1], None),
        ([1], None),
        ([], None),
    ],
)
def test_an_unfinished_window_is_resumed_where_it_was_left(tokens, resumed):
    assert resume_at(tokens, 30.0, BEGIN) == resumed

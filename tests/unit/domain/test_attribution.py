import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.attribution import NEAREST_LIMIT, TurnIndex, attribute
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word


def diarization(*turns: tuple[float, float, str]) -> Diarization:
    return Diarization(tuple(SpeakerTurn(TimeSpan(start, end), who) for start, end, who in turns))


def word(start: float, end: float) -> Word:
    return Word("word", TimeSpan(start, end))


@pytest.mark.parametrize(
    ("turns", "span", "speaker"),
    [
        ([], (0, 1), None),
        ([(0, 5, "A"), (5, 9, "B")], (4, 5.5), "A"),
        ([(0, 5, "A"), (5, 9, "B")], (4.75, 6), "B"),
        ([(0, 9, "A"), (2, 3, "B"), (4, 5, "B")], (2, 5), "A"),
        ([(2, 3, "A"), (3, 4, "B"), (4, 5, "A")], (2.5, 4.75), "A"),  # 1.25 s in two turns
        ([(0, 2, "B"), (2, 4, "A")], (1, 3), "B"),  # a tie: whose turn is first
        ([(0, 3, "B"), (0, 3, "A")], (1, 2), "A"),  # a tie even in that: by name
        ([(0, 0.3, "A"), (0.3, 1, "B")], (0.1, 0.5), "A"),  # a tie but for float noise
        ([(0, 1.5, "A"), (3, 4, "A"), (2, 3, "B")], (2, 4), "B"),  # A's first turn is not in it
        ([(0, 2, "A"), (4, 6, "B")], (2.25, 3.25), "A"),  # nobody speaks: the nearest edge
        ([(0, 2, "A"), (4, 6, "B")], (2.75, 3.75), "B"),
        ([(0, 2, "A")], (3, 4), "A"),  # just near enough
        ([(0, 2, "A")], (3.001, 4), None),
        ([(5, 6, "A")], (0, 4), "A"),
        ([(5, 6, "A")], (0, 3.999), None),
        ([(1, 2, "A"), (2, 3, "B")], (1.5, 1.5), "A"),  # a word without length
        ([(0, 60, "A"), (1, 2, "B"), (3, 4, "B")], (50, 51), "A"),  # a long turn, begun long ago
    ],
)
def test_who_speaks_during_a_span(turns: list, span: tuple, speaker: str | None) -> None:
    assert TurnIndex(diarization(*turns)).speaker_during(TimeSpan(*span)) == speaker


EIGHTHS = st.tuples(st.integers(0, 80), st.integers(0, 24)).map(lambda it: (it[0], it[0] + it[1]))
"""Spans in eighths of a second, which floats hold exactly."""


def by_counting(turns: list[tuple[int, int, str]], span: tuple[int, int]) -> str | None:
    """The rule, word for word, on whole eighths of a second, looking at every turn."""
    ordered = sorted(turns)
    seconds: dict[str, int] = {}
    for start, end, who in ordered:
        if shared := len(set(range(start, end)) & set(range(*span))):
            seconds[who] = seconds.get(who, 0) + shared
    if seconds:
        return next(who for who in seconds if seconds[who] == max(seconds.values()))
    gaps = [(max(start - span[1], span[0] - end, 0), who) for start, end, who in ordered]
    gap, who = min(gaps, key=lambda it: it[0], default=(99, None))
    return who if gap <= 8 * NEAREST_LIMIT else None


@given(st.lists(st.tuples(EIGHTHS, st.sampled_from("ABC")), max_size=12), EIGHTHS)
def test_the_index_finds_whom_counting_finds(turns: list, span: tuple) -> None:
    flat = [(*bounds, who) for bounds, who in turns]
    index = TurnIndex(diarization(*((start / 8, end / 8, who) for start, end, who in flat)))
    assert index.speaker_during(TimeSpan(span[0] / 8, span[1] / 8)) == by_counting(flat, span)


TWO = diarization((0, 2, "A"), (2, 4, "B"), (9, 10, "C"))


@pytest.mark.parametrize(
    ("words", "speakers", "speaker"),
    [
        ([word(0, 1)], ["A"], "A"),
        ([word(0, 1), word(2, 3), word(3, 4)], ["A", "B", "B"], "B"),
        ([word(2, 3), word(0, 1)], ["B", "A"], "B"),  # a tie: who speaks first in it
        ([word(0, 1), word(6, 7), word(6, 7)], ["A", None, None], "A"),  # nobody is no speaker
        ([Word("9"), word(3, 4)], [None, "B"], "B"),  # a word without time has no speaker
        ([Word("9"), Word("8")], [None, None], "A"),  # then the segment's own span counts
        ([word(6, 7)], [None], "A"),
        ([], [], "A"),
    ],
)
def test_words_get_their_speakers_and_a_segment_the_most_frequent_one(
    words: list, speakers: list, speaker: str | None
) -> None:
    (segment,) = attribute([Segment(TimeSpan(0, 3), "text", tuple(words))], TWO)
    assert [each.speaker for each in segment.words] == speakers
    assert segment.speaker == speaker


def test_nothing_but_the_speaker_changes() -> None:
    before = Segment(TimeSpan(0, 1), "Hi.", (Word("Hi.", TimeSpan(0, 1), 0.5),), language="en")
    (after,) = attribute([before], TWO)
    assert after == Segment(
        TimeSpan(0, 1), "Hi.", (Word("Hi.", TimeSpan(0, 1), 0.5, "A"),), "A", "en"
    )


def test_far_from_every_turn_there_is_no_speaker() -> None:
    far = Segment(TimeSpan(5.5, 7), "text", (word(5.5, 7),), speaker="old")
    (segment,) = attribute([far], TWO)
    assert segment.speaker is segment.words[0].speaker is None


def test_no_segments_stay_none() -> None:
    assert attribute([], TWO) == ()

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.diarization import Diarization, SpeakerCount, SpeakerTurn, exclusive_turns
from asrcore.domain.timespan import TimeSpan


def turn(start: float, end: float, speaker: str) -> SpeakerTurn:
    return SpeakerTurn(TimeSpan(start, end), speaker)


def test_turns_are_in_order_of_time_however_they_came() -> None:
    first, second, third = turn(0, 1, "B"), turn(0, 2, "A"), turn(1, 2, "A")
    assert Diarization((third, first, second)).turns == (first, second, third)
    assert Diarization([third, first]).turns == (first, third)


def test_speakers_are_in_order_of_first_appearance() -> None:
    assert Diarization((turn(5, 6, "A"), turn(0, 9, "B"), turn(7, 8, "B"))).speakers == ("B", "A")
    assert Diarization().speakers == ()


def test_turns_that_last_no_time_are_left_out() -> None:
    found = Diarization((turn(1, 1, "A"), turn(0, 2, "B")), (turn(0, 0, "A"), turn(0, 2, "B")))
    assert found.turns == found.exclusive == (turn(0, 2, "B"),)
    assert Diarization((turn(1, 1, "A"),)) == Diarization()


def test_who_speaks_longest_is_the_main_speaker() -> None:
    found = Diarization((turn(0, 2, "A"), turn(1, 4, "B"), turn(5, 7, "A")))
    assert (found.seconds_of("A"), found.seconds_of("B"), found.seconds_of("C")) == (4, 3, 0)
    assert found.main_speaker == "A"
    assert Diarization().main_speaker is None


@pytest.mark.parametrize(
    ("turns", "exclusive"),
    [
        ([], []),
        ([(0, 2, "A"), (3, 4, "A")], [(0, 2, "A"), (3, 4, "A")]),
        ([(0, 5, "A"), (3, 8, "B")], [(0, 3, "A"), (3, 8, "B")]),
        ([(0, 8, "A"), (3, 5, "B")], [(0, 3, "A"), (3, 5, "B"), (5, 8, "A")]),
        ([(0, 2, "A"), (2, 4, "A")], [(0, 4, "A")]),
        ([(0, 5, "A"), (3, 8, "A")], [(0, 8, "A")]),
        ([(0, 9, "A"), (2, 7, "B"), (3, 4, "C")], "AABCBBBAA"),
        ([(0, 9, "A"), (2, 4, "B"), (3, 6, "C")], "AABCCCAAA"),
        ([(0, 3, "A"), (0, 3, "B")], [(0, 3, "B")]),
        ([(0, 3, "A"), (1, 1, "B")], [(0, 3, "A")]),
    ],
)
def test_the_exclusive_turn_is_that_of_who_began_last(turns: list, exclusive: list | str) -> None:
    if isinstance(exclusive, str):
        starts = [n for n, who in enumerate(exclusive) if exclusive[n - 1 : n] != who]
        exclusive = [
            (start, end, exclusive[start]) for start, end in pairwise([*starts, len(exclusive)])
        ]
    assert exclusive_turns(turn(*each) for each in turns) == tuple(
        turn(*each) for each in exclusive
    )


def test_exclusive_turns_are_made_unless_the_engine_gives_its_own() -> None:
    turns = (turn(0, 5, "A"), turn(3, 8, "B"))
    assert Diarization(turns).exclusive == (turn(0, 3, "A"), turn(3, 8, "B"))
    own = (turn(5, 8, "B"), turn(0, 5, "A"))
    assert Diarization(turns, own).exclusive == own[::-1]


TURNS = st.lists(
    st.builds(
        lambda start, length, speaker: turn(start / 8, (start + length) / 8, speaker),
        st.integers(0, 40),
        st.integers(0, 16),
        st.sampled_from("ABC"),
    ),
    max_size=10,
)


def eighths(turns: list[SpeakerTurn]) -> list[tuple[int, str]]:
    """Each eighth of a second in which somebody speaks, and who."""
    return sorted(
        (eighth, each.speaker)
        for each in turns
        for eighth in range(round(8 * each.span.start), round(8 * each.span.end))
    )


@given(TURNS)
def test_exclusive_turns_cover_what_the_turns_cover_one_speaker_at_a_time(turns: list) -> None:
    every, exclusive = eighths(turns), eighths(exclusive_turns(turns))
    assert [eighth for eighth, _ in exclusive] == sorted({eighth for eighth, _ in every})
    assert set(exclusive) <= set(every)


@given(TURNS)
def test_exclusive_turns_are_in_order_and_as_few_as_can_be(turns: list) -> None:
    for one, other in pairwise(exclusive_turns(turns)):
        assert one.span.end <= other.span.start
        assert (one.span.end, one.speaker) != (other.span.start, other.speaker)


@given(TURNS)
def test_who_took_the_floor_last_has_it(turns: list) -> None:
    begun: dict[tuple[int, str], float] = {}
    for each in turns:
        for eighth, speaker in eighths([each]):
            begun[eighth, speaker] = max(begun.get((eighth, speaker), 0.0), each.span.start)
    for eighth, speaker in eighths(exclusive_turns(turns)):
        assert begun[eighth, speaker] == max(
            start for (there, _), start in begun.items() if there == eighth
        )


@given(TURNS)
def test_exclusive_turns_of_exclusive_turns_are_themselves(turns: list) -> None:
    exclusive = exclusive_turns(turns)
    assert exclusive_turns(reversed(exclusive)) == exclusive


def test_speakers_are_renamed_throughout() -> None:
    found = Diarization(
        (turn(0, 2, "A"), turn(1, 4, "B")), (turn(0, 2, "A"),), {"A": (1.0,), "B": (2.0,)}
    )
    assert found.renamed({"A": "Ann", "C": "Cid"}) == Diarization(
        (turn(0, 2, "Ann"), turn(1, 4, "B")), (turn(0, 2, "Ann"),), {"Ann": (1.0,), "B": (2.0,)}
    )


def test_speakers_are_numbered_as_they_appear_but_for_the_known_ones() -> None:
    found = Diarization((turn(0, 1, "z"), turn(2, 3, "y"), turn(4, 5, "x"), turn(6, 7, "z")))
    assert found.numbered().speakers == ("SPEAKER_00", "SPEAKER_01", "SPEAKER_02")
    assert found.numbered({"y": "Ann"}).speakers == ("SPEAKER_00", "Ann", "SPEAKER_01")
    assert found.numbered({"x": "SPEAKER_00"}).speakers == (
        "SPEAKER_01",
        "SPEAKER_02",
        "SPEAKER_00",
    )


@given(TURNS)
def test_numbers_stay_as_they_are(turns: list) -> None:
    numbered = Diarization(tuple(turns)).numbered()
    assert numbered.numbered() == numbered
    assert numbered.speakers == tuple(
        f"SPEAKER_{number:02}" for number in range(len(numbered.speakers))
    )


@given(TURNS, st.permutations("ABC"))
def test_numbers_do_not_depend_on_the_engines_names(turns: list, others: list[str]) -> None:
    starts = [each.span for each in turns]
    if len(set(starts)) == len(starts):
        found = Diarization(tuple(turns))
        other = found.renamed(dict(zip("ABC", others, strict=True)))
        assert other.numbered().turns == found.numbered().turns


@pytest.mark.parametrize(
    ("one", "other", "seconds"),
    [
        ([], [], 0),
        ([(0, 2, "A")], [(0, 2, "A")], 0),
        ([(0, 2, "A")], [(1, 3, "A")], 2),
        ([(0, 2, "A")], [(0, 2, "B")], 4),
        ([(0, 2, "A"), (1, 3, "A")], [(0, 3, "A")], 0),
        ([(0, 1, "A"), (5, 6, "B")], [(5, 7, "B")], 2),
    ],
)
def test_two_differ_by_the_seconds_that_one_alone_has(one: list, other: list, seconds: int) -> None:
    ours, theirs = (Diarization(tuple(turn(*each) for each in some)) for some in (one, other))
    assert ours.differing(theirs) == theirs.differing(ours) == seconds


@pytest.mark.parametrize("bounds", [(None, None), (1, None), (None, 1), (2, 2), (2, 5)])
def test_speaker_counts_may_be_open_equal_or_a_range(bounds: tuple) -> None:
    count = SpeakerCount(*bounds)
    assert (count.minimum, count.maximum) == bounds


@pytest.mark.parametrize("bounds", [(0, None), (None, 0), (-1, 2), (3, 2)])
def test_speaker_counts_that_nobody_can_meet_are_refused(bounds: tuple) -> None:
    with pytest.raises(ValueError, match=f"not from {bounds[0]} to {bounds[1]}"):
        SpeakerCount(*bounds)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (SpeakerCount(), (None, True, "any number")),
        (SpeakerCount(3, 3), (3, False, "3")),
        (SpeakerCount(2), (None, False, "at least 2")),
        (SpeakerCount(maximum=4), (None, False, "at most 4")),
        (SpeakerCount(2, 4), (None, False, "at least 2 and at most 4")),
    ],
)
def test_a_speaker_count_tells_what_is_known(count: SpeakerCount, told: tuple) -> None:
    assert (count.exact, count.unknown, str(count)) == told

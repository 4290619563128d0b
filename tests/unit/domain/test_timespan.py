import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.timespan import TimeSpan

CELLS = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(
    lambda bounds: TimeSpan(*sorted(bounds))
)
"""Spans on whole seconds, so that sets of seconds can tell the truth about them."""


def seconds_of(span: TimeSpan) -> set[int]:
    return set(range(int(span.start), int(span.end)))


@pytest.mark.parametrize(
    ("start", "end"),
    [(-0.001, 1), (2, 1), (-2, -1), (math.nan, 1), (0, math.nan), (0, math.inf), (-math.inf, 0)],
)
def test_refuses_bounds_that_are_no_stretch_of_a_recording(start: float, end: float) -> None:
    with pytest.raises(ValueError, match="a time span"):
        TimeSpan(start, end)


def test_may_be_empty() -> None:
    assert TimeSpan(2.5, 2.5).duration == 0


def test_has_a_length_and_a_middle() -> None:
    span = TimeSpan(1.0, 4.0)
    assert (span.duration, span.midpoint) == (3.0, 2.5)


def test_sorts_by_start_then_end() -> None:
    spans = [TimeSpan(1, 3), TimeSpan(0, 9), TimeSpan(1, 2)]
    assert sorted(spans) == [TimeSpan(0, 9), TimeSpan(1, 2), TimeSpan(1, 3)]


@given(CELLS, CELLS)
def test_overlap_counts_the_seconds_that_both_cover(one: TimeSpan, other: TimeSpan) -> None:
    assert one.overlap(other) == other.overlap(one) == len(seconds_of(one) & seconds_of(other))


@given(CELLS, CELLS)
def test_distance_is_the_shortest_way_from_one_to_the_other(one: TimeSpan, other: TimeSpan) -> None:
    def points(span: TimeSpan) -> range:
        return range(int(span.start), int(span.end) + 1)

    shortest = min(abs(a - b) for a in points(one) for b in points(other))
    assert one.distance(other) == other.distance(one) == shortest


@given(CELLS, CELLS)
def test_intersection_is_what_both_cover_and_none_where_they_do_not_meet(
    one: TimeSpan, other: TimeSpan
) -> None:
    both = one & other
    assert (both is None) == (one.distance(other) > 0)
    if both is not None:
        assert seconds_of(both) == seconds_of(one) & seconds_of(other)


@given(CELLS, CELLS)
def test_union_reaches_from_the_first_start_to_the_last_end(one: TimeSpan, other: TimeSpan) -> None:
    bounds = (one.start, one.end, other.start, other.end)
    assert one | other == TimeSpan(min(bounds), max(bounds))


def test_shift_keeps_the_length_and_refuses_to_go_before_0() -> None:
    assert TimeSpan(1.0, 2.0).shift(0.5) == TimeSpan(1.5, 2.5)
    assert TimeSpan(1.0, 2.0).shift(-1.0) == TimeSpan(0.0, 1.0)
    with pytest.raises(ValueError, match="forward from 0"):
        TimeSpan(1.0, 2.0).shift(-1.5)


def test_pad_widens_both_sides_but_never_before_0() -> None:
    assert TimeSpan(1.0, 2.0).pad(0.5) == TimeSpan(0.5, 2.5)
    assert TimeSpan(0.25, 2.0).pad(0.5) == TimeSpan(0.0, 2.5)

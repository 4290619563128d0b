"""Windows around cues: none reaches far, and none into the next."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.alignment.anchors import CUE_SLACK, LONGEST, Window, cue_windows
from asrcore.domain.timespan import TimeSpan

Cues = list[tuple[int, TimeSpan]]


@pytest.mark.parametrize(
    ("cues", "found"),
    [
        ([], []),
        ([(3, 1, 2)], [(0, 3, 0.5, 2.5)]),
        ([(3, 0.2, 2)], [(0, 3, 0.0, 2.5)]),
        ([(3, 1, 2), (2, 3, 29)], [(0, 5, 0.5, 29.5)]),
        ([(3, 1, 2), (2, 3, 29.5)], [(0, 3, 0.5, 2.5), (3, 5, 2.5, 30.0)]),  # 28.5 s together
        ([(3, 1, 2), (2, 2.5, 29.5)], [(0, 3, 0.5, 2.25), (3, 5, 2.25, 30.0)]),
        ([(3, 1, 40), (2, 41, 42)], [(0, 3, 0.5, 40.5), (3, 5, 40.5, 42.5)]),  # long by itself
        ([(3, 1, 2), (2, 3.25, 4)], [(0, 3, 0.5, 2.5), (3, 5, 2.75, 4.5)]),  # distant
        ([(1, 1, 20), (1, 2, 3), (1, 4, 5)], [(0, 3, 0.5, 20.5)]),  # within one another
        ([(1, 1, 20), (1, 10, 40)], [(0, 1, 0.5, 20.0), (1, 2, 10.0, 40.5)]),  # over one another
        ([(1, 58, 59.9)], [(0, 1, 57.5, 60.0)]),
        ([(1, 58, 70)], [(0, 1, 57.5, 60.0)]),
        ([(1, 70, 80)], [(0, 1, 60.0, 60.0)]),
        ([(1, 60, 80)], [(0, 1, 60.0, 60.0)]),
        ([(1, 58, 70), (2, 65, 80)], [(0, 1, 57.5, 60.0), (1, 3, 60.0, 60.0)]),
        ([(1, 70, 80), (2, 90, 91)], [(0, 1, 60.0, 60.0), (1, 3, 60.0, 60.0)]),
        ([(0, 1, 2), (2, 3, 4)], [(0, 2, 0.5, 4.5)]),
    ],
)
def test_cues_are_packed_into_windows(cues: list, found: list) -> None:
    given_cues = [(count, TimeSpan(start, end)) for count, start, end in cues]
    assert cue_windows(given_cues, 60.0) == [
        Window(first, stop, TimeSpan(start, end)) for first, stop, start, end in found
    ]


DURATION = 100.0
CUES = st.lists(
    st.builds(
        lambda words, start, length: (words, TimeSpan(start, start + length)),
        st.integers(1, 9),
        st.floats(0, 120),
        st.floats(0, 3) | st.floats(0, 40),
    ),
    max_size=20,
).map(lambda cues: sorted(cues, key=lambda cue: cue[1].start))


def with_their_cues(found: list[Window], cues: Cues) -> list[tuple[Window, list[TimeSpan]]]:
    """Every window, and when its cues are said; each cue is whole in one."""
    stops = list(accumulate(words for words, _ in cues))
    assert [window.first for window in found] == [0, *(window.stop for window in found)][:-1]
    assert {window.stop for window in found} <= set(stops)
    assert (stops or [0])[-1] == (found[-1].stop if found else 0)
    return [
        (
            window,
            [
                TimeSpan(min(span.start, DURATION), min(span.end, DURATION))
                for stop, (_, span) in zip(stops, cues, strict=True)
                if window.first < stop <= window.stop
            ],
        )
        for window in found
    ]


def reach(spans: list[TimeSpan]) -> TimeSpan:
    return TimeSpan(spans[0].start, max(span.end for span in spans))


@given(CUES)
def test_a_window_is_at_most_half_a_second_wider_than_its_cues(cues: Cues) -> None:
    for window, spans in with_their_cues(cue_windows(cues, DURATION), cues):
        around = reach(spans)
        assert window.span & around == around
        assert around.start - window.span.start <= CUE_SLACK + 1e-9
        assert window.span.end - around.end <= CUE_SLACK + 1e-9
        assert window.span.end <= DURATION
        if around.start == DURATION:
            assert window.span == around
            assert len(spans) == 1


@given(CUES)
def test_windows_of_cues_cross_no_further_than_the_cues_themselves(cues: Cues) -> None:
    parted = with_their_cues(cue_windows(cues, DURATION), cues)
    for (before, early), (after, late) in pairwise(parted):
        middle = (reach(early).end + reach(late).start) / 2
        assert before.span.end <= max(middle, reach(early).end) + 1e-9
        assert after.span.start >= min(middle, reach(late).start) - 1e-9


@given(CUES)
def test_cues_share_a_window_where_they_are_near_and_short_together(cues: Cues) -> None:
    parted = with_their_cues(cue_windows(cues, DURATION), cues)
    for _, spans in parted:
        assert len(spans) == 1 or reach(spans).duration <= LONGEST
        for count in range(1, len(spans)):
            assert spans[count].start - reach(spans[:count]).end <= 2 * CUE_SLACK
    for (_, early), (_, late) in pairwise(parted):
        near = reach(early).distance(late[0]) <= 2 * CUE_SLACK
        short = reach([*early, late[0]]).duration <= LONGEST
        assert not (near and short) or late[0].start == DURATION

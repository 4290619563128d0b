import math
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.timespan import TimeSpan
from asrcore.domain.voice_activity import SpeechThresholds, merge_touching, speech_spans

FRAME = 0.032
"""Silero's frame: 512 samples."""

PLAIN = SpeechThresholds(onset=0.5, offset=0.25, min_speech=0.0, min_silence=0.0, pad=0.0)


def spans(
    probabilities: list,
    thresholds: SpeechThresholds = PLAIN,
    frame: float = 1.0,
    duration: float = math.inf,
) -> tuple[TimeSpan, ...]:
    duration = min(duration, len(probabilities) * frame)
    return speech_spans(np.array(probabilities, np.float32), frame, duration, thresholds)


def square_wave(*frames: int) -> list[float]:
    """Silence and speech in turn, beginning with silence."""
    return [0.9 if index % 2 else 0.1 for index, count in enumerate(frames) for _ in range(count)]


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ([], []),
        ([0.1, 0.1], []),
        ([0.9], [(0, 1)]),
        ([0.1, 0.9, 0.9, 0.1], [(1, 3)]),
        ([0.9, 0.1, 0.9], [(0, 1), (2, 3)]),
        ([0.4, 0.5, 0.25, 0.2, 0.4], [(1, 3)]),  # begins at the onset, lasts to the offset
        ([math.nan, 0.9, math.nan], [(1, 2)]),  # what is no number is no speech
    ],
)
def test_speech_begins_at_the_onset_and_lasts_until_it_falls_below_the_offset(
    probabilities: list, expected: list
) -> None:
    assert spans(probabilities) == tuple(TimeSpan(*bounds) for bounds in expected)


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_a_silence_of_just_the_least_length_ends_a_span_wherever_it_is(at: int) -> None:
    thresholds = SpeechThresholds(min_speech=0.0, min_silence=5 * FRAME, pad=0.0)
    assert len(spans(square_wave(at, 4, 5, 4), thresholds, FRAME)) == 2
    assert len(spans(square_wave(at, 4, 4, 4), thresholds, FRAME)) == 1


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_a_span_of_just_the_least_length_is_kept_wherever_it_is(at: int) -> None:
    thresholds = SpeechThresholds(min_speech=3 * FRAME, min_silence=0.0, pad=0.0)
    assert len(spans(square_wave(at, 3, 9), thresholds, FRAME)) == 1
    assert len(spans(square_wave(at, 2, 9), thresholds, FRAME)) == 0


def test_a_trailing_silence_too_short_to_end_a_span_is_still_not_part_of_it() -> None:
    thresholds = SpeechThresholds(min_speech=0.0, min_silence=5.0, pad=0.0)
    assert spans(square_wave(0, 3, 2), thresholds) == (TimeSpan(0, 3),)


def test_pads_stay_within_the_recording_and_join_what_they_make_meet() -> None:
    thresholds = SpeechThresholds(min_speech=0.0, min_silence=0.0, pad=1.0)
    assert spans(square_wave(0, 2, 3, 2, 2, 2), thresholds) == (TimeSpan(0, 3), TimeSpan(4, 11))


def test_a_last_frame_that_reaches_beyond_the_end_is_cut_and_one_behind_it_dropped() -> None:
    assert spans(square_wave(1, 2), duration=2.5) == (TimeSpan(1, 2.5),)
    assert spans(square_wave(3, 1), duration=2.5) == ()


LEVELS = {"H": 0.5, "M": 0.4, "L": 0.1}


@given(st.text("HML", max_size=40), st.integers(1, 4), st.integers(0, 4))
def test_hysteresis_finds_what_a_regular_expression_finds(
    levels: str, min_silence: int, min_speech: int
) -> None:
    shorter_silence = f"L{{1,{min_silence - 1}}}(?=[HM])" if min_silence > 1 else "(?!)"
    matches = re.finditer(f"H(?:[HM]|{shorter_silence})*", levels)
    expected = [TimeSpan(*it.span()) for it in matches if len(it[0]) >= min_speech]
    thresholds = SpeechThresholds(min_speech=min_speech, min_silence=min_silence, pad=0.0)
    assert spans([LEVELS[level] for level in levels], thresholds) == tuple(expected)


@given(st.lists(st.integers(5, 40), min_size=1, max_size=9), st.floats(0.5, 1.0))
def test_a_clean_square_wave_is_found_with_its_pads(runs: list, share: float) -> None:
    wave = square_wave(*runs)
    loud = np.repeat([p > 0.5 for p in wave], 32)  # one cell a millisecond
    expected = np.convolve(loud, np.ones(801))[400:-400] > 0.5
    expected[(end := round(len(loud) * share)) :] = False
    heard = np.zeros(len(loud), bool)
    for span in spans(wave, SpeechThresholds(), FRAME, end / 1000):
        heard[round(span.start * 1000) : round(span.end * 1000)] = True
    assert heard.tolist() == expected.tolist()


@given(
    st.lists(st.sampled_from([0.0, 0.3, 0.4, 0.6, 1.0, math.nan]), max_size=60),
    st.builds(
        SpeechThresholds, **dict.fromkeys(["min_speech", "min_silence", "pad"], st.floats(0, 1))
    ),
    st.floats(0, 2.5),
)
def test_spans_are_in_order_disjoint_and_within_the_recording(
    probabilities: list, thresholds: SpeechThresholds, duration: float
) -> None:
    found = spans(probabilities, thresholds, FRAME, duration)
    assert all(0 <= span.start <= span.end <= duration for span in found)
    assert all(one.end < other.start for one, other in pairwise(found))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), max_size=10))
def test_merging_keeps_every_second_and_leaves_gaps_only_where_nothing_was(bounds: list) -> None:
    given_spans = [TimeSpan(start, start + length) for start, length in bounds]
    merged = list(merge_touching(given_spans))

    def seconds(spans: list) -> set[int]:
        return {second for span in spans for second in range(int(span.start), int(span.end))}

    assert seconds(merged) == seconds(given_spans)
    assert all(one.end < other.start for one, other in pairwise(merged))

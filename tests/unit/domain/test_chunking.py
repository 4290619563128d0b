import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.chunking import Chunk, ChunkLimits, chunk_speech, quietest_moment
from asrcore.domain.timespan import TimeSpan

COUNTING = Audio(np.arange(60 * SAMPLE_RATE, dtype=np.float32))
"""A minute in which each sample's value is its index, so that a chunk tells where it is from."""

SILENCE = Audio(np.zeros(100 * SAMPLE_RATE, np.float32))


def spans(*bounds: tuple[float, float]) -> list[TimeSpan]:
    return [TimeSpan(*pair) for pair in bounds]


def indices(*chunks: Chunk) -> np.ndarray:
    """Where in the recording each sample of some chunks is from."""
    heard = [chunk.samples(COUNTING) for chunk in chunks]
    return np.concatenate([np.zeros(0, np.float32), *heard]).astype(np.int32)


def sample_range(span: TimeSpan) -> range:
    """The samples of the recording that a span is about."""
    end = len(COUNTING.samples)
    return range(min(round(span.start * SAMPLE_RATE), end), min(round(span.end * SAMPLE_RATE), end))


def seconds(most: float) -> st.SearchStrategy[float]:
    return st.one_of(
        st.floats(0, most), st.integers(0, int(most * 10)).map(lambda tenths: tenths / 10)
    )


SPANS = st.lists(
    st.builds(
        lambda start, length: TimeSpan(start, start + length), seconds(66), seconds(33) | seconds(3)
    ),
    max_size=8,
)
"""In any order, overlapping, some beyond the recording's end or wholly outside it."""

LIMITS = st.builds(ChunkLimits, st.floats(1, 40) | st.just(30.0), st.floats(0, 5) | st.just(2.0))


# What all chunks are like


@given(SPANS, LIMITS)
def test_every_sample_of_speech_is_in_exactly_one_chunk_and_no_long_silence_in_any(
    speech: list, limits: ChunkLimits
) -> None:
    wanted = np.zeros(len(COUNTING.samples), bool)
    for span in speech:
        wanted[sample_range(span)] = True
    heard = indices(*chunk_speech(speech, COUNTING, limits))
    assert (np.diff(heard) > 0).all()
    chunked = np.zeros_like(wanted)
    chunked[heard] = True
    assert not (wanted & ~chunked).any()
    pause = np.flatnonzero(np.diff((chunked & ~wanted).astype(int), prepend=0, append=0))
    assert (np.diff(pause)[::2] <= limits.max_gap * SAMPLE_RATE + 1).all()


@given(SPANS, LIMITS, st.booleans())
def test_a_chunk_is_never_a_sample_too_long_nor_empty(
    speech: list, limits: ChunkLimits, exact: bool
) -> None:
    for chunk in chunk_speech(speech, COUNTING, limits, exact=exact):
        count = len(chunk.samples(COUNTING))
        assert 0 < count <= round(limits.max_duration * SAMPLE_RATE)
        assert chunk.duration <= limits.max_duration + 1e-6
        assert chunk.duration * SAMPLE_RATE == pytest.approx(count, abs=0.01)


@given(SPANS, LIMITS, st.booleans())
def test_pieces_are_in_order_disjoint_and_inside_the_recording(
    speech: list, limits: ChunkLimits, exact: bool
) -> None:
    for chunk in chunk_speech(speech, COUNTING, limits, exact=exact):
        assert all(one.end < other.start for one, other in pairwise(chunk.pieces))
        assert chunk.pieces[-1].end <= COUNTING.duration


@given(SPANS, LIMITS)
def test_exact_spans_are_each_chunked_by_themselves(speech: list, limits: ChunkLimits) -> None:
    chunks = iter(chunk_speech(speech, COUNTING, limits, exact=True))
    for expected in map(sample_range, sorted(speech)):
        heard = indices()
        while len(heard) < len(expected):
            heard = np.append(heard, indices(next(chunks)))
        assert np.array_equal(heard, expected)
    assert next(chunks, None) is None


@given(SPANS, LIMITS)
def test_no_two_neighbouring_chunks_would_have_fitted_into_one(
    speech: list, limits: ChunkLimits
) -> None:
    for one, other in pairwise(chunk_speech(speech, COUNTING, limits)):
        before, after = indices(one), indices(other)
        gap = (after[0] - before[-1] - 1) / SAMPLE_RATE
        pause = gap if gap <= limits.max_gap else 0
        assert (len(before) + len(after)) / SAMPLE_RATE + pause > limits.max_duration


# Which chunks come out


@pytest.mark.parametrize(
    ("speech", "pieces"),
    [
        ([], []),
        ([(0, 0.01)], [[(0, 0.01)]]),
        ([(0, 29.99)], [[(0, 29.99)]]),
        ([(0, 30)], [[(0, 30)]]),
        ([(5, 5)], []),
        ([(5, 5.00001)], []),  # less than half a sample
        ([(59, 130)], [[(59, 60)]]),  # reaches beyond the end
        ([(60, 61), (200, 201)], []),  # wholly outside
        ([(8, 9), (2, 3)], [[(2, 3), (8, 9)]]),  # unsorted
        ([(2, 5), (4, 9), (9, 10), (6, 7)], [[(2, 10)]]),  # overlapping and touching
        ([(0, 1), (3, 4)], [[(0, 4)]]),  # a pause of just `max_gap` stays in
        ([(0, 1), (3.01, 4)], [[(0, 1), (3.01, 4)]]),  # a longer one is left out
        ([(0, 1), (5, 6), (7, 8)], [[(0, 1), (5, 8)]]),
        ([(0, 10), (11, 20), (25, 34), (40, 50)], [[(0, 20), (25, 34)], [(40, 50)]]),
        ([(0, 14), (20, 36), (50, 51)], [[(0, 14), (20, 36)], [(50, 51)]]),  # 30 s to the point
        ([(0, 14), (15.5, 30.2)], [[(0, 14)], [(15.5, 30.2)]]),  # pauses count as sound
    ],
)
def test_speech_is_packed_until_a_chunk_is_full(speech: list, pieces: list) -> None:
    chunks = chunk_speech(spans(*speech), COUNTING, ChunkLimits())
    assert [chunk.pieces for chunk in chunks] == [tuple(spans(*chunk)) for chunk in pieces]


@pytest.mark.parametrize("exact", [True, False])
def test_a_recording_without_samples_has_no_chunks(exact: bool) -> None:
    nothing = Audio(np.zeros(0, np.float32))
    assert chunk_speech(spans((0, 0), (0, 5)), nothing, ChunkLimits(), exact=exact) == []


def test_exact_spans_stay_apart_even_where_they_touch_overlap_or_repeat() -> None:
    speech = spans((0, 2), (2, 3), (1, 4), (1, 4))
    chunks = chunk_speech(speech, COUNTING, ChunkLimits(), exact=True)
    assert [chunk.pieces for chunk in chunks] == [(span,) for span in sorted(speech)]


@pytest.mark.parametrize("tenth", range(0, 300, 7))
def test_a_span_of_just_the_longest_duration_stays_whole_wherever_it_begins(tenth: int) -> None:
    span = TimeSpan(tenth / 10, tenth / 10 + 30)  # whose duration may be 30.000000000000004
    for exact in (True, False):
        assert len(chunk_speech([span], COUNTING, ChunkLimits(), exact=exact)) == 1


@pytest.mark.parametrize("tenth", range(0, 500, 7))
def test_a_pause_of_just_the_longest_gap_stays_in_wherever_it_begins(tenth: int) -> None:
    first, second = spans((0, (tenth + 1) / 10), ((tenth + 3) / 10, (tenth + 9) / 10))
    (chunk,) = chunk_speech([first, second], COUNTING, ChunkLimits(60, max_gap=0.2))
    assert chunk.pieces == (first | second,)


def test_bounds_between_samples_do_not_add_up_to_a_sample_too_many() -> None:
    speech, start = [], 0
    for count in [24_000] * 19 + [24_019]:  # each a sample less, but for its bounds' rounding
        speech.append(TimeSpan((start + 0.49) / SAMPLE_RATE, (start + count - 0.49) / SAMPLE_RATE))
        start += count + 16_000
    assert sum(span.duration for span in speech) < 30
    assert sum(len(sample_range(span)) for span in speech) > 480_000
    chunks = chunk_speech(speech, COUNTING, ChunkLimits(max_gap=0.5))
    assert [len(chunk.pieces) for chunk in chunks] == [19, 1]


# Where long speech is cut


@pytest.mark.parametrize(
    ("length", "cuts"),
    [
        (30.01, [19.96]),  # the rest is never less than a third of a chunk
        (39.0, [28.95]),
        (45.0, [29.95]),
        (60.0, [29.95, 49.95]),
        (90.0, [29.95, 59.9, 79.95]),
    ],
)
def test_speech_without_a_pause_is_cut_late_but_leaves_no_crumb(length: float, cuts: list) -> None:
    chunks = chunk_speech(spans((0, length)), SILENCE, ChunkLimits())
    bounds = [(piece.start, piece.end) for chunk in chunks for piece in chunk.pieces]
    assert bounds == list(pairwise([0, *cuts, length]))


@given(st.floats(1, 40), st.floats(0, 60))
def test_pieces_of_long_speech_last_at_least_a_third_of_a_chunk(
    longest: float, length: float
) -> None:
    speech = TimeSpan(60 - length, 60)
    chunks = chunk_speech([speech], COUNTING, ChunkLimits(longest))
    if len(chunks) > 1:
        assert min(chunk.duration for chunk in chunks) >= longest / 3 - 1e-3


def test_speech_is_cut_in_its_pause() -> None:
    sound = np.random.default_rng(1).normal(0, 0.1, 45 * SAMPLE_RATE).astype(np.float32)
    sound[round(23.4 * SAMPLE_RATE) : round(23.6 * SAMPLE_RATE)] *= 0.01
    first, second = chunk_speech(spans((0, 45)), Audio(sound), ChunkLimits())
    assert 23.45 <= first.duration <= 23.55
    assert first.duration + second.duration == 45


def test_of_equally_quiet_moments_the_latest_is_taken() -> None:
    assert quietest_moment(SILENCE, TimeSpan(20, 30)) == 29.95


@given(st.integers(0, 2**32 - 1), st.integers(0, 8_000), st.integers(1_600, 8_000))
def test_the_quietest_moment_is_what_looking_at_every_window_finds(
    seed: int, first: int, count: int
) -> None:
    sound = np.random.default_rng(seed).integers(-3, 4, 16_000).astype(np.float32)
    sound *= np.repeat(np.random.default_rng(seed).integers(0, 3, 20), 800)
    windows = np.lib.stride_tricks.sliding_window_view(sound[first : first + count], 1_600)
    power = np.square(windows).sum(axis=1)
    latest = np.flatnonzero(power == power.min())[-1]
    search = TimeSpan(first / SAMPLE_RATE, (first + count) / SAMPLE_RATE)
    assert quietest_moment(Audio(sound), search) == (first + latest + 800) / SAMPLE_RATE


# The way back to the recording's time

PIECES = st.lists(st.tuples(st.integers(1, 2_000), st.integers(1, 200_000)), min_size=1, max_size=6)
"""Milliseconds of silence left out, then samples of sound; several times."""


Drawn = tuple[Chunk, np.ndarray, list[int]]


@st.composite
def chunks_and_moments(draw: st.DrawFn, moments: int) -> Drawn:
    """A chunk, the index in the recording of each of its samples, and some of its own indices."""
    pieces, end = [], 0
    for gap, count in draw(PIECES):
        start = end + gap * 16
        end = start + count
        pieces.append(TimeSpan(start / SAMPLE_RATE, end / SAMPLE_RATE))
    chunk = Chunk(tuple(pieces))
    truth = indices(chunk)
    edges = np.flatnonzero(np.diff(truth) > 1).tolist() or [0]
    moment = st.integers(0, len(truth) - 1) | st.sampled_from(edges).flatmap(
        lambda edge: st.integers(edge, min(edge + 1, len(truth) - 1))
    )
    return chunk, truth, sorted(draw(st.lists(moment, min_size=moments, max_size=moments)))


@given(chunks_and_moments(2))
def test_locate_says_where_the_first_and_last_sample_come_from(drawn: Drawn) -> None:
    chunk, truth, (first, last) = drawn
    located = chunk.locate(TimeSpan(first / SAMPLE_RATE, (last + 1) / SAMPLE_RATE))
    assert located.start == pytest.approx(truth[first] / SAMPLE_RATE, abs=1e-5)
    assert located.end == pytest.approx((truth[last] + 1) / SAMPLE_RATE, abs=1e-5)


@given(chunks_and_moments(2))
def test_a_located_word_stays_in_the_piece_of_its_middle(drawn: Drawn) -> None:
    chunk, truth, (first, last) = drawn
    word = chunk.locate_word(TimeSpan(first / SAMPLE_RATE, (last + 1) / SAMPLE_RATE))
    (piece,) = [p for p in chunk.pieces if p.start <= word.start and word.end <= p.end]
    assert piece.start - 1e-5 <= truth[(first + last + 1) // 2] / SAMPLE_RATE <= piece.end
    if truth[last] - truth[first] == last - first:  # it was inside one all along
        assert word.start == pytest.approx(truth[first] / SAMPLE_RATE, abs=1e-5)
        assert word.end == pytest.approx((truth[last] + 1) / SAMPLE_RATE, abs=1e-5)


@given(chunks_and_moments(6), st.sampled_from(["locate", "locate_word"]))
def test_what_comes_later_in_a_chunk_is_not_located_earlier(drawn: Drawn, method: str) -> None:
    chunk, _, moments = drawn
    located = [
        getattr(chunk, method)(TimeSpan(start / SAMPLE_RATE, end / SAMPLE_RATE))
        for start, end in pairwise(moments)
    ]
    assert [span.start for span in located] == sorted(span.start for span in located)
    assert [span.end for span in located] == sorted(span.end for span in located)


TWO = Chunk((TimeSpan(10, 12), TimeSpan(20, 23)))


@pytest.mark.parametrize(
    ("inside", "as_segment", "as_word"),
    [
        ((0, 2), (10, 12), (10, 12)),
        ((2, 5), (20, 23), (20, 23)),
        ((0, 5), (10, 23), (20, 23)),
        ((1, 2.5), (11, 20.5), (11, 12)),
        ((1.5, 3.5), (11.5, 21.5), (20, 21.5)),
        ((2, 2), (20, 20), (20, 20)),  # no time at all, at the seam
        ((4, 9), (22, 23), (22, 23)),  # an engine that hears more than it got
        ((7, 9), (23, 23), (23, 23)),
    ],
)
def test_a_span_over_a_left_out_silence_is_a_long_segment_but_a_short_word(
    inside: tuple, as_segment: tuple, as_word: tuple
) -> None:
    assert TWO.locate(TimeSpan(*inside)) == TimeSpan(*as_segment)
    assert TWO.locate_word(TimeSpan(*inside)) == TimeSpan(*as_word)


@pytest.mark.parametrize("hundredth", range(0, 3_000, 37))
def test_float_noise_at_a_seam_does_not_reach_over_the_silence(hundredth: int) -> None:
    start = hundredth / 100
    chunk = Chunk((TimeSpan(start, start + 0.7), TimeSpan(start + 50.1, start + 51.3)))
    assert chunk.locate(TimeSpan(0.0, 0.7)).end == pytest.approx(start + 0.7)
    assert chunk.locate(TimeSpan(0.7, 0.9)).start == pytest.approx(start + 50.1)


# What engines get


@pytest.mark.parametrize("pieces", [[(1, 2)], [(1, 2), (5, 6)]])
def test_samples_are_a_plain_copy_even_of_a_memory_map(tmp_path: Path, pieces: list) -> None:
    mapped = np.memmap(tmp_path / "sound", np.float32, "w+", shape=(10 * SAMPLE_RATE,))
    samples = Chunk(tuple(spans(*pieces))).samples(Audio(mapped))
    samples[:] = 1.0
    assert type(samples) is np.ndarray
    assert samples.dtype == np.float32
    assert not mapped.any()


@pytest.mark.parametrize("limits", [(0.99, 2), (-1, 2), (math.nan, 2), (30, -0.1), (30, math.nan)])
def test_limits_that_leave_no_room_are_refused(limits: tuple) -> None:
    with pytest.raises(ValueError, match="at least"):
        ChunkLimits(*limits)


def test_an_engine_without_a_limit_gets_all_speech_at_once() -> None:
    (chunk,) = chunk_speech(spans((0, 35), (50, 60)), COUNTING, ChunkLimits(math.inf, math.inf))
    assert chunk.pieces == (TimeSpan(0, 60),)

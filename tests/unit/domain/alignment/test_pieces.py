from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.alignment.emissions import Emissions
from asrcore.domain.alignment.pieces import joined, pieces
from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.timespan import TimeSpan
from asrcore.testing.scripted_emissions import LETTERS, emissions

FRAME = 0.02
WHOLE = emissions([("a", 3, 5), ("b", 20, 2), ("c", 59, 1)], 60)


def noisy(seconds: float, *quiet: tuple[float, float]) -> Audio:
    samples = np.random.default_rng(0).normal(0, 0.1, round(seconds * SAMPLE_RATE))
    for start, end in quiet:
        samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)] = 0.0
    return Audio(samples.astype(np.float32))


@pytest.mark.parametrize("seconds", [0.0, 0.01, 29.99, 30.0])
def test_what_a_model_takes_at_once_is_one_piece(seconds: float) -> None:
    audio = noisy(seconds)
    assert pieces(audio) == [TimeSpan(0.0, audio.duration)]


@pytest.mark.parametrize("seconds", [30.01, 59.0, 95.3])
def test_pieces_are_all_of_it_in_steps_of_a_frame_and_not_too_long(seconds: float) -> None:
    audio = noisy(seconds)
    spans = pieces(audio)
    assert (spans[0].start, spans[-1].end) == (0.0, audio.duration)
    assert all(one.end == other.start for one, other in pairwise(spans))
    assert all(0 < span.duration <= 30.0 + FRAME / 2 for span in spans)
    assert [span.start / FRAME for span in spans] == pytest.approx(
        [round(span.start / FRAME) for span in spans]
    )


def test_cuts_are_where_it_is_quiet() -> None:
    _, *rest = pieces(noisy(70.0, (24.3, 24.9), (50.1, 50.7)))
    first, second = (span.start for span in rest)
    assert 24.3 <= first <= 24.9
    assert 50.1 <= second <= 50.7


def part(first: int, stop: int) -> tuple[float, Emissions]:
    return first * FRAME, Emissions(WHOLE.log_probs[first:stop])


@given(st.lists(st.integers(1, 59), max_size=6, unique=True).map(sorted), st.randoms())
def test_the_parts_of_emissions_are_put_together_again(cuts: list, random: Random) -> None:
    parts = [part(*bounds) for bounds in pairwise([0, *cuts, 60])]
    random.shuffle(parts)
    assert np.array_equal(joined(parts, LETTERS.blank).log_probs, WHOLE.log_probs)


def test_a_single_part_is_the_whole() -> None:
    assert joined([(0.0, WHOLE)], LETTERS.blank) is WHOLE


def test_where_there_is_no_part_nothing_sounds() -> None:
    together = joined([part(0, 10), part(14, 60)], LETTERS.blank).log_probs
    assert np.array_equal(together[10:14].argmax(axis=1), [LETTERS.blank] * 4)
    assert together[10:14, LETTERS.blank].tolist() == [0.0] * 4
    assert np.exp(together[10:14]).sum(axis=1) == pytest.approx(1.0)
    assert np.array_equal(together[14:], WHOLE.log_probs[14:])


def test_of_parts_that_overlap_the_later_one_counts() -> None:
    other = Emissions(emissions([("z", 0, 40)], 40).log_probs)
    together = joined([(20 * FRAME, other), part(0, 30)], LETTERS.blank).log_probs
    assert np.array_equal(together[:20], WHOLE.log_probs[:20])
    assert np.array_equal(together[20:], other.log_probs)


def test_frames_of_any_duration_keep_their_place() -> None:
    parts = [(0.0, Emissions(WHOLE.log_probs[:30], 0.08)), (2.4, Emissions(WHOLE.log_probs, 0.08))]
    together = joined(parts, LETTERS.blank)
    assert together.frame_duration == 0.08
    assert np.array_equal(together.log_probs[30:], WHOLE.log_probs)

import tracemalloc
from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.alignment import viterbi
from asrcore.domain.alignment.viterbi import Lattice, best_path, feasible

Way = tuple[int, ...]


def ways(frames: int, columns: np.ndarray) -> Iterator[Way]:
    """Every way through a lattice, each found by taking the steps that CTC allows."""
    last = 2 * len(columns) - 1
    unfinished: list[Way] = [(-1,), (0,)] if frames else []
    while unfinished:
        way = unfinished.pop()
        if len(way) == frames:
            if way[-1] >= last - 1:
                yield way
            continue
        state = way[-1]
        steps = [state, state + 1]
        if state % 2 == 0 and state + 2 < last and columns[state // 2] != columns[state // 2 + 1]:
            steps.append(state + 2)
        unfinished += [(*way, step) for step in steps if step <= last]


def worth(way: Way, lattice: Lattice) -> float:
    """What the states of a way score in their frames, added up."""
    total = 0.0
    for frame, state in enumerate(way):
        if state % 2 == 0:
            total += lattice.label_scores[frame, lattice.columns[state // 2]]
        elif lattice.gaps[(state + 1) // 2]:
            total += lattice.gap_scores[frame, lattice.gaps[(state + 1) // 2] - 1]
    return total


def best_of_all(lattice: Lattice) -> Way:
    """The best way; of equals the one further on in the last frame in which they differ."""
    every = ways(len(lattice.gap_scores), lattice.columns)
    return max(every, key=lambda way: (worth(way, lattice), way[::-1]))


@st.composite
def lattices(draw: st.DrawFn, labels: int, spare: int, most: float) -> Lattice:
    """Whole numbers and quarters, which add up exactly, so that equals are equal."""
    columns = draw(st.lists(st.integers(0, 2), min_size=1, max_size=labels).map(np.array))
    needed = len(columns) + int((columns[1:] == columns[:-1]).sum())
    frames = needed + draw(st.integers(0, spare))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    steps = draw(st.sampled_from([1, 4, 64]))

    def scores(*shape: int) -> np.ndarray:
        return np.round(random.uniform(-most, most, shape) * steps) / steps

    gaps = random.integers(0, 3, len(columns) + 1)
    return Lattice(scores(frames, 3), columns, scores(frames, 2), gaps)


@given(lattices(4, 4, 2.0), st.sampled_from([1, 16, 2**22]))
def test_the_path_is_the_best_of_all_there_are(lattice: Lattice, block: int) -> None:
    with patch.object(viterbi, "BLOCK", block):
        assert tuple(best_path(lattice).tolist()) == best_of_all(lattice)


@given(lattices(4, 4, 0.0))
def test_of_equal_ways_it_is_the_one_further_on(lattice: Lattice) -> None:
    assert tuple(best_path(lattice).tolist()) == best_of_all(lattice)


@given(lattices(12, 60, 3.0), st.integers(1, 400))
def test_blocks_make_no_difference(lattice: Lattice, block: int) -> None:
    whole = best_path(lattice)
    with patch.object(viterbi, "BLOCK", block):
        assert np.array_equal(best_path(lattice), whole)


@pytest.mark.parametrize("columns", [[0], [0, 1], [0, 0], [1, 1, 1], [0, 1, 1, 0], [2, 0, 2, 2]])
@pytest.mark.parametrize("frames", range(8))
def test_feasible_says_whether_there_is_a_way(frames: int, columns: list[int]) -> None:
    labels = np.array(columns)
    assert feasible(frames, labels) == (next(ways(frames, labels), None) is not None)


def test_beyond_one_block_memory_is_far_below_frames_times_labels() -> None:
    frames, labels = 6_000, 600
    random = np.random.default_rng(0)
    lattice = Lattice(
        random.normal(size=(frames, 20)),
        random.integers(0, 20, labels),
        np.zeros((frames, 1)),
        np.ones(labels + 1, np.intp),
    )
    with patch.object(viterbi, "BLOCK", 2**14):
        tracemalloc.start()
        best_path(lattice)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < frames * 2 * labels * 8 / 10

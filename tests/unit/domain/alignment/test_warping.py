"""When each token starts, from what attention looks at."""

import tracemalloc
from collections.abc import Iterator
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asrcore.domain.alignment import warping
from asrcore.domain.alignment.warping import smoothed, token_starts, warp
from asrcore.domain.whisper.shape import FRAME

Cell = tuple[int, int]
STEPS = [(0, 1), (1, 1), (1, 0)]
"""Tokens and frames; the earlier is taken before the later where both are as cheap."""


def ways(tokens: int, frames: int) -> Iterator[list[Cell]]:
    """Every way from the first cell to the last."""
    unfinished = [[(0, 0)]]
    while unfinished:
        way = unfinished.pop()
        token, frame = way[-1]
        if way[-1] == (tokens - 1, frames - 1):
            yield way
        nexts = [(token + down, frame + on) for down, on in STEPS]
        unfinished += [[*way, cell] for cell in nexts if cell[0] < tokens and cell[1] < frames]


def best_of_all(cost: np.ndarray) -> list[int]:
    """The first frame of each token, by looking at every way there is."""

    def rank(way: list[Cell]) -> tuple[float, list[int]]:
        steps = [STEPS.index((b[0] - a[0], b[1] - a[1])) for a, b in pairwise(way)]
        return sum(float(cost[cell]) for cell in way), steps[::-1]

    way = min(ways(*cost.shape), key=rank)
    return [min(frame for token, frame in way if token == each) for each in range(len(cost))]


def cell_by_cell(cost: np.ndarray) -> list[int]:
    """The first frame of each token, by the recurrence as it is written down."""
    tokens, frames = cost.shape
    total = np.full((tokens + 1, frames + 1), np.inf, np.float32)
    total[0, 0] = 0
    for token, frame in product(range(tokens), range(frames)):
        before = [total[token + 1 - down, frame + 1 - on] for down, on in STEPS]
        total[token + 1, frame + 1] = cost[token, frame] + min(before)
    token, frame, first = tokens - 1, frames - 1, [0] * tokens
    while token or frame:
        first[token] = frame
        before = [total[token + 1 - down, frame + 1 - on] for down, on in STEPS]
        down, on = STEPS[before.index(min(before))]
        token, frame = token - down, frame - on
    return [0, *first[1:]]


@st.composite
def costs(draw: st.DrawFn, tokens: int, frames: int) -> np.ndarray:
    """Of few whole numbers, so that many ways are as cheap; or of as many as float32 has."""
    shape = draw(st.integers(1, tokens)), draw(st.integers(1, frames))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    most = draw(st.sampled_from([0, 1, 2, 9]))
    drawn = random.integers(-most, most + 1, shape) if most else random.normal(size=shape)
    return drawn.astype(np.float32)


@given(costs(tokens=5, frames=5))
@example(np.zeros((4, 4), np.float32))
def test_no_way_is_cheaper(cost: np.ndarray) -> None:
    whole = (cost * 64).round()  # such numbers add up exactly
    assert warp([whole])[0].tolist() == best_of_all(whole)


@given(st.lists(costs(tokens=12, frames=40), max_size=6))
def test_matrices_of_many_sizes_are_each_what_they_are_alone(batch: list[np.ndarray]) -> None:
    assert [first.tolist() for first in warp(batch)] == [cell_by_cell(cost) for cost in batch]


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (3, 2)])
def test_a_way_may_be_straight(shape: Cell) -> None:
    cost = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    assert warp([cost])[0].tolist() == cell_by_cell(cost)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_nothing_has_no_way(shape: Cell) -> None:
    with pytest.raises(ValueError, match="empty"):
        warp([np.zeros((2, 2), np.float32), np.zeros(shape, np.float32)])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        warp([np.array([[0, value], [0, 0]], np.float32)])


def test_it_takes_five_bytes_a_cell() -> None:
    batch = [np.zeros((100, 400), np.float32) for _ in range(8)]
    tracemalloc.start()
    warp(batch)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * 5 * 8 * 100 * 400


def test_the_network_finds_the_middle_of_any_seven() -> None:
    """What is right for all zeros and ones is right for all numbers (Knuth, volume 3, 5.3.4)."""
    rows = np.array(list(product([0, 1], repeat=7)), np.float32)
    np.testing.assert_array_equal(warping._median(rows)[:, 3], np.median(rows, axis=1))


def plainly_smoothed(weights: np.ndarray) -> np.ndarray:
    exact = weights.astype(np.float64)
    exact = (exact - exact.mean(axis=1, keepdims=True)) / exact.std(axis=1, keepdims=True)
    padded = np.pad(exact, ((0, 0), (0, 0), (3, 3)), "reflect")
    shifted = [padded[..., shift : shift + weights.shape[2]] for shift in range(7)]
    return np.median(shifted, axis=0).mean(axis=0)


@given(st.integers(1, 4), st.integers(2, 9), st.integers(4, 30), st.integers(0, 2**32))
def test_smoothing_is_what_is_published(heads: int, tokens: int, frames: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    weights = random.dirichlet(np.ones(frames), (heads, tokens)).astype(np.float32)
    found = smoothed(weights)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, plainly_smoothed(weights), atol=2e-4)


def test_where_all_tokens_look_alike_nothing_is_learnt() -> None:
    """One of two heads is the same for all tokens, but for how float32 rounds the mean."""
    telling = np.random.default_rng(0).dirichlet(np.ones(20), 11).astype(np.float32)
    even = np.repeat(telling[:1], 11, axis=0)
    even[:, :10] = 0
    assert even.std(axis=0).max() > 0
    found = smoothed(np.stack([telling, even]))
    np.testing.assert_allclose(found, plainly_smoothed(telling[np.newaxis]) / 2, atol=1e-4)
    np.testing.assert_array_equal(smoothed(even[np.newaxis]), np.zeros((11, 20)))


def looking(frames: list[int], length: int) -> np.ndarray:
    """Two heads that look at one frame for each token, and around it; to one of them it is far."""
    away = np.abs(np.array(frames)[:, np.newaxis] - np.arange(length))
    weights = np.exp(-np.stack([away, away / 4]))
    return (weights / weights.sum(axis=2, keepdims=True)).astype(np.float32)


def test_tokens_start_where_the_one_before_looks() -> None:
    """Three tokens of prompt, the last of which looks where the first of two tokens sounds."""
    one = looking([90, 5, 10, 40, 70, 2], 100)
    other = looking([30, 30, 4, 20, 30], 35)
    found, shorter = token_starts([one, other], prompt=3)
    np.testing.assert_allclose(found, [0, 25 * FRAME, 55 * FRAME], atol=2 * FRAME)
    np.testing.assert_allclose(shorter, [0, 12 * FRAME], atol=2 * FRAME)


def test_weights_that_are_no_numbers_are_refused() -> None:
    broken = looking([5, 10, 40, 70], 100)
    broken[0, 2, 7] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        token_starts([broken], prompt=1)

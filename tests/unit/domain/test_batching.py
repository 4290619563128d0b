from collections import Counter
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.batching import GRAIN, similar

durations = st.lists(st.floats(0.1, 30.0), max_size=70)
sizes = st.integers(1, 9)


@given(durations, sizes)
def test_every_chunk_is_in_one_batch_and_all_but_one_are_full(
    durations: list[float], size: int
) -> None:
    batches = similar(durations, size)
    assert Counter(place for batch in batches for place in batch) == Counter(range(len(durations)))
    short = [len(batch) for batch in batches if len(batch) != size]
    assert short == [len(durations) % size][: len(durations) % size]


@given(durations, sizes)
def test_lengths_of_two_batches_do_not_mix(durations: list[float], size: int) -> None:
    """But for chunks that count as equally long."""
    lengths = [[durations[place] for place in batch] for batch in similar(durations, size)]
    by_length = sorted(lengths, key=lambda batch: sum(batch) / len(batch))
    for shorter, longer in pairwise(by_length):
        assert max(shorter) <= min(longer) + GRAIN


@given(durations, sizes)
def test_the_oldest_goes_first_and_a_batch_keeps_its_order(
    durations: list[float], size: int
) -> None:
    batches = similar(durations, size)
    assert all(batch == sorted(batch) for batch in batches)
    assert [batch[0] for batch in batches] == sorted(batch[0] for batch in batches)


@given(st.lists(st.floats(26.5, 29.5), max_size=70), sizes)
def test_a_long_recording_stays_in_order(durations: list[float], size: int) -> None:
    assert [*chain.from_iterable(similar(durations, size))] == list(range(len(durations)))


@pytest.mark.parametrize(
    ("durations", "batches"),
    [
        ([3, 29, 3, 29, 3, 29], [[0, 2, 4], [1, 3, 5]]),
        # What is over is short: four steps of 29 s of text would be longer than three and one of 3.
        ([29, 3, 29, 3, 29, 29], [[0, 2, 4], [1, 3, 5]]),
        ([3, 29, 29, 29], [[0], [1, 2, 3]]),
    ],
)
def test_short_and_long_ones_meet_their_like(durations: list, batches: list) -> None:
    assert similar(durations, 3) == batches

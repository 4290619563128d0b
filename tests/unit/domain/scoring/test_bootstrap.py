import random

import pytest

from asrcore.domain.scoring.bootstrap import FEW, Difference, paired_bootstrap
from asrcore.domain.scoring.measures import Deviations, Rate


def wer(*errors, total=20):
    return [Rate(each, total) for each in errors]


def test_equal_systems_differ_by_nothing():
    measures = wer(1, 5, 0, 3, 9)
    assert paired_bootstrap(measures, measures) == Difference(0.0, 0.0, 0.0, 5)
    assert paired_bootstrap(measures * 2, measures * 2).significant is False


def test_luck_is_no_difference():
    """Each is better on half of the recordings."""
    found = paired_bootstrap(wer(*[1, 3] * 5, 2), wer(*[3, 1] * 5, 3))
    assert found.value == pytest.approx(1 / 220)
    assert found.low < 0 < found.high
    assert found.significant is False


def test_few_recordings_decide_nothing():
    """Two equal systems, of which one happened to have the luck on all three recordings."""
    found = paired_bootstrap(wer(4, 6, 5), wer(3, 4, 4))
    assert found.low <= found.high < 0, "the interval leaves out zero"
    assert found.significant is None


@pytest.mark.parametrize(("recordings", "significant"), [(FEW - 1, None), (FEW, True)])
def test_from_how_many_recordings_on_there_is_a_verdict(recordings, significant):
    found = paired_bootstrap(wer(*[4] * recordings), wer(*[1] * recordings))
    assert found.significant is significant


def test_a_system_that_is_always_better_gains():
    generator = random.Random(1)
    before = [generator.randint(4, 12) for _ in range(30)]
    found = paired_bootstrap(wer(*before), wer(*(each - 3 for each in before)))
    assert found == Difference(pytest.approx(-0.15), pytest.approx(-0.15), pytest.approx(-0.15), 30)
    assert found.significant
    assert paired_bootstrap(wer(*(each - 3 for each in before)), wer(*before)).significant


def test_recordings_are_drawn_in_pairs():
    """They differ by far more than the systems do: drawn apart, the interval would hold zero."""
    before = [Rate(errors, 100) for errors in range(5, 95, 3)]
    after = [Rate(errors - 2 + errors % 2, 100) for errors in range(5, 95, 3)]
    found = paired_bootstrap(before, after)
    assert found.low <= found.value <= found.high < 0


def test_the_interval_is_what_the_binomial_says():
    """One error or none on each of 100 recordings: 50 +- 1.96 * 5 of them lost by the second."""
    found = paired_bootstrap(wer(*[0] * 100, total=1), wer(*[0, 1] * 50, total=1), rounds=4000)
    assert found.value == 0.5
    assert (found.low, found.high) == pytest.approx((0.402, 0.598), abs=0.011)


def test_one_seed_one_answer():
    systems = wer(*range(40), total=41), wer(*range(0, 80, 2), total=97)
    assert paired_bootstrap(*systems) == paired_bootstrap(*systems)
    assert paired_bootstrap(*systems, seed=1) != paired_bootstrap(*systems)


def test_where_nothing_can_be_told_there_is_no_difference():
    assert paired_bootstrap([], []) is None
    assert paired_bootstrap([Rate(1, 0)], [Rate(0, 0)]) is None
    assert paired_bootstrap([Deviations([0.1])], [Deviations([])]) is None


def test_draws_of_nothing_are_left_out():
    """Half of the draws of two hold the first recording alone, which has no rate, or both."""
    found = paired_bootstrap([Rate(0, 0), Rate(1, 2)], [Rate(0, 0), Rate(2, 2)])
    assert found == Difference(0.5, 0.5, 0.5, 2)


def test_what_does_not_pair_up_is_refused():
    with pytest.raises(ValueError, match="2 and 1 measures do not pair up"):
        paired_bootstrap(wer(1, 2), wer(1))

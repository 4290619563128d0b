import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.scoring.measures import Deviations, Rate, pool

counts = st.integers(0, 50)
rates = st.builds(lambda errors, total: Rate(errors, total, {"errors": errors}), counts, counts)
deviations = st.builds(
    Deviations, st.lists(st.floats(-2, 2, allow_subnormal=False), max_size=9), counts
)


def test_a_rate_is_errors_over_total():
    rate = Rate(3, 12, {"insertions": 1, "deletions": 2})
    assert rate.value == 0.25
    assert rate.figures == {
        "rate": 0.25,
        "errors": 3,
        "total": 12,
        "insertions": 1,
        "deletions": 2,
    }


def test_of_nothing_there_is_no_rate():
    assert Rate(2, 0).value is None
    assert Rate(0, 0).figures["rate"] is None


def test_rates_pool_by_their_totals_not_as_a_mean():
    """1 of 2 and 0 of 8 are 1 of 10; what is inserted where nothing was said counts, too."""
    pooled = pool([Rate(1, 2, {"hits": 1}), Rate(0, 8, {"hits": 8}), Rate(4, 0, {"insertions": 4})])
    assert pooled == Rate(5, 10, {"hits": 9, "insertions": 4})
    assert pooled.value == 0.5


def test_figures_of_deviations():
    """Distances 0.01, 0.04, 0.06, 0.12, 0.3: the fourth of five steps to p90 is 0.6 of the way."""
    found = Deviations([0.06, -0.01, 0.3, -0.04, 0.12], unmatched=2)
    assert found.value == pytest.approx(0.06)
    assert found.figures == pytest.approx(
        {
            "median": 0.06,
            "p90": 0.12 + 0.6 * (0.3 - 0.12),
            "bias": 0.06,
            "over_50ms": 0.6,
            "over_100ms": 0.4,
            "over_200ms": 0.2,
            "words": 5,
            "unmatched": 2,
        }
    )


def test_the_bias_tells_early_from_late():
    early = Deviations([-0.1, -0.2, -0.3])
    assert (early.value, early.figures["bias"]) == (pytest.approx(0.2), pytest.approx(-0.2))


def test_what_lies_at_a_limit_is_not_beyond_it():
    assert Deviations([0.05, -0.05, 0.2]).figures["over_50ms"] == pytest.approx(1 / 3)
    assert Deviations([0.05, -0.05, 0.2]).figures["over_200ms"] == 0


def test_where_nothing_matched_there_is_nothing_to_tell():
    found = Deviations([], 3)
    assert found.value is None
    counted = {name: figure for name, figure in found.figures.items() if figure is not None}
    assert counted == {"words": 0, "unmatched": 3}


def test_deviations_pool_into_one_distribution():
    pooled = pool([Deviations([0.1, 0.2], 1), Deviations([]), Deviations([-0.3], 4)])
    assert pooled == Deviations([0.1, 0.2, -0.3], 5)
    assert pooled.value == pytest.approx(0.2)


@given(st.lists(rates, min_size=1, max_size=4), st.lists(rates, min_size=1, max_size=4))
def test_rates_pool_the_same_in_steps(first, second):
    assert pool([pool(first), pool(second)]).figures == pool([*first, *second]).figures


@given(st.lists(deviations, min_size=1, max_size=4), st.lists(deviations, min_size=1, max_size=4))
def test_deviations_pool_the_same_in_steps(first, second):
    assert pool([pool(first), pool(second)]).figures == pool([*first, *second]).figures

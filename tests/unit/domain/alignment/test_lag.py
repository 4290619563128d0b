import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.alignment.lag import estimate_lag
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word


def said(*starts: float, score: float | None = 0.9) -> list[Word]:
    return [Word("word", TimeSpan(start, start + 0.2), score) for start in starts]


TRUTH = said(*(1.0 + index for index in range(10)), score=None)


def late(seconds: float, score: float | None = 0.9) -> list[Word]:
    return said(*(1.0 + index + seconds for index in range(10)), score=score)


@pytest.mark.parametrize("seconds", [0.04, -0.03, 0.0])
def test_the_lag_is_found_late_or_early(seconds: float) -> None:
    assert estimate_lag([(TRUTH, late(seconds))]) == pytest.approx(seconds)


def test_a_few_words_that_went_astray_make_no_difference() -> None:
    found = [*late(0.04)[:-4], *said(0.0, 30.0, 0.5, 60.0)]
    assert estimate_lag([(TRUTH, found)]) == pytest.approx(0.04)


def test_all_speech_counts_together() -> None:
    pairs = [(TRUTH[:4], late(0.02)[:4]), (TRUTH[4:], late(0.02)[4:])]
    assert estimate_lag(pairs) == pytest.approx(0.02)


@pytest.mark.parametrize("pairs", [[], [([], [])], [(TRUTH[1:], late(0.5)[1:])]])
def test_too_little_speech_tells_nothing(pairs: list) -> None:
    assert estimate_lag(pairs) == 0.0


@pytest.mark.parametrize("score", [None, 0.0, 0.49])
def test_unsure_words_tell_nothing(score: float | None) -> None:
    assert estimate_lag([(TRUTH, late(0.5, score))]) == 0.0
    mixed = [(TRUTH, late(0.5, score)), (TRUTH, late(0.02, 0.5)), (TRUTH, late(0.5, score))]
    assert estimate_lag(mixed) == pytest.approx(0.02)


def test_words_without_a_time_tell_nothing() -> None:
    untimed = [Word("word", None, 0.9)] * 10
    assert estimate_lag([(TRUTH, untimed), (untimed, TRUTH)]) == 0.0


def test_other_words_than_were_said_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        estimate_lag([(TRUTH, TRUTH[1:])])


@given(st.lists(st.floats(-0.5, 0.5), min_size=10, max_size=40))
def test_half_of_the_words_are_at_least_as_late_and_half_at_most(lags: list[float]) -> None:
    known = said(*(1.0 + index for index in range(len(lags))))
    found = said(*(1.0 + index + lag for index, lag in enumerate(lags)))
    lag = estimate_lag([(known, found)])
    assert sum(each >= lag - 1e-9 for each in lags) * 2 >= len(lags)
    assert sum(each <= lag + 1e-9 for each in lags) * 2 >= len(lags)

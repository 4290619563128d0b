import pytest

from asrcore.domain.whisper.fallback import with_fallback
from asrcore.domain.whisper.judging import Decoded, Thresholds, compression_ratio

GOOD, UNLIKELY, LOOP = (-0.3, 0.0, 1.2), (-1.5, 0.0, 1.2), (-0.1, 0.0, 9.0)


DEFAULTS = Thresholds()


def decode(*rows, temperatures, limits=DEFAULTS):
    """Each row is a mapping temperature -> (log-probability, silence, compression)."""
    asked = []

    def answer(failing, temperature):
        asked.append((temperature, list(failing)))
        return [
            Decoded((row,), mean, silence, ratio, temperature)
            for row in failing
            for mean, silence, ratio in [rows[row][temperature]]
        ]

    return with_fallback(len(rows), temperatures, limits, answer), asked


@pytest.mark.parametrize(
    ("first", "limits", "taken"),
    [
        (GOOD, {}, 0.0),
        (UNLIKELY, {}, 0.4),
        (UNLIKELY, {"log_prob": None}, 0.0),
        (UNLIKELY, {"log_prob": -2.0}, 0.0),
        (LOOP, {}, 0.4),
        (LOOP, {"compression_ratio": None}, 0.0),
        (LOOP, {"compression_ratio": 50.0}, 0.0),
        ((-1.5, 0.9, 1.2), {}, 0.0),
        ((-1.5, 0.9, 1.2), {"no_speech": None}, 0.4),
        ((-1.5, 0.9, 1.2), {"no_speech": 0.95}, 0.4),
        ((-0.3, 0.9, 1.2), {}, 0.0),
        ((-1.5, 0.9, 9.0), {}, 0.0),
        ((-0.3, 0.9, 9.0), {"log_prob": None}, 0.0),
    ],
)
def test_each_threshold_decides_whether_the_next_temperature_is_tried(first, limits, taken):
    row = {0.0: first, 0.4: GOOD}
    (found,), asked = decode(row, temperatures=[0.0, 0.4], limits=Thresholds(**limits))
    assert found.temperature == taken
    assert len(asked) == (1 if taken == 0.0 else 2)


def test_only_rows_that_failed_are_decoded_again():
    rows = [
        {0.0: GOOD},
        {0.0: LOOP, 0.4: UNLIKELY, 0.8: GOOD},
        {0.0: UNLIKELY, 0.4: GOOD},
    ]
    found, asked = decode(*rows, temperatures=[0.0, 0.4, 0.8])
    assert asked == [(0.0, [0, 1, 2]), (0.4, [1, 2]), (0.8, [1])]
    assert [each.temperature for each in found] == [0.0, 0.8, 0.4]
    assert [each.tokens for each in found] == [(0,), (1,), (2,)]


def test_where_all_fail_the_likeliest_that_does_not_repeat_itself_is_kept():
    row = {0.0: LOOP, 0.2: (-2.0, 0.0, 1.2), 0.4: (-1.5, 0.0, 1.2), 0.6: (-1.8, 0.0, 1.2)}
    (found,), _ = decode(row, temperatures=[0.0, 0.2, 0.4, 0.6])
    assert found.temperature == 0.4
    (found,), _ = decode({0.0: LOOP, 0.2: (-0.05, 0.0, 9.0)}, temperatures=[0.0, 0.2])
    assert found.temperature == 0.2


def test_nothing_is_asked_for_no_rows():
    assert decode(temperatures=[0.0, 0.2]) == ([], [])


def test_repetition_compresses():
    assert compression_ratio("never again " * 40) > 10
    assert compression_ratio("never again") < 1.5
    assert compression_ratio("") == 0
    assert compression_ratio("ab") == pytest.approx(2 / 10)

import pytest

from asrcore.domain.diarization import Diarization, SpeakerCount, SpeakerTurn
from asrcore.domain.timespan import TimeSpan


def turn(start: float, end: float, speaker: str) -> SpeakerTurn:
    return SpeakerTurn(TimeSpan(start, end), speaker)


def test_turns_are_in_order_of_time_however_they_came() -> None:
    first, second, third = turn(0, 1, "B"), turn(0, 2, "A"), turn(1, 2, "A")
    assert Diarization((third, first, second)).turns == (first, second, third)
    assert Diarization([third, first]).turns == (first, third)


def test_speakers_are_in_order_of_first_appearance() -> None:
    assert Diarization((turn(5, 6, "A"), turn(0, 9, "B"), turn(7, 8, "B"))).speakers == ("B", "A")
    assert Diarization().speakers == ()


@pytest.mark.parametrize("bounds", [(None, None), (1, None), (None, 1), (2, 2), (2, 5)])
def test_speaker_counts_may_be_open_equal_or_a_range(bounds: tuple) -> None:
    count = SpeakerCount(*bounds)
    assert (count.minimum, count.maximum) == bounds


@pytest.mark.parametrize("bounds", [(0, None), (None, 0), (-1, 2), (3, 2)])
def test_speaker_counts_that_nobody_can_meet_are_refused(bounds: tuple) -> None:
    with pytest.raises(ValueError, match=f"not from {bounds[0]} to {bounds[1]}"):
        SpeakerCount(*bounds)

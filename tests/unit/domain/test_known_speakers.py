import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.known_speakers import identify

EAST, NORTH, WEST = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)
NORTH_EAST = (1.0, 1.0)


def at(degrees: float, length: float = 1.0) -> tuple[float, float]:
    return (length * math.cos(math.radians(degrees)), length * math.sin(math.radians(degrees)))


def test_a_speaker_gets_the_name_of_the_voice_nearest_in_angle() -> None:
    known = {"Ann": at(0), "Bob": at(90, 7.0)}
    assert identify({"S0": at(80, 0.1), "S1": at(10, 100.0)}, known, 0.5) == {
        "S0": "Bob",
        "S1": "Ann",
    }


@pytest.mark.parametrize(("least", "found"), [(0.5, {"S0": "Ann"}), (0.500001, {})])
def test_voices_less_similar_than_asked_are_nobodys(least: float, found: dict[str, str]) -> None:
    assert identify({"S0": at(60)}, {"Ann": at(0)}, least) == found


def test_a_voice_is_as_similar_to_itself_as_can_be() -> None:
    voice = (0.1, 0.2, 0.3)
    assert identify({"S0": voice}, {"Ann": voice}, 1.0) == {"S0": "Ann"}
    assert identify({"S0": EAST}, {"Ann": WEST}, -1.0) == {"S0": "Ann"}


def test_the_most_similar_pair_comes_first_and_the_next_best_gets_who_is_left() -> None:
    voices = {"S0": at(20), "S1": at(5)}
    assert identify(voices, {"Ann": at(0)}, 0.5) == {"S1": "Ann"}
    assert identify(voices, {"Ann": at(0), "Bob": at(70)}, 0.5) == {"S1": "Ann", "S0": "Bob"}


def test_one_speaker_has_one_name() -> None:
    assert identify({"S0": at(0)}, {"Ann": at(10), "Bob": at(5)}, 0.0) == {"S0": "Bob"}


@pytest.mark.parametrize("reverse", [False, True])
def test_of_equals_the_first_by_name_is_taken_however_they_come(reverse: bool) -> None:
    def ordered(*items: tuple[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        return dict(items[::-1] if reverse else items)

    assert identify(
        ordered(("S0", EAST), ("S1", EAST)), ordered(("Ann", EAST), ("Bob", EAST)), 0.5
    ) == {"S0": "Ann", "S1": "Bob"}
    assert identify({"S0": NORTH_EAST}, ordered(("Ann", EAST), ("Bob", NORTH)), 0.5) == {
        "S0": "Ann"
    }


@pytest.mark.parametrize("voice", [(), (0.0, 0.0), (math.nan, 1.0), (math.inf, 1.0)])
def test_a_voice_without_direction_is_nobodys(voice: tuple[float, ...]) -> None:
    assert identify({"S0": voice, "S1": EAST}, {"Ann": EAST}, -1.0) == {"S1": "Ann"}
    assert identify({"S0": EAST}, {"Ann": voice, "Bob": WEST}, -1.0) == {"S0": "Bob"}


def test_nobody_is_found_among_none() -> None:
    assert identify({}, {"Ann": EAST}, 0.5) == identify({"S0": EAST}, {}, 0.5) == {}


@pytest.mark.parametrize(
    ("voices", "known"),
    [({"S0": EAST}, {"Ann": (1.0, 0.0, 0.0)}), ({"S0": EAST, "S1": (1.0, 0.0, 0.0)}, {})],
)
def test_voices_of_different_models_are_refused(voices: dict, known: dict) -> None:
    with pytest.raises(ValueError, match=r"not S0's 2 and (Ann|S1)'s 3"):
        identify(voices, known, 0.5)


VOICES = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(*[st.integers(-3, 3).map(float)] * 2), max_size=6
)


@given(VOICES, VOICES, st.floats(-1, 1))
def test_everybody_is_named_once_and_nobody_is_left_who_could_be(
    voices: dict, known: dict, least: float
) -> None:
    found = identify(voices, known, least)
    assert len(set(found.values())) == len(found)
    for speaker in voices.keys() - found.keys():
        for name in known.keys() - found.values():
            assert not _cosine(voices[speaker], known[name]) > least + 1e-6
    for speaker, name in found.items():
        assert _cosine(voices[speaker], known[name]) >= least - 1e-6


def _cosine(one: tuple[float, float], other: tuple[float, float]) -> float:
    angle = math.atan2(one[1], one[0]) - math.atan2(other[1], other[0])
    return math.cos(angle) if any(one) and any(other) else math.nan

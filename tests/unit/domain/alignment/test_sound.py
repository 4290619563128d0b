from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.alignment.sound import LEAST_TAIL, Loudness
from asrcore.domain.audio import SAMPLE_RATE, Samples

RANDOM = np.random.default_rng(0)
LENGTH = 2.0
"""Of all sounds here, in seconds."""


def tone(*spans: tuple[float, float], pitch: float = 220.0, loud: float = 0.3) -> Samples:
    """A sound of `LENGTH` seconds in which a tone sounds in these spans, and nothing else."""
    time = np.arange(round(LENGTH * SAMPLE_RATE)) / SAMPLE_RATE
    sounding = np.any([(start <= time) & (time < end) for start, end in spans], axis=0)
    return (loud * sounding * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def noise(loud: float) -> Samples:
    return RANDOM.normal(0, loud, round(LENGTH * SAMPLE_RATE)).astype(np.float32)


WORD = (0.5, 0.8)
"""A word of 300 ms, whose last label is heard at 0.66 s."""


def end(samples: Samples, last: float = 0.66, limit: float = LENGTH) -> float:
    return Loudness.of(samples).end(WORD[0], last, limit)


@pytest.mark.parametrize(
    ("pitch", "loud", "background"),
    [
        *product([120.0, 440.0, 3000.0], [0.1, 0.5], [0.0, 1e-4, 1e-3]),
        (440.0, 0.5, 0.01),
        (3000.0, 0.1, 0.01),
    ],
)
def test_a_word_ends_where_its_tone_does(pitch: float, loud: float, background: float) -> None:
    sound = tone(WORD, pitch=pitch, loud=loud) + noise(background)
    assert end(sound) == pytest.approx(0.8, abs=0.015)


@pytest.mark.parametrize("last", [0.5, 0.6, 0.7, 0.74])
def test_the_place_of_the_last_label_makes_no_difference(last: float) -> None:
    assert end(tone(WORD), last) == pytest.approx(0.8, abs=0.015)


@pytest.mark.parametrize("limit", [0.9, 1.2, 1.6])
def test_the_next_word_is_not_heard_as_part_of_this_one(limit: float) -> None:
    sound = tone(WORD, (limit, LENGTH)) + noise(1e-4)
    assert end(sound, limit=limit) == pytest.approx(0.8, abs=0.015)


@pytest.mark.parametrize("dip", [0.02, 0.04, 0.06, 0.08])
def test_a_short_dip_ends_no_word(dip: float) -> None:
    sound = tone((0.5, 0.7), (0.7 + dip, 0.9)) + noise(1e-4)
    assert end(sound) == pytest.approx(0.9, abs=0.015)


def test_a_long_silence_does_even_where_something_sounds_behind_it() -> None:
    sound = tone(WORD, (1.1, 1.3)) + noise(1e-4)
    assert end(sound) == pytest.approx(0.8, abs=0.015)


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.04, 0.058])
def test_a_pause_of_less_than_60_ms_is_none(pause: float) -> None:
    limit = 0.8 + pause
    assert end(tone(WORD, (limit, LENGTH)) + noise(1e-4), limit=limit) == limit
    assert end(tone(WORD) + noise(1e-4), limit=limit) == limit


@pytest.mark.parametrize("pitch", [220.0, 1000.0])
def test_sound_that_never_falls_lasts_until_the_next_word(pitch: float) -> None:
    assert end(tone((0.0, LENGTH), pitch=pitch), limit=1.5) == 1.5


def test_a_word_that_dies_away_ends_when_its_level_has_fallen_by_seven_tenths() -> None:
    time = np.arange(round(LENGTH * SAMPLE_RATE)) / SAMPLE_RATE
    decibels = np.clip((0.8 - time) / 0.005, -60.0, 0.0)  # 60 dB in 300 ms
    sound = tone((0.5, LENGTH), pitch=1000.0) * 10 ** (decibels / 20)
    assert end(sound.astype(np.float32)) == pytest.approx(0.8 + 0.7 * 0.3, abs=0.015)


def test_a_word_that_is_hardly_heard_lasts_a_moment_from_its_last_label() -> None:
    assert end(tone((0.5, 0.66)) + noise(1e-4), last=0.7) == pytest.approx(0.75)


@pytest.mark.parametrize("quiet", [0.09, 0.4, 1.16])
def test_where_silence_follows_the_last_label_at_once_the_next_sound_is_another_word(
    quiet: float,
) -> None:
    levels = np.full(400, -80.0)
    levels[100:132] = -20.0
    next_word = round((0.66 + quiet) / 0.005)
    levels[next_word:] = -20.0
    assert Loudness(levels, -80.0).end(0.5, 0.66, 0.66 + 1.2) == pytest.approx(0.66 + LEAST_TAIL)


def test_a_sound_that_sets_in_within_80_ms_of_the_last_label_is_still_its_own() -> None:
    levels = np.full(400, -80.0)
    levels[100:132], levels[148:160] = -20.0, -20.0
    assert Loudness(levels, -80.0).end(0.5, 0.66, 1.86) == pytest.approx(159 * 0.005)


def test_a_word_of_which_nothing_is_loud_behind_its_last_label_lasts_a_moment() -> None:
    levels = np.full(400, -80.0)
    levels[100:120] = -20.0
    assert Loudness(levels, -80.0).end(0.5, 0.66, 1.86) == pytest.approx(0.66 + LEAST_TAIL)


@pytest.mark.parametrize("length", [0, 1, 79, 80, 81])
def test_very_short_sounds_have_a_loudness(length: int) -> None:
    loudness = Loudness.of(np.zeros(length, np.float32))
    assert len(loudness.levels) == -(-length // 80)
    assert loudness.end(0.0, 0.0, 0.005) == 0.005


def test_levels_are_decibels_of_power_every_5_ms() -> None:
    levels = Loudness.of(tone((0.0, LENGTH), pitch=3000.0, loud=0.3)).levels
    louder = Loudness.of(tone((0.0, LENGTH), pitch=3000.0, loud=0.6)).levels
    assert len(levels) == LENGTH / 0.005
    assert louder - levels == pytest.approx(20 * np.log10(2), abs=0.01)


@pytest.mark.parametrize("hop", [2, 40, 200, 397])
def test_a_level_is_that_of_the_10_ms_on_either_side_with_high_frequencies_raised(hop: int) -> None:
    samples = noise(0.1)
    raised = samples[1:] - 0.97 * samples[:-1]
    around = raised[hop * 80 - 161 : hop * 80 + 159] if hop > 2 else raised[: hop * 80 + 159]
    level = 10 * np.log10(np.sum(np.square(around)) / 320)
    assert Loudness.of(samples).levels[hop] == pytest.approx(level, abs=0.01)


def test_times_beyond_the_sound_are_taken_for_its_end() -> None:
    assert Loudness.of(tone((0.0, LENGTH))).end(1.9, 2.1, 2.3) == pytest.approx(2.3, abs=0.16)


@given(
    st.lists(st.floats(0, 2.5), min_size=3, max_size=3).map(sorted),
    st.sampled_from([np.zeros(0, np.float32), tone(WORD), tone(WORD) + noise(0.01)]),
)
def test_the_end_lies_between_the_last_label_and_the_limit(times: list, sound: Samples) -> None:
    start, last, limit = times
    assert last <= Loudness.of(sound).end(start, last, limit) <= limit

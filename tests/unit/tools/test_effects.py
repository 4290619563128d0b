"""Effects do what they state and move nothing in time."""

from functools import partial

import numpy as np
import pytest
from scipy import signal

from tools.synthetic import effects
from tools.synthetic.speech import SAMPLE_RATE

LENGTH = 3 * SAMPLE_RATE + 1  # odd, so that halving the rate could lose a sample


@pytest.fixture
def active():
    where = np.zeros(LENGTH, np.bool_)
    where[SAMPLE_RATE // 2 : SAMPLE_RATE] = where[2 * SAMPLE_RATE : 5 * SAMPLE_RATE // 2] = True
    return where


@pytest.fixture
def speech(active, rng):
    """Two bursts within the telephone's band, at -20 dB."""
    band = signal.butter(4, (500, 2500), "band", fs=SAMPLE_RATE, output="sos")
    sound = signal.sosfiltfilt(band, rng.standard_normal(LENGTH)) * active
    return (0.1 * sound / np.sqrt(np.mean(sound[active] ** 2))).astype(np.float32)


def with_noise(speech, active, rng, kind="pink", ratio=10.0):
    return effects.with_noise(speech, getattr(effects, kind)(LENGTH, rng), ratio, active)


def in_room(speech, active, rng):
    return effects.with_reverberation(speech, rt60=0.6, direct_to_reverberant=3.0, rng=rng)


CHANGES = {
    "white": partial(with_noise, kind="white"),
    "pink": partial(with_noise, kind="pink"),
    "music": partial(with_noise, kind="music"),
    "room": in_room,
    "telephone": lambda speech, active, rng: effects.telephone(speech),
    "quiet": lambda speech, active, rng: effects.amplified(speech, -35.0),
}


def lag(before, after):
    """Samples by which `after` is late, where both agree best."""
    return int(np.argmax(signal.correlate(after, before, method="fft"))) - len(before) + 1


def share_in(sound, low, high):
    """The part of a sound's power between two frequencies in hertz."""
    hertz, power = signal.periodogram(sound, SAMPLE_RATE)
    return power[(hertz >= low) & (hertz <= high)].sum() / power.sum()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_nothing_moves_in_time(change, speech, active, rng):
    changed = change(speech, active, rng)
    assert changed.dtype == np.float32
    assert changed.shape == speech.shape
    assert not np.array_equal(changed, speech)
    assert lag(speech, changed) == 0


def test_a_late_effect_would_be_noticed(speech):
    assert lag(speech, np.roll(speech, 3)) == 3


@pytest.mark.parametrize("kind", ["white", "pink", "music"])
@pytest.mark.parametrize("ratio", [5.0, 25.0])
def test_noise_is_as_far_below_the_speech_as_stated(kind, ratio, speech, active, rng):
    noise = with_noise(speech, active, rng, kind, ratio) - speech
    assert effects.level(speech[active]) - effects.level(noise) == pytest.approx(ratio, abs=0.01)


def test_silence_between_words_does_not_change_the_ratio(speech, active, rng):
    noisy = with_noise(speech, active, rng, "white", 10.0)
    assert effects.level(noisy[~active]) == pytest.approx(-30.0, abs=0.2)


def test_a_ratio_needs_somebody_who_speaks(speech, active, rng):
    with pytest.raises(ValueError, match="needs speech"):
        with_noise(speech, ~active & active, rng)


def test_pink_noise_is_as_strong_in_every_octave(rng):
    noise = effects.pink(20 * SAMPLE_RATE, rng)
    low, high = share_in(noise, 100, 200), share_in(noise, 3200, 6400)
    assert low == pytest.approx(high, rel=0.15)
    assert effects.level(noise) == pytest.approx(0.0, abs=0.3)


def test_noise_goes_on_where_its_loop_ends(rng):
    noise = effects.pink(effects.NOISE_LOOP + 1000, rng)
    assert np.array_equal(noise[effects.NOISE_LOOP :], noise[:1000])
    seam = np.abs(np.diff(noise[effects.NOISE_LOOP - 2 : effects.NOISE_LOOP + 2]))
    assert seam.max() < 6 * np.abs(np.diff(noise)).std()


def test_babble_is_everybody_at_once_and_equally_loud(speech, rng):
    crowd = effects.babble([speech, 10 * speech, 0.1 * speech], 2 * LENGTH, rng)
    assert crowd.shape == (2 * LENGTH,)
    assert crowd.dtype == np.float32
    assert effects.level(crowd) == pytest.approx(0.0, abs=1.5)


def test_a_rooms_answer_decays_as_stated(rng):
    answer = effects.room(0.5, 4.0, rng)
    assert answer[0] == np.abs(answer).max() == 1.0
    assert 10 * np.log10(1 / np.sum(answer[1:] ** 2)) == pytest.approx(4.0, abs=0.01)
    left = np.cumsum(answer[:0:-1] ** 2)[::-1]  # energy still to come (Schroeder)
    fall = 10 * np.log10(left / left[0])
    time = np.arange(1, len(answer)) / SAMPLE_RATE
    slope = np.polyfit(time[(fall < -5) & (fall > -25)], fall[(fall < -5) & (fall > -25)], 1)[0]
    assert -60.0 / slope == pytest.approx(0.5, rel=0.1)


def test_a_room_sounds_on_after_the_speech(speech, active, rng):
    after = slice(SAMPLE_RATE + 800, SAMPLE_RATE + 1600)
    assert not speech[after].any()
    assert effects.level(in_room(speech, active, rng)[after]) > -50.0


def test_a_telephone_keeps_its_band_alone(rng):
    heard = effects.telephone(0.1 * effects.white(LENGTH, rng))
    assert share_in(heard, 300, 3400) > 0.99
    assert share_in(heard, 0, 200) < 0.001
    assert share_in(heard, 4100, 8000) < 0.001


def test_a_telephone_keeps_what_is_in_its_band_but_for_its_steps(speech, active):
    error = effects.telephone(speech) - speech
    ratio = effects.level(speech[active]) - effects.level(error[active])
    assert 25.0 < ratio < 45.0  # mu-law gives some 37 dB


def test_levels_change_by_what_is_stated(speech):
    assert effects.level(effects.amplified(speech, -35.0)) == pytest.approx(
        effects.level(speech) - 35.0, abs=1e-3
    )


def test_only_what_would_clip_is_turned_down(speech):
    assert effects.within_full_scale(speech) is speech
    assert np.abs(effects.within_full_scale(50 * speech)).max() == pytest.approx(0.98)

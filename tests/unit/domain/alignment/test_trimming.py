"""Silence beside a word is left out of its span."""

import numpy as np
import pytest

from asrcore.domain.alignment.sound import Loudness
from asrcore.domain.alignment.trimming import sounding
from asrcore.domain.timespan import TimeSpan
from asrcore.testing import silence, tone


def loudness(*stretches):
    """Tones between two moments in two seconds of faint noise."""
    samples = np.random.default_rng(0).normal(0, 1e-4, 32_000).astype(np.float32)
    for start, end in stretches:
        first, stop = round(start * 16_000), round(end * 16_000)
        samples[first:stop] += tone(2.0)[first:stop]
    return Loudness.of(samples)


@pytest.mark.parametrize("word", [(0.5, 0.9), (0.0, 0.4), (1.5, 2.0)])
def test_silence_on_either_side_goes(word):
    found = sounding(loudness(word), TimeSpan(0.0, 2.0))
    assert (found.start, found.end) == pytest.approx(word, abs=0.02)


def test_a_short_silence_stays():
    span = TimeSpan(0.46, 0.94)
    assert sounding(loudness((0.5, 0.9)), span) == span


def test_a_dip_within_a_word_stays():
    found = sounding(loudness((0.5, 0.7), (0.76, 0.9)), TimeSpan(0.0, 2.0))
    assert (found.start, found.end) == pytest.approx((0.5, 0.9), abs=0.02)


def test_of_two_sounds_the_one_with_more_is_the_word():
    found = sounding(loudness((0.2, 0.3), (0.8, 1.3)), TimeSpan(0.0, 2.0))
    assert (found.start, found.end) == pytest.approx((0.8, 1.3), abs=0.02)


def test_faint_noise_is_no_sound_where_there_is_perfect_silence_too():
    noise = np.random.default_rng(0).normal(0, 3e-4, 8_000).astype(np.float32)
    samples = np.concatenate([silence(0.5), noise, tone(0.3)])
    found = sounding(Loudness.of(samples), TimeSpan(0.0, 1.3))
    assert found.start == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("span", [TimeSpan(0.5, 0.5), TimeSpan(5.0, 6.0)])
def test_where_nothing_is_measured_the_span_stays(span):
    assert sounding(loudness((0.5, 0.9)), span) == span


def test_a_span_of_even_sound_stays():
    silent = Loudness(np.full(400, -100.0), -100.0)
    assert sounding(silent, TimeSpan(0.2, 0.8)) == TimeSpan(0.2, 0.8)

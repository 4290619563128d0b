"""What a room, a line or other people do to sound. Nothing here moves anything in time.

All samples are float32 of shape (n,), 16 kHz, full scale at -1 and 1; what comes back is as long
as what went in, and a sound is where it was: filters are symmetric and their delay is taken out,
and a room's answer begins with the direct sound. Levels and ratios are in decibels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from tools.synthetic.speech import SAMPLE_RATE

Samples: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.bool_]

LINE = (300.0, 3400.0)
"""The band of a telephone line, hertz."""

LINE_TAPS = 401
"""Length of the line's filter: 130 Hz from band to silence."""

MU = 255.0
"""Of the mu-law, ITU-T G.711: eight bits a sample, finer steps where it is quiet."""

FIRST_ECHO = 0.0025
"""Seconds from the direct sound to the first reflection; a wall at less than half a metre."""

NOISE_LOOP = 2**20
"""Samples after which noise repeats itself, seamlessly: 65 s."""

SCALE = (220.0, 247.5, 275.0, 330.0, 366.7, 440.0, 495.0, 550.0)
"""Notes of music, hertz: a pentatonic scale, so that any two agree."""

NOTE = 0.3
"""Seconds from note to note."""


def gain(decibels: float) -> float:
    """The factor on samples that changes the level so much.

    >>> gain(20.0)
    10.0
    """
    return float(10.0 ** (decibels / 20.0))


def level(samples: Samples) -> float:
    """Root mean square, in decibels below full scale."""
    return float(10.0 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def amplified(samples: Samples, decibels: float) -> Samples:
    """Louder by so many decibels; quieter where negative."""
    return samples * np.float32(gain(decibels))


def white(length: int, rng: np.random.Generator) -> Samples:
    """Noise with the same power in every hertz; RMS 1."""
    return _looped(rng.standard_normal(min(length, NOISE_LOOP)), length)


def pink(length: int, rng: np.random.Generator) -> Samples:
    """Noise with the same power in every octave from 20 Hz on, like a room's; RMS 1."""
    spectrum = np.fft.rfft(rng.standard_normal(NOISE_LOOP))
    hertz = np.fft.rfftfreq(NOISE_LOOP, 1 / SAMPLE_RATE)
    spectrum /= np.sqrt(np.maximum(hertz, 20.0))
    noise = np.fft.irfft(spectrum)
    return _looped(noise / np.sqrt(np.mean(noise**2)), length)


def babble(voices: Sequence[Samples], length: int, rng: np.random.Generator) -> Samples:
    """Many people at once, equally loud, each from a random moment on; RMS about 1."""
    crowd = np.zeros(length, np.float32)
    for voice in voices:
        begun = np.roll(voice, rng.integers(len(voice)))
        crowd += _looped(begun / np.sqrt(np.mean(np.square(begun))), length)
    return crowd / np.float32(np.sqrt(len(voices)))


def music(length: int, rng: np.random.Generator) -> Samples:
    """Plucked tones, two at a time, without words or beat that could pass for speech."""
    notes = np.zeros(length + 4 * round(NOTE * SAMPLE_RATE))
    for start in range(0, length, round(NOTE * SAMPLE_RATE)):
        for pitch in rng.choice(SCALE, 2, replace=False):
            tone = _plucked(pitch, 4 * NOTE)
            notes[start : start + len(tone)] += tone[: len(notes) - start]
    return notes[:length].astype(np.float32)


def with_noise(samples: Samples, noise: Samples, ratio: float, active: Mask) -> Samples:
    """Add noise so far below the speech.

    Args:
        samples: the speech.
        noise: as long as the speech, at any level.
        ratio: speech over noise in decibels, the speech's power taken where somebody speaks,
            the noise's over the whole.
        active: shape (n,), where somebody speaks.

    Raises:
        ValueError: nobody speaks, or the noise is silence.
    """
    if not active.any() or not noise.any():
        raise ValueError("a ratio needs speech and noise")
    return samples + amplified(noise, level(samples[active]) - level(noise) - ratio)


def with_reverberation(
    samples: Samples, *, rt60: float, direct_to_reverberant: float, rng: np.random.Generator
) -> Samples:
    """Put sound into a room.

    Args:
        samples: the sound without a room.
        rt60: seconds in which the room's answer falls by 60 dB.
        direct_to_reverberant: direct sound over all reflections, in decibels.
        rng: draws the reflections.
    """
    answer = room(rt60, direct_to_reverberant, rng)
    heard: Samples = signal.oaconvolve(samples, answer)[: len(samples)].astype(np.float32)
    return heard


def room(rt60: float, direct_to_reverberant: float, rng: np.random.Generator) -> Samples:
    """A room's answer to a click: the click itself at 0, then noise that decays exponentially."""
    time = np.arange(round(rt60 * SAMPLE_RATE)) / SAMPLE_RATE
    answer = rng.standard_normal(len(time)) * gain(-60.0) ** (time / rt60)
    answer[time < FIRST_ECHO] = 0.0
    answer *= gain(-direct_to_reverberant) / np.sqrt(np.sum(answer**2))
    answer[0] = 1.0
    return answer.astype(np.float32)


def telephone(samples: Samples) -> Samples:
    """What is left after a telephone: 300-3400 Hz, 8000 samples a second, eight bits each."""
    band = signal.firwin(LINE_TAPS, LINE, fs=SAMPLE_RATE, pass_zero=False)
    late = LINE_TAPS // 2
    line = signal.oaconvolve(samples, band)[late : late + len(samples)]
    coded = _mu_law(line[::2])
    heard: Samples = signal.resample_poly(coded, 2, 1)[: len(samples)].astype(np.float32)
    return heard


def within_full_scale(samples: Samples, peak: float = 0.98) -> Samples:
    """The same, turned down as a whole where it would clip."""
    highest = float(np.max(np.abs(samples), initial=0.0))
    return samples * np.float32(peak / highest) if highest > peak else samples


def _mu_law(samples: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """To the nearest of 255 steps and back."""
    loud = np.log1p(MU * np.minimum(np.abs(samples), 1.0)) / np.log1p(MU)
    steps = np.round(loud * 127) / 127
    coded: NDArray[np.floating[Any]] = np.sign(samples) * np.expm1(steps * np.log1p(MU)) / MU
    return coded


def _plucked(pitch: float, seconds: float) -> NDArray[np.floating[Any]]:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    partials = [np.sin(2 * np.pi * pitch * k * time) / k**2 for k in (1, 2, 3)]
    return np.sum(partials, axis=0) * np.exp(-time / NOTE) * np.minimum(time / 0.005, 1.0)


def _looped(noise: NDArray[np.floating[Any]], length: int) -> Samples:
    return np.resize(noise.astype(np.float32), length)

"""Windows of speech on the GPU: rendering, and what rooms, lines and microphones do to them.

Every function takes and gives float32 waveforms of shape (windows, samples) at 16 kHz.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from tools.synthetic.speech import SAMPLE_RATE

TAIL = SAMPLE_RATE // 2
"""Samples of reverberation at most."""


def render(speech: Tensor, rows: np.ndarray, windows: int, samples: int) -> Tensor:
    """Put utterances into windows, each at its place, pace and gain, by linear interpolation.

    Args:
        speech: shape (all samples,), int16: every utterance end to end.
        rows: shape (placements, 6), see `Placement.row`.
    """
    canvas = torch.zeros(windows * samples, device=speech.device)
    if len(rows) == 0:
        return canvas.view(windows, samples)
    table = torch.as_tensor(rows, device=speech.device)
    window, source, length, target = (table[:, column].long() for column in range(4))
    pace, gain = table[:, 4], table[:, 5].float()
    played = ((length - 2) / pace).long()
    played = torch.minimum(played, samples - target).clamp(min=0)
    which = torch.repeat_interleave(torch.arange(len(played), device=speech.device), played)
    begins = torch.cumsum(played, 0) - played
    step = torch.arange(len(which), device=speech.device) - begins[which]
    position = step.double() * pace[which]
    whole = position.floor().long()
    part = (position - whole).float()
    at = source[which] + whole
    value = speech[at].float() * (1 - part) + speech[at + 1].float() * part
    canvas[window[which] * samples + target[which] + step] = value * gain[which] / 32768
    return canvas.view(windows, samples)


class Augmentation:
    """Equalisation, band limits, reverberation, noise and babble, each window by its own dice.

    Args:
        device: where windows lie.
        seed: of the dice.
        longest: seconds in which the answer of the most resounding room falls by 60 dB.
    """

    def __init__(self, device: str, seed: int = 1, longest: float = 0.4) -> None:
        self._device, self._longest = device, longest
        self._dice = torch.Generator(device=device)
        self._dice.manual_seed(seed)

    def __call__(self, waves: Tensor) -> Tensor:
        """Waveforms as they might have been recorded; timing is kept."""
        spectrum = torch.fft.rfft(waves, n=_fast_size(waves.shape[1] + TAIL))
        size = (spectrum.shape[1] - 1) * 2
        spectrum = spectrum * self._equaliser(len(waves), spectrum.shape[1])
        spectrum = spectrum * torch.fft.rfft(self._room(len(waves)), n=size)
        heard = torch.fft.irfft(spectrum, n=size)[:, : waves.shape[1]]
        return self._dithered(self._noisy(heard)).clamp(-1, 1)

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, device=self._device, generator=self._dice)

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, device=self._device, generator=self._dice)

    def _happens(self, windows: int, probability: float) -> Tensor:
        return (self._uniform(windows, 1) < probability).float()

    def _equaliser(self, windows: int, bins: int) -> Tensor:
        """Up to 8 dB up and down at eight frequencies, low-pass down to 2.5 kHz, high-pass."""
        frequency = torch.linspace(0, SAMPLE_RATE / 2, bins, device=self._device)
        points = (self._uniform(windows, 8) * 2 - 1) * 8 * self._uniform(windows, 1)
        position = (torch.log2(frequency.clamp(min=60) / 60) / 7.06 * 7).clamp(0, 6.999)
        left, part = position.long(), position.frac()
        decibels = points[:, left] * (1 - part) + points[:, left + 1] * part
        gain = 10 ** (decibels * self._happens(windows, 0.6) / 20)
        low = 2500 + self._uniform(windows, 1) * 5500
        low = torch.where(self._happens(windows, 0.3) > 0, low, 9000.0)
        high = self._uniform(windows, 1) * 350 * self._happens(windows, 0.3)
        passed = torch.sigmoid((low - frequency) / 150) * torch.sigmoid((frequency - high + 1) / 30)
        return gain * passed

    def _room(self, windows: int) -> Tensor:
        """A room's response: the direct sound, then exponentially decaying noise."""
        decay = 0.04 + (self._longest - 0.04) * self._uniform(windows, 1)
        time = torch.arange(TAIL, device=self._device) / SAMPLE_RATE
        tail = self._normal(windows, TAIL) * torch.exp(-6.9 * time / decay) * (time > 0.002)
        tail = tail / tail.norm(dim=1, keepdim=True)
        strength = (0.1 + 0.6 * self._uniform(windows, 1)) * self._happens(windows, 0.35)
        response = tail * strength
        response[:, 0] = 1
        return response

    def _noisy(self, waves: Tensor) -> Tensor:
        """Coloured noise at 3 to 40 dB, or the babble of the other windows at 8 to 45 dB."""
        windows, samples = waves.shape
        loud = (waves.abs() > 1e-4).float().sum(1, keepdim=True) + 1
        power = (waves**2).sum(1, keepdim=True) / loud
        babble = self._happens(windows, 0.2)
        noise = torch.where(
            babble > 0, self._babble(waves, power), self._coloured(windows, samples)
        )
        snr = 3 + 37 * self._uniform(windows, 1) + 5 * babble
        silence = 10 ** (-(2.5 + 3 * self._uniform(windows, 1)))
        reference = torch.where(power > 1e-7, power, silence)
        level = (reference * 10 ** (-snr / 10)).sqrt()
        return waves + noise * level * self._happens(windows, 0.75)

    def _coloured(self, windows: int, samples: int) -> Tensor:
        size = _fast_size(samples)
        frequency = torch.linspace(0, SAMPLE_RATE / 2, size // 2 + 1, device=self._device)
        slope = self._uniform(windows, 1) * 1.2
        spectrum = torch.fft.rfft(self._normal(windows, size)) * ((frequency + 30) / 1000) ** -slope
        noise = torch.fft.irfft(spectrum, n=size)[:, :samples]
        return noise / (noise.std(dim=1, keepdim=True) + 1e-9)

    def _babble(self, waves: Tensor, power: Tensor) -> Tensor:
        """Four other windows at once, of equal loudness."""
        babble = torch.zeros_like(waves)
        for other in range(1, 5):
            shift = int(torch.randint(waves.shape[1], (1,)))
            voice = torch.roll(torch.roll(waves, other, 0), shift, 1)
            babble += voice / (torch.roll(power, other, 0).sqrt() + 1e-4)
        return babble / 2

    def _dithered(self, waves: Tensor) -> Tensor:
        level = self._normal(len(waves), 1).abs() * 1e-4 * self._happens(len(waves), 0.5)
        return waves + level * self._normal(*waves.shape)


def _fast_size(samples: int) -> int:
    """The next power of two."""
    return 1 << (samples - 1).bit_length()

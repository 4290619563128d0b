"""From windows as they are put together to sound on the GPU: voices added up, rooms, noise."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from tools.small_models.augmentation import Augmentation
from tools.small_models.speakers.mixing import FIELD, SAMPLES, STEP
from tools.synthetic.speech import SAMPLE_RATE

FADE = SAMPLE_RATE // 100
"""Samples over which a sentence that was cut fades in and out."""
HALL = 0.7
"""Seconds in which the answer of the most resounding room falls by 60 dB."""
CROWD = 7
"""Voices in a babble: too many to be followed."""


def moved(values: np.ndarray, device: str) -> Tensor:
    """Values on the device; the host does not wait for the device's earlier work."""
    tensor = torch.from_numpy(values)
    return tensor.pin_memory().to(device, non_blocking=True) if device == "cuda" else tensor


def render(speech: Tensor, rows: np.ndarray, windows: int) -> Tensor:
    """Add up spans of speech, each at its place, speed and gain, by cubic interpolation.

    Args:
        speech: shape (all samples,), int16, with a few samples to spare at both ends of spans.
        rows: see `Talk.rows`.

    Returns:
        shape (windows, SAMPLES), float32, full scale at 1.
    """
    target, speed = rows[:, 3].astype(np.int64), rows[:, 4]
    skipped = np.maximum(-target, 0)
    whole = np.maximum((rows[:, 2] - 3) / speed, 0).astype(np.int64)
    played = np.clip(np.minimum(whole, SAMPLES - target) - skipped, 0, None)
    numbers = np.stack(
        (rows[:, 0] * SAMPLES + target + skipped, rows[:, 1], skipped, whole, played)
    )
    places = moved(numbers.astype(np.int64), str(speech.device.type))
    factors = moved(np.stack((speed, rows[:, 5])), str(speech.device.type))
    total = int(played.sum())
    which = torch.repeat_interleave(
        torch.arange(len(rows), device=speech.device), places[4], output_size=total
    )
    begins = torch.cumsum(places[4], 0) - places[4]
    local = torch.arange(total, device=speech.device) - begins[which]
    step = local + places[2][which]
    value = _between(speech, places[1][which], step.double() * factors[0][which])
    fade = torch.minimum(step + 1, places[3][which] - step).clamp(0, FADE).float() / FADE
    value = value * fade * factors[1][which].float() / 32768
    canvas = torch.zeros(windows * SAMPLES, device=speech.device)
    return canvas.index_add_(0, places[0][which] + local, value).view(windows, SAMPLES)


def _between(speech: Tensor, source: Tensor, position: Tensor) -> Tensor:
    """Catmull-Rom's cubic through the four samples around a position."""
    whole = position.floor()
    part = (position - whole).float()
    at = source + whole.long()
    a, b, c, d = (speech[(at + near).clamp(min=0)].float() for near in (-1, 0, 1, 2))
    linear, square = c - a, 2 * a - 5 * b + 4 * c - d
    return b + 0.5 * part * (linear + part * (square + part * (3 * (b - c) + d - a)))


class Recording(Augmentation):
    """How windows might have been recorded; labels stay true.

    Beside what `Augmentation` does: telephone bands, babble of so many voices and so far below
    the speech that nobody in it counts as a speaker, any level, and recordings that end early.
    """

    def __init__(self, device: str, seed: int = 1) -> None:
        super().__init__(device, seed, longest=HALL)

    def __call__(self, waves: Tensor) -> Tensor:
        """Waveforms of shape (windows, samples) as they might have been recorded."""
        heard = super().__call__(waves)
        level = 10 ** (
            self._happens(len(waves), 0.8) * (3 - 30 * self._uniform(len(waves), 1)) / 20
        )
        return (heard * level).clamp(-1, 1)

    def ends(self, windows: int, share: float = 0.08) -> Tensor:
        """Sample at which each window's sound ends, shape (windows, 1): few end early."""
        early = (self._uniform(windows, 1) * SAMPLES).long()
        return torch.where(self._happens(windows, share) > 0, early, SAMPLES)

    def _equaliser(self, windows: int, bins: int) -> Tensor:
        frequency = torch.linspace(0, SAMPLE_RATE / 2, bins, device=self._device)
        low = 3000 + 700 * self._uniform(windows, 1)
        high = 200 + 150 * self._uniform(windows, 1)
        band = torch.sigmoid((low - frequency) / 50) * torch.sigmoid((frequency - high) / 25)
        line = self._happens(windows, 0.15) > 0
        return super()._equaliser(windows, bins) * torch.where(line, band, 1.0)

    def _noisy(self, waves: Tensor) -> Tensor:
        """Noise at 3 to 40 dB below the speech, or a crowd at 10 to 45 dB."""
        windows, samples = waves.shape
        loud = (waves.abs() > 1e-4).float().sum(1, keepdim=True) + 1
        power = (waves**2).sum(1, keepdim=True) / loud
        crowd = self._happens(windows, 0.2)
        babble = self._babble(waves, power)
        noise = torch.where(crowd > 0, babble, self._coloured(windows, samples))
        snr = torch.where(crowd > 0, 10.0, 3.0) + (37 - 2 * crowd) * self._uniform(windows, 1)
        silence = 10 ** (-(2.5 + 3 * self._uniform(windows, 1)))
        reference = torch.where(power > 1e-7, power, silence)
        level = (reference * 10 ** (-snr / 10)).sqrt()
        return waves + noise * level * self._happens(windows, 0.75)

    def _babble(self, waves: Tensor, power: Tensor) -> Tensor:
        babble = torch.zeros_like(waves)
        for other in range(1, CROWD + 1):
            shift = int(torch.randint(waves.shape[1], (1,)))
            voice = torch.roll(torch.roll(waves, other, 0), shift, 1)
            babble += voice / (torch.roll(power, other, 0).sqrt() + 1e-2)
        return babble / CROWD**0.5


def ended(waves: Tensor, active: Tensor, ends: Tensor) -> tuple[Tensor, Tensor]:
    """Digital silence from `ends` on, where nobody speaks.

    Args:
        waves: shape (windows, samples).
        active: shape (windows, speakers, frames), bool.
        ends: shape (windows, 1), samples.
    """
    time = torch.arange(waves.shape[1], device=waves.device)
    frame = torch.arange(active.shape[2], device=waves.device) * STEP + FIELD // 2
    return waves * (time < ends), active & (frame < ends)[:, None]

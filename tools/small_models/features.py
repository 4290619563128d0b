"""Whisper's log-mel spectrogram on the GPU, with voices made taller or shorter on the way."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers.audio_utils import mel_filter_bank

from tools.synthetic.speech import SAMPLE_RATE

BINS, MELS, WINDOW, HOP = 201, 80, 400, 160
WARPS = (1.0, 1.0, 1.0, 0.88, 0.91, 0.94, 0.97, 1.03, 1.06, 1.09, 1.12)
"""Factors on the frequency axis, one is drawn for each window: the length of the vocal tract."""


class LogMel:
    """From waveforms (windows, samples) to features (windows, 80, frames)."""

    def __init__(self, device: str, seed: int = 2) -> None:
        self._dice = torch.Generator(device=device)
        self._dice.manual_seed(seed)
        self._window = torch.hann_window(WINDOW, device=device)
        self._filters = torch.stack([_filters(warp) for warp in WARPS]).to(device)

    def __call__(self, waves: Tensor, *, warped: bool = True) -> Tensor:
        """The features as Whisper's own extractor computes them; `warped` draws other voices."""
        spectrum = torch.stft(
            waves, WINDOW, HOP, window=self._window, return_complex=True, pad_mode="reflect"
        )
        power = spectrum[..., :-1].abs() ** 2
        log = torch.matmul(self._drawn(len(waves), warped), power).clamp(min=1e-10).log10()
        log = torch.maximum(log, log.amax(dim=(1, 2), keepdim=True) - 8)
        return (log + 4) / 4

    def masked(self, features: Tensor) -> Tensor:
        """Two bands and a few moments of most windows hidden (Park et al., SpecAugment, 2019)."""
        windows, mels, frames = features.shape
        chosen = self._uniform(windows) < 0.6
        hidden = self._stripes(windows, mels, 2).view(windows, mels, 1)
        moments = self._stripes(windows, frames, max(1, frames // 500)).view(windows, 1, frames)
        mean = features.mean(dim=(1, 2), keepdim=True)
        return torch.where((hidden | moments) & chosen, mean, features)

    def _uniform(self, windows: int) -> Tensor:
        device = self._filters.device
        return torch.rand(windows, 1, 1, device=device, generator=self._dice)

    def _stripes(self, windows: int, length: int, count: int) -> Tensor:
        place = torch.arange(length, device=self._filters.device).view(1, 1, length)
        hidden = torch.zeros(windows, 1, length, dtype=torch.bool, device=place.device)
        for _ in range(count):
            width = self._uniform(windows) * 14
            begin = self._uniform(windows) * (length - width)
            hidden |= (place >= begin) & (place < begin + width)
        return hidden

    def _drawn(self, windows: int, warped: bool) -> Tensor:
        if not warped:
            return self._filters[0]
        choice = (self._uniform(windows).view(-1) * len(WARPS)).long()
        return self._filters[choice]


def _filters(warp: float) -> Tensor:
    """Mel filters (80, 201) for a voice whose frequencies are `warp` times as high."""
    bank = torch.tensor(
        mel_filter_bank(BINS, MELS, 0.0, SAMPLE_RATE / 2, SAMPLE_RATE, "slaney", "slaney"),
        dtype=torch.float32,
    )
    position = (torch.arange(BINS) * warp).clamp(max=BINS - 1)
    left, part = position.long(), position.frac().unsqueeze(1)
    right = (left + 1).clamp(max=BINS - 1)
    return (bank[left] * (1 - part) + bank[right] * part).T.contiguous()

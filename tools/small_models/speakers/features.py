"""What the nets hear: torchaudio's MFCC and Kaldi's filter bank, for whole batches.

Written out, because the nets' weights hold the MFCC's tables under torchaudio's names, and because
Kaldi's filter bank elsewhere takes one waveform at a time.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tools.synthetic.speech import SAMPLE_RATE

BANDS, LENGTH, SHIFT, TRANSFORM = 80, 400, 160, 512
"""Of the filter bank: bands, samples a frame, samples from frame to frame, size of the FFT."""
LOWEST, HIGHEST = 20.0, 7600.0
PRE_EMPHASIS = 0.97
FLOOR = float(np.finfo(np.float32).eps)


class Mfcc(nn.Module):
    """`torchaudio.transforms.MFCC` with decibels and an orthonormal DCT; the same state.

    Args:
        coefficients, bands: how many.
        transform: samples a frame, all under a Hann window.
        hop: samples from frame to frame.
    """

    def __init__(self, coefficients: int, bands: int, transform: int, hop: int) -> None:
        super().__init__()
        self._transform, self._hop = transform, hop
        self.MelSpectrogram = nn.Module()
        self.MelSpectrogram.spectrogram = nn.Module()
        self.MelSpectrogram.mel_scale = nn.Module()
        self.register_buffer("dct_mat", _cosines(coefficients, bands))
        self.MelSpectrogram.spectrogram.register_buffer("window", torch.hann_window(transform))
        self.MelSpectrogram.mel_scale.register_buffer("fb", _htk_bands(bands, transform))

    def forward(self, waves: Tensor) -> Tensor:
        """Shape (windows, samples) to (windows, coefficients, 1 + samples // hop)."""
        window = self.MelSpectrogram.spectrogram.window
        spectrum = torch.stft(
            waves,
            self._transform,
            self._hop,
            window=window,
            pad_mode="reflect",
            return_complex=True,
        )
        power = torch.view_as_real(spectrum).square().sum(-1)
        mel = power.transpose(1, 2) @ self.MelSpectrogram.mel_scale.fb
        decibels = 10 * torch.log10(mel.clamp(min=1e-10))
        decibels = torch.maximum(decibels, decibels.amax((1, 2), keepdim=True) - 80)
        return (decibels @ self.dct_mat).transpose(1, 2)


def _cosines(coefficients: int, bands: int) -> Tensor:
    """DCT-II, orthonormal; shape (bands, coefficients)."""
    place = torch.arange(bands, dtype=torch.float64) + 0.5
    table = torch.cos(torch.pi / bands * place[:, None] * torch.arange(coefficients)[None])
    table[:, 0] /= 2**0.5
    return (table * (2 / bands) ** 0.5).float()


def _htk_bands(bands: int, transform: int) -> Tensor:
    """Triangles of equal height on HTK's mel scale, from 0 to 8000 Hz; (bins, bands)."""
    hertz = np.linspace(0, SAMPLE_RATE / 2, transform // 2 + 1)
    edges = np.linspace(0, 2595 * np.log10(1 + SAMPLE_RATE / 2 / 700), bands + 2)
    edges = 700 * (10 ** (edges / 2595) - 1)
    return torch.from_numpy(_triangles(hertz, edges)).float()


def _triangles(places: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """One from each edge to the next but one, 1 high at the edge between."""
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (places[:, None] - left) / (middle - left)
    falling = (right - places[:, None]) / (right - middle)
    return np.maximum(np.minimum(rising, falling), 0)


class FilterBank(nn.Module):
    """Kaldi's log filter bank as sherpa-onnx computes it for models of the wespeaker framework.

    No dither, `snip_edges` false, Povey's window, power, 80 bands from 20 to 7600 Hz, samples as
    16-bit integers.
    """

    window: Tensor
    bands: Tensor

    def __init__(self) -> None:
        super().__init__()
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(LENGTH) / (LENGTH - 1))
        self.register_buffer("window", torch.from_numpy(hann**0.85).float())
        self.register_buffer("bands", torch.from_numpy(_kaldi_bands()).float())

    def forward(self, waves: Tensor) -> Tensor:
        """Shape (windows, samples), full scale at 1, to (windows, frames, BANDS)."""
        frames = _frames(waves * 32768)
        frames = frames - frames.mean(-1, keepdim=True)
        before = torch.cat((frames[..., :1], frames[..., :-1]), -1)
        frames = (frames - PRE_EMPHASIS * before) * self.window
        power = torch.view_as_real(torch.fft.rfft(frames, n=TRANSFORM)).square().sum(-1)
        return (power @ self.bands).clamp(min=FLOOR).log()


def frames_of(samples: int) -> int:
    """How many frames a waveform has."""
    return (samples + SHIFT // 2) // SHIFT


def _frames(waves: Tensor) -> Tensor:
    """Frames around the middles of SHIFT samples each; beyond its ends, a waveform is mirrored."""
    count, before = frames_of(waves.shape[1]), (LENGTH - SHIFT) // 2
    after = max((count - 1) * SHIFT + LENGTH - before - waves.shape[1], 0)
    mirrored = torch.cat((waves[:, :before].flip(1), waves, waves[:, -after:].flip(1)), 1)
    return mirrored.unfold(1, LENGTH, SHIFT)[:, :count]


def _kaldi_bands() -> np.ndarray:
    """Triangles in mels; shape (bins, BANDS)."""

    def mel(hertz: np.ndarray) -> np.ndarray:
        return 1127 * np.log1p(hertz / 700)

    hertz = np.linspace(0, SAMPLE_RATE / 2, TRANSFORM // 2 + 1)
    bands = _triangles(mel(hertz), np.linspace(*mel(np.array([LOWEST, HIGHEST])), BANDS + 2))
    bands[-1] = 0
    return bands


def cycled(frames: Tensor, kept: Tensor, length: int) -> Tensor:
    """The frames that are kept, in a row, over and over until the length is reached.

    Args:
        frames: shape (windows, frames, bands).
        kept: shape (windows, speakers, frames), bool; where none is kept, all are.

    Returns:
        shape (windows, speakers, length, bands).
    """
    kept = kept | ~kept.any(-1, keepdim=True)
    order = torch.argsort((~kept).to(torch.uint8), dim=-1, stable=True)
    count = kept.sum(-1, keepdim=True)
    place = torch.arange(length, device=frames.device) % count
    picked = torch.gather(order, 2, place)
    windows = torch.arange(len(frames), device=frames.device)[:, None, None]
    return frames[windows, picked]


def stretched(active: Tensor, frames: int) -> Tensor:
    """Activity at another number of frames, the nearest one's; last axis."""
    flat = active.reshape(-1, 1, active.shape[-1]).float()
    return F.interpolate(flat, size=frames, mode="nearest").view(*active.shape[:-1], frames)

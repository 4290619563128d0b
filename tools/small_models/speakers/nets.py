"""The three nets: pyannote's PyanNet and XVectorMFCC, weight by weight, and a small TDNN.

Plain torch, so that training needs no pyannote.audio; `export.py` hands the weights over.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tools.small_models.speakers.features import BANDS, Mfcc
from tools.synthetic.speech import SAMPLE_RATE

CLASSES = 7
"""Nobody, each of three speakers, each two of them: pyannote's powerset of three, two at once."""
DIMENSION = 64
"""Of both embeddings."""

SINCNET = {"stride": 10}
LSTM = {"hidden_size": 64, "num_layers": 3, "bidirectional": True, "monolithic": True}
LINEAR = {"hidden_size": 64, "num_layers": 2}
MEL = {"n_fft": 512, "hop_length": 320, "n_mels": 80}
MFCC = {"n_mfcc": 40, "dct_type": 2, "norm": "ortho", "log_mels": False, "melkwargs": MEL}
"""Hyper-parameters as pyannote.audio's classes take them."""


class Sincs(nn.Module):
    """Band-pass filters, each in two phases, of which only the band edges are learnt.

    Pariente et al., Filterbank design for end-to-end speech separation, ICASSP 2020, after
    Ravanelli and Bengio, Speaker recognition from raw waveform with SincNet, SLT 2018.
    """

    window_: Tensor
    n_: Tensor

    def __init__(self, filters: int = 80, length: int = 251, lowest: float = 50.0) -> None:
        super().__init__()
        self._lowest = lowest
        top = 2595 * math.log10(1 + (SAMPLE_RATE / 2 - 2 * lowest) / 700)
        bottom = 2595 * math.log10(1 + 30 / 700)
        hertz = 700 * (10 ** (torch.linspace(bottom, top, filters // 2 + 1) / 2595) - 1)
        self.low_hz_ = nn.Parameter(hertz[:-1, None].clone())
        self.band_hz_ = nn.Parameter(hertz.diff()[:, None].clone())
        half = length // 2
        self.register_buffer("window_", torch.hamming_window(length, periodic=False)[:half])
        time = 2 * math.pi * torch.arange(-half, 0.0) / SAMPLE_RATE
        self.register_buffer("n_", time[None])

    def forward(self) -> Tensor:
        """The filters, shape (filters, 1, length)."""
        low = self._lowest + self.low_hz_.abs()
        high = (low + self._lowest + self.band_hz_.abs()).clamp(self._lowest, SAMPLE_RATE / 2)
        scale = self.window_ / (self.n_ / 2)
        even = (torch.sin(high @ self.n_) - torch.sin(low @ self.n_)) * scale
        odd = (torch.cos(low @ self.n_) - torch.cos(high @ self.n_)) * scale
        width = high - low
        cosines = torch.cat((even, 2 * width, even.flip(1)), 1)
        sines = torch.cat((odd, torch.zeros_like(width), -odd.flip(1)), 1)
        return (torch.cat((cosines, sines)) / (2 * width).repeat(2, 1))[:, None]


class _SincConv(nn.Module):
    def __init__(self, stride: int) -> None:
        super().__init__()
        self._stride = stride
        self.filterbank = Sincs()

    def forward(self, waves: Tensor) -> Tensor:
        return F.conv1d(waves, self.filterbank(), stride=self._stride).abs()


class _SincNet(nn.Module):
    def __init__(self, stride: int) -> None:
        super().__init__()
        self.wav_norm1d = nn.InstanceNorm1d(1, affine=True)
        convolutions = (_SincConv(stride), nn.Conv1d(80, 60, 5), nn.Conv1d(60, 60, 5))
        self.conv1d = nn.ModuleList(convolutions)
        self.norm1d = nn.ModuleList(nn.InstanceNorm1d(size, affine=True) for size in (80, 60, 60))

    def forward(self, waves: Tensor) -> Tensor:
        found = self.wav_norm1d(waves)
        for convolution, norm in zip(self.conv1d, self.norm1d, strict=True):
            found = F.leaky_relu(norm(F.max_pool1d(convolution(found), 3)))
        return found


class Segmentation(nn.Module):
    """PyanNet: who of up to three speaks when, within a window. Names and sums are pyannote's."""

    def __init__(self) -> None:
        super().__init__()
        hidden, layers = LSTM["hidden_size"], LSTM["num_layers"]
        self.sincnet = _SincNet(SINCNET["stride"])
        self.lstm = nn.LSTM(60, hidden, layers, bidirectional=True, batch_first=True)
        sizes = (2 * hidden, LINEAR["hidden_size"], LINEAR["hidden_size"])
        self.linear = nn.ModuleList(map(nn.Linear, sizes, sizes[1:]))
        self.classifier = nn.Linear(sizes[-1], CLASSES)

    def forward(self, waves: Tensor) -> Tensor:
        """Shape (windows, 1, samples) to log-probabilities (windows, frames, CLASSES)."""
        found, _ = self.lstm(self.sincnet(waves).transpose(1, 2))
        for linear in self.linear:
            found = F.leaky_relu(linear(found))
        return self.classifier(found).log_softmax(-1)


class Embedding(nn.Module):
    """XVectorMFCC: a vector for each speaker of a window. Names and sums are pyannote's.

    Snyder et al., X-vectors: robust DNN embeddings for speaker recognition, ICASSP 2018.
    """

    SIZES = (512, 512, 512, 512, 1500)
    KERNELS = (5, 3, 3, 1, 1)
    DILATIONS = (1, 2, 3, 1, 1)

    def __init__(self) -> None:
        super().__init__()
        self.mfcc = Mfcc(MFCC["n_mfcc"], MEL["n_mels"], MEL["n_fft"], MEL["hop_length"])
        self.tdnns, size = nn.ModuleList(), MFCC["n_mfcc"]
        for after, kernel, dilation in zip(self.SIZES, self.KERNELS, self.DILATIONS, strict=True):
            convolution = nn.Conv1d(size, after, kernel, dilation=dilation)
            self.tdnns.extend((convolution, nn.LeakyReLU(), nn.BatchNorm1d(after)))
            size = after
        self.embedding = nn.Linear(2 * size, DIMENSION)

    def forward(self, waves: Tensor, weights: Tensor) -> Tensor:
        """Embeddings of each window's speakers.

        Args:
            waves: shape (windows, samples).
            weights: shape (windows, speakers, any frames): how much each frame tells of a speaker.

        Returns:
            shape (windows, speakers, DIMENSION).
        """
        with torch.autocast(waves.device.type, enabled=False):
            found = self.mfcc(waves)
        for layer in self.tdnns:
            found = layer(found)
        flat = weights.flatten(0, 1)[:, None].float()
        flat = F.interpolate(flat, size=found.shape[2], mode="nearest")
        with torch.autocast(waves.device.type, enabled=False):
            pooled = _weighted_statistics(found.float(), flat.view(*weights.shape[:2], -1))
            return self.embedding(pooled)


def _weighted_statistics(found: Tensor, weights: Tensor) -> Tensor:
    """Mean and unbiased deviation; (windows, size, frames) to (windows, speakers, 2 * size)."""
    total = weights.sum(2, keepdim=True) + 1e-8
    middle = found.mean(2, keepdim=True)  # squares of what is near zero keep their precision
    found = found - middle
    mean = weights @ found.transpose(1, 2) / total
    squares = weights @ found.square().transpose(1, 2) / total - mean.square()
    unbiased = total - weights.square().sum(2, keepdim=True) / total + 1e-8
    variance = squares * total / unbiased
    mean = mean + middle.transpose(1, 2)
    return torch.cat((mean, variance.clamp(min=1e-7).sqrt()), -1)


class Voiceprint(nn.Module):
    """A small TDNN over Kaldi's filter bank, for sherpa-onnx: a vector for a stretch of speech.

    How loud it is does not matter; the spectrum that a recording has on the whole does.
    """

    SIZES = (128, 128, 128, 256)
    KERNELS = (5, 3, 3, 1)
    DILATIONS = (1, 2, 3, 1)
    CONTEXT = 7
    """Frames that a frame's output needs on either side."""

    def __init__(self) -> None:
        super().__init__()
        self.tdnns, size = nn.ModuleList(), BANDS
        for after, kernel, dilation in zip(self.SIZES, self.KERNELS, self.DILATIONS, strict=True):
            convolution = nn.Conv1d(size, after, kernel, dilation=dilation)
            self.tdnns.extend((convolution, nn.ReLU(), nn.BatchNorm1d(after)))
            size = after
        self.embedding = nn.Linear(2 * size, DIMENSION)

    def forward(self, frames: Tensor) -> Tensor:
        """Shape (stretches, frames, BANDS), at least one frame, to (stretches, DIMENSION)."""
        levelled = (frames - frames.mean((1, 2), keepdim=True)) / 3
        found = F.pad(levelled.transpose(1, 2), (self.CONTEXT, self.CONTEXT), mode="replicate")
        for layer in self.tdnns:
            found = layer(found)
        found = found.float()
        mean = found.mean(2)
        deviation = ((found - mean[:, :, None]).square().mean(2) + 1e-5).sqrt()
        return self.embedding(torch.cat((mean, deviation), 1))


class Identities(nn.Module):
    """Which of the training's identities an embedding belongs to: cosines to one vector each."""

    def __init__(self, identities: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(identities, DIMENSION) / DIMENSION**0.5)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Shape (embeddings, DIMENSION) to (embeddings, identities), from -1 to 1."""
        return F.normalize(embeddings, dim=-1) @ F.normalize(self.weight, dim=-1).T

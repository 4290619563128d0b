"""From samples to frames: the convolutions of wav2vec2 (Baevski et al. 2020, section 2)."""

from __future__ import annotations

from collections.abc import Sequence

import mlx.core as mx
from mlx import nn

from asrcore_adapters.wav2vec2.description import Architecture

NORM_EPS = 1e-5
"""Of the norms here, whatever the configuration says of the others."""


class ChannelNorm(nn.Module):
    """A group norm of one channel a group, over the frames that are a stretch's own.

    It counts in float32: the sums are over thousands of frames.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = mx.ones((channels,))
        self.bias = mx.zeros((channels,))

    def __call__(self, hidden: mx.array, own: mx.array) -> mx.array:
        """Normalise; shape (stretches, frames, channels).

        Args:
            hidden: frames, padding behind a stretch's own.
            own: 1 where a frame is a stretch's own, else 0; shape (stretches, frames, 1).
        """
        exact = hidden.astype(mx.float32)
        count = own.sum(axis=1, keepdims=True)
        centred = exact - (exact * own).sum(axis=1, keepdims=True) / count
        variance = (mx.square(centred) * own).sum(axis=1, keepdims=True) / count
        normal = centred * mx.rsqrt(variance + NORM_EPS)
        return (normal * self.weight + self.bias).astype(hidden.dtype)


class ConvLayer(nn.Module):
    """A convolution, a norm if it has one, and GELU."""

    def __init__(self, shape: Architecture, number: int) -> None:
        super().__init__()
        kernel, stride = shape.convolutions[number]
        before, after = (1, *shape.conv_dim)[number : number + 2]
        self.conv = nn.Conv1d(before, after, kernel, stride, bias=shape.conv_bias)
        if shape.feat_extract_norm == "layer":
            self.layer_norm = nn.LayerNorm(after, NORM_EPS)
        elif number == 0:
            self.layer_norm = ChannelNorm(after)

    def __call__(self, hidden: mx.array, counts: Sequence[int]) -> mx.array:
        """The frames of the frames or samples before; `counts` are each stretch's own."""
        hidden = self.conv(hidden)
        norm = self.get("layer_norm")
        if isinstance(norm, ChannelNorm):
            own = own_frames(counts, hidden.shape[1])[..., None]
            hidden = norm(hidden, own.astype(mx.float32))
        elif norm is not None:
            hidden = norm(hidden)
        return nn.gelu(hidden)


class FeatureEncoder(nn.Module):
    """All convolutions, one behind the other."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.conv_layers = [ConvLayer(shape, number) for number in range(len(shape.conv_dim))]

    def __call__(self, sound: mx.array, counts: Sequence[int]) -> mx.array:
        """From shape (stretches, samples, 1) to (stretches, frames, channels).

        Args:
            sound: prepared samples, zeros behind short stretches.
            counts: each stretch's own frames behind the first convolution.
        """
        hidden = sound
        for layer in self.conv_layers:
            hidden = layer(hidden, counts)
        return hidden


def own_frames(counts: Sequence[int], frames: int) -> mx.array:
    """True where a frame is a stretch's own, shape (stretches, frames)."""
    return mx.arange(frames) < mx.array(counts)[:, None]

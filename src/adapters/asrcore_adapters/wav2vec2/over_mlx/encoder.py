"""From frames to what they mean beside each other: the transformer of wav2vec2.

Baevski et al. 2020, section 2; the two orders of norms are those of transformers'
`do_stable_layer_norm`: behind each part (base), or before it (large).
"""

from __future__ import annotations

import mlx.core as mx
from mlx import nn

from asrcore_adapters.wav2vec2.description import Architecture


class PositionalConvolution(nn.Module):
    """Where a frame is, by a wide convolution in groups instead of a table."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        width, size = shape.num_conv_pos_embeddings, shape.hidden_size
        groups = shape.num_conv_pos_embedding_groups
        self.conv = nn.Conv1d(size, size, width, padding=width // 2, groups=groups)

    def __call__(self, hidden: mx.array) -> mx.array:
        """As many frames as it is given: an even width makes one too many."""
        return nn.gelu(self.conv(hidden)[:, : hidden.shape[1]])


class Attention(nn.Module):
    """Each frame beside all others of its stretch."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        size = shape.hidden_size
        self.heads = shape.num_attention_heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (
            nn.Linear(size, size) for _ in range(4)
        )

    def __call__(self, hidden: mx.array, mask: mx.array | None) -> mx.array:
        """Shape (stretches, frames, channels); `mask` is False for keys that are padding."""
        queries, keys, values = (
            mx.unflatten(part(hidden), -1, (self.heads, -1)).transpose(0, 2, 1, 3)
            for part in (self.q_proj, self.k_proj, self.v_proj)
        )
        heard = mx.fast.scaled_dot_product_attention(
            queries, keys, values, scale=queries.shape[-1] ** -0.5, mask=mask
        )
        return self.out_proj(heard.transpose(0, 2, 1, 3).flatten(-2))


class FeedForward(nn.Module):
    """Each frame by itself."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.intermediate_dense = nn.Linear(shape.hidden_size, shape.intermediate_size)
        self.output_dense = nn.Linear(shape.intermediate_size, shape.hidden_size)

    def __call__(self, hidden: mx.array) -> mx.array:
        """Shape (stretches, frames, channels)."""
        return self.output_dense(nn.gelu(self.intermediate_dense(hidden)))


class EncoderLayer(nn.Module):
    """Attention and a step by itself, with norms behind or before each."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.norms_first = shape.do_stable_layer_norm
        self.attention = Attention(shape)
        self.layer_norm = nn.LayerNorm(shape.hidden_size, shape.layer_norm_eps)
        self.feed_forward = FeedForward(shape)
        self.final_layer_norm = nn.LayerNorm(shape.hidden_size, shape.layer_norm_eps)

    def __call__(self, hidden: mx.array, mask: mx.array | None) -> mx.array:
        """Shape (stretches, frames, channels); `mask` as for `Attention`."""
        if self.norms_first:
            hidden = hidden + self.attention(self.layer_norm(hidden), mask)
            return hidden + self.feed_forward(self.final_layer_norm(hidden))
        hidden = self.layer_norm(hidden + self.attention(hidden, mask))
        return self.final_layer_norm(hidden + self.feed_forward(hidden))


class Encoder(nn.Module):
    """Positions, and all layers one behind the other."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.norms_first = shape.do_stable_layer_norm
        self.pos_conv_embed = PositionalConvolution(shape)
        self.layer_norm = nn.LayerNorm(shape.hidden_size, shape.layer_norm_eps)
        self.layers = [EncoderLayer(shape) for _ in range(shape.num_hidden_layers)]

    def __call__(self, hidden: mx.array, own: mx.array | None) -> mx.array:
        """Shape (stretches, frames, channels).

        Args:
            hidden: frames, anything behind a stretch's own.
            own: True where a frame is a stretch's own, shape (stretches, frames); None where
                all are.
        """
        if own is not None:
            hidden = mx.where(own[..., None], hidden, 0)
        mask = None if own is None else own[:, None, None]
        hidden = hidden + self.pos_conv_embed(hidden)
        if not self.norms_first:
            hidden = self.layer_norm(hidden)
        for layer in self.layers:
            hidden = layer(hidden, mask)
        return self.layer_norm(hidden) if self.norms_first else hidden

"""Whisper's layers over mlx-whisper's weights, with fused attention."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
from mlx import nn


def encode(model: Any, mel: mx.array) -> mx.array:
    """What the encoder hears.

    Args:
        model: a Whisper of mlx-whisper.
        mel: log-mel spectrograms, shape (rows, 3000, bands).

    Returns:
        Shape (rows, 1500, width).
    """
    encoder = model.encoder
    hidden = nn.gelu(encoder.conv2(nn.gelu(encoder.conv1(mel))))
    hidden = hidden + encoder._positional_embedding
    for block in encoder.blocks:
        hidden = hidden + attend(block.attn, block.attn_ln(hidden))
        hidden = hidden + forward(block, hidden)
    return encoder.ln_post(hidden)


def forward(block: Any, hidden: mx.array) -> mx.array:
    """What a block's two linear layers add."""
    return block.mlp2(nn.gelu(block.mlp1(block.mlp_ln(hidden))))


def attend(attention: Any, hidden: mx.array, mask: mx.array | str | None = None) -> mx.array:
    """What attention of a sequence to itself adds."""
    heads = attention.n_head
    queries = split(attention.query(hidden), heads)
    keys, values = split(attention.key(hidden), heads), split(attention.value(hidden), heads)
    return attention.out(joined(fused(queries, keys, values, mask)))


def fused(
    queries: mx.array, keys: mx.array, values: mx.array, mask: mx.array | str | None = None
) -> mx.array:
    """Attention of queries to keys, each of shape (rows, heads, length, width of a head)."""
    scale = queries.shape[-1] ** -0.5
    return mx.fast.scaled_dot_product_attention(queries, keys, values, scale=scale, mask=mask)


def split(hidden: mx.array, heads: int) -> mx.array:
    """(rows, length, width) to (rows, heads, length, width of a head)."""
    rows, length, _ = hidden.shape
    return hidden.reshape(rows, length, heads, -1).transpose(0, 2, 1, 3)


def joined(hidden: mx.array) -> mx.array:
    """(rows, heads, length, width of a head) to (rows, length, width)."""
    rows, _, length, _ = hidden.shape
    return hidden.transpose(0, 2, 1, 3).reshape(rows, length, -1)

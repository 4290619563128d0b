"""Whisper as it is trained here: Radford et al. (2022), with a small embedding and a helper.

Parameters are named as in transformers' `WhisperModel`, so that exporting is renaming nothing. The
embedding holds only the tokens in use plus one shared row; a CTC head on the encoder helps it to
listen before the decoder has learnt to ask, and is thrown away in the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tools.small_models.characters import LABELS


@dataclass(frozen=True, slots=True)
class Size:
    """How large the model is."""

    width: int = 256
    heads: int = 4
    hidden: int = 1024
    encoder_layers: int = 6
    decoder_layers: int = 3
    dropout: float = 0.1


class Attention(nn.Module):
    """Multi-head attention; the key projection has no bias, as in Whisper."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads = size.heads
        self.k_proj = nn.Linear(size.width, size.width, bias=False)
        self.v_proj = nn.Linear(size.width, size.width)
        self.q_proj = nn.Linear(size.width, size.width)
        self.out_proj = nn.Linear(size.width, size.width)

    def forward(
        self, query: Tensor, memory: Tensor | None = None, *, causal: bool = False
    ) -> Tensor:
        """From (batch, length, width) to the same shape."""
        memory = query if memory is None else memory
        heads = (self.q_proj(query), self.k_proj(memory), self.v_proj(memory))
        split = [each.unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in heads]
        mixed = F.scaled_dot_product_attention(*split, is_causal=causal)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """A pre-norm transformer layer, of the encoder or of the decoder."""

    def __init__(self, size: Size, *, decoder: bool) -> None:
        super().__init__()
        self.decoder = decoder
        self.self_attn = Attention(size)
        self.self_attn_layer_norm = nn.LayerNorm(size.width)
        if decoder:
            self.encoder_attn = Attention(size)
            self.encoder_attn_layer_norm = nn.LayerNorm(size.width)
        self.fc1 = nn.Linear(size.width, size.hidden)
        self.fc2 = nn.Linear(size.hidden, size.width)
        self.final_layer_norm = nn.LayerNorm(size.width)
        self.dropout = nn.Dropout(size.dropout)

    def forward(self, x: Tensor, heard: Tensor | None = None) -> Tensor:
        """From (batch, length, width) to the same shape."""
        x = x + self.dropout(self.self_attn(self.self_attn_layer_norm(x), causal=self.decoder))
        if self.decoder:
            x = x + self.dropout(self.encoder_attn(self.encoder_attn_layer_norm(x), heard))
        hidden = self.dropout(F.gelu(self.fc1(self.final_layer_norm(x))))
        return x + self.dropout(self.fc2(hidden))


class Encoder(nn.Module):
    """Features (batch, 80, frames) to (batch, frames / 2, width); shorter windows are welcome."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(80, size.width, 3, padding=1)
        self.conv2 = nn.Conv1d(size.width, size.width, 3, stride=2, padding=1)
        self.embed_positions = nn.Embedding(1500, size.width)
        self.embed_positions.weight = nn.Parameter(
            _sinusoids(1500, size.width), requires_grad=False
        )
        self.layers = nn.ModuleList(Layer(size, decoder=False) for _ in range(size.encoder_layers))
        self.layer_norm = nn.LayerNorm(size.width)
        self.dropout = nn.Dropout(size.dropout)

    def forward(self, features: Tensor) -> Tensor:
        """What was heard."""
        x = F.gelu(self.conv2(F.gelu(self.conv1(features)))).transpose(1, 2)
        x = self.dropout(x + self.embed_positions.weight[: x.shape[1]].to(x.dtype))
        for layer in self.layers:
            x = layer(x)
        return self.layer_norm(x)


class Decoder(nn.Module):
    """Embedding rows (batch, length) and what was heard to (batch, length, width)."""

    def __init__(self, size: Size, rows: int) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(rows, size.width)
        self.embed_positions = nn.Embedding(448, size.width)
        self.layers = nn.ModuleList(Layer(size, decoder=True) for _ in range(size.decoder_layers))
        self.layer_norm = nn.LayerNorm(size.width)
        self.dropout = nn.Dropout(size.dropout)
        nn.init.normal_(self.embed_tokens.weight, std=size.width**-0.5)
        nn.init.normal_(self.embed_positions.weight, std=0.02)

    def forward(self, rows: Tensor, heard: Tensor) -> Tensor:
        """Before the projection to tokens, which is the embedding itself."""
        x = self.embed_tokens(rows) + self.embed_positions.weight[: rows.shape[1]]
        x = self.dropout(x)
        for layer in self.layers:
            x = layer(x, heard)
        return self.layer_norm(x)


class Whisper(nn.Module):
    """The model in training.

    Args:
        used: tokens with a row of their own; row `used` stands for each of the others.
        unused: how many those are.
    """

    def __init__(self, used: int, unused: int, size: Size | None = None) -> None:
        super().__init__()
        size = size or Size()
        self.encoder = Encoder(size)
        self.decoder = Decoder(size, used + 1)
        self.ctc = nn.Linear(size.width, len(LABELS))
        self.shared_bias = math.log(max(1, unused))
        self.apply(_initialise)
        for layer in (*self.encoder.layers, *self.decoder.layers):
            _quiet(layer)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of every row; the shared row counts for all its tokens."""
        scores = F.linear(hidden, self.decoder.embed_tokens.weight.to(hidden.dtype)).float()
        scores[..., -1] += self.shared_bias
        return scores


def _sinusoids(length: int, width: int) -> Tensor:
    """Whisper's fixed positions: sines, then cosines."""
    step = math.log(10000) / (width // 2 - 1)
    rates = torch.exp(-step * torch.arange(width // 2))
    angles = torch.arange(length).view(-1, 1) * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _quiet(layer: nn.Module) -> None:
    """Let every residual branch begin small: deep stacks then need no long warm-up."""
    branches = [layer.fc2, layer.self_attn.out_proj]
    branches += [layer.encoder_attn.out_proj] if layer.decoder else []
    for branch in branches:
        branch.weight.data.mul_(0.5)

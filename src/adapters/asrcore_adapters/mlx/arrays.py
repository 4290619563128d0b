"""A checkpoint's arrays as mlx-whisper has them: names, axes, what is left out, few bits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_whisper.whisper import ModelDimensions, Whisper, sinusoids

from asrcore.errors import ModelError
from asrcore_adapters.common.whisper_checkpoint import AGAIN
from asrcore_adapters.mlx.layout import (
    EMBEDDING,
    ENCODER_POSITIONS,
    HEADS,
    OUTPUT,
    renamed,
)

GROUP = 64
"""Weights that share a scale and an offset when they are quantised."""
TOLERANCE = 0.01
"""Largest difference of a position's value that half precision can explain."""
Weights = dict[str, mx.array]


def fitted(stored: Weights, sizes: Mapping[str, int], source: Path) -> Weights:
    """Its names and axes; without what it computes itself or ties, if that is the same.

    Args:
        stored: by Hugging Face's names.
        sizes: of the model, by OpenAI's names.
        source: what they are of.

    Raises:
        ModelError: they are not all that mlx-whisper needs, or more.
    """
    weights = {
        name if name.startswith(("model.", OUTPUT)) else f"model.{name}": each
        for name, each in stored.items()
    }
    _refuse_untied(weights.pop(OUTPUT, None), weights.get(EMBEDDING), source)
    _refuse_learnt(weights.pop(ENCODER_POSITIONS, None), source)
    weights = {renamed(name): _channels_last(name, each) for name, each in weights.items()}
    _refuse_misfits(weights, sizes, source)
    return weights


def _refuse_untied(output: mx.array | None, embedding: mx.array | None, source: Path) -> None:
    if output is not None and embedding is not None and not mx.array_equal(output, embedding):
        raise ModelError(
            f"{source}: {OUTPUT} is not {EMBEDDING}; mlx-whisper has one for both",
            "convert it for CTranslate2: --to ctranslate2",
        )


def _refuse_learnt(positions: mx.array | None, source: Path) -> None:
    if positions is None or positions.ndim != 2:
        return
    usual = sinusoids(*positions.shape)
    if not mx.allclose(positions.astype(mx.float32), usual, rtol=0, atol=TOLERANCE):
        raise ModelError(
            f"{source}: {ENCODER_POSITIONS} is not Whisper's; mlx-whisper has no other",
            "convert it for CTranslate2: --to ctranslate2",
        )


def _channels_last(name: str, weight: mx.array) -> mx.array:
    """MLX convolves over (width, channels)."""
    convolves = weight.ndim == 3 and re.search(r"conv\d\.weight$", name)
    return weight.swapaxes(1, 2) if convolves else weight


def _refuse_misfits(weights: Weights, sizes: Mapping[str, int], source: Path) -> None:
    """Nothing may be absent, left over, or of another shape than mlx-whisper's code has it."""
    model = Whisper(ModelDimensions(**sizes))  # its weights take no room: nothing evaluates them
    built: Any = tree_flatten(model.parameters())
    places = {name: each.shape for name, each in built if name != HEADS}
    if absent := sorted(places.keys() - weights.keys()):
        raise ModelError(f"{source}: has no weights for {', '.join(absent[:3])}", AGAIN)
    if strange := sorted(weights.keys() - places.keys()):
        raise ModelError(f"{source}: mlx-whisper has no place for {', '.join(strange[:3])}")
    for name, shape in places.items():
        if weights[name].shape != shape:
            raise ModelError(
                f"{source}: {name} is of shape {weights[name].shape}; mlx-whisper has {shape}"
            )


def quantized(weights: Weights, bits: int, source: Path) -> Weights:
    """Matrices in few bits, with a scale and an offset for each `GROUP` of a row.

    Raises:
        ModelError: rows do not fall into such groups.
    """
    done: Weights = {}
    for name, each in weights.items():
        half = each.astype(mx.float16)
        if not (half.ndim == 2 and name.endswith(".weight")):
            done[name] = half
            continue
        if half.shape[1] % GROUP:
            raise ModelError(
                f"{source}: rows of {half.shape[1]} weights cannot be quantised in groups of "
                f"{GROUP}",
                "convert it in half precision: --quantize float16",
            )
        stem = name.removesuffix(".weight")
        packed = mx.quantize(half, group_size=GROUP, bits=bits)
        done |= zip((name, f"{stem}.scales", f"{stem}.biases"), packed, strict=True)
    return done

"""Whisper checkpoints of Hugging Face in the layout that mlx-whisper reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_whisper.whisper import ModelDimensions, Whisper, sinusoids

from asrcore.domain.audio import Samples
from asrcore.domain.conversion import Reading
from asrcore.errors import ModelError
from asrcore.plugin import Placement
from asrcore_adapters.common.engines import refuse_missing
from asrcore_adapters.common.options import HubOptions
from asrcore_adapters.common.whisper_checkpoint import AGAIN, locate_checkpoint, read_config
from asrcore_adapters.mlx.checkpoint import stored_weights
from asrcore_adapters.mlx.layout import (
    EMBEDDING,
    ENCODER_POSITIONS,
    HEADS,
    OUTPUT,
    alignment_heads,
    dimensions,
    renamed,
)
from asrcore_adapters.mlx.saving import save

FLOATS = {"float16": mx.float16, "bfloat16": mx.bfloat16, "float32": mx.float32}
GROUP = 64
"""Weights that share a scale and an offset when they are quantised."""
TOLERANCE = 0.01
"""Largest difference of a position's value that half precision can explain."""
Weights = dict[str, mx.array]


class MlxConverter:
    """Names, layouts of convolutions and number formats change; torch is not needed for that.

    The weights of safetensors are converted one by one, so that a model of any size needs little
    memory; the comparison with the source needs the whole model in float32.
    """

    transcriber = "mlx"

    def __init__(self, options: HubOptions, placement: Placement) -> None:
        self._options = options
        self._format = placement.compute_type or "float16"

    def prepare_check(self) -> None:
        """transformers and torch read the source."""
        refuse_missing(
            ("torch", "transformers"),
            "comparing the converted model with its source",
            "run: pip install 'asrcore[align]', or leave the comparison out with --no-check",
        )

    def locate(self, source: str) -> Path:
        """A folder, or a Hub model."""
        return locate_checkpoint(source, self._options)

    def convert(self, source: Path, target: Path) -> None:
        """Write `config.json` and `weights.safetensors`."""
        sizes = dimensions(read_config(source))
        heads = alignment_heads(source, sizes)
        weights = _as_mlx_whisper_has_them(stored_weights(source), source)
        _refuse_misfits(weights, sizes, source)
        config: dict[str, object] = {"model_type": "whisper", **sizes}
        if self._format in FLOATS:
            weights = {name: each.astype(FLOATS[self._format]) for name, each in weights.items()}
        else:
            config["quantization"] = {"group_size": GROUP, "bits": int(self._format)}
            weights = _quantized(weights, int(self._format), source)
        if heads:
            weights[HEADS] = mx.array(heads, mx.int32)
        save(target / "weights.safetensors", weights)
        (target / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")

    def expected(self, source: Path, clip: Samples) -> Reading:
        """By transformers, with mlx-whisper's vocabulary."""
        from asrcore_adapters.mlx import comparing  # noqa: PLC0415 - it needs torch

        return comparing.expected(source, clip)

    def found(self, target: Path, clip: Samples) -> Reading:
        """By mlx-whisper in float32."""
        from asrcore_adapters.mlx import comparing  # noqa: PLC0415 - it needs torch

        return comparing.found(target, clip)


def _as_mlx_whisper_has_them(stored: Weights, source: Path) -> Weights:
    """Its names and axes; without what it computes itself or ties, if that is the same."""
    weights = {
        name if name.startswith(("model.", OUTPUT)) else f"model.{name}": each
        for name, each in stored.items()
    }
    _refuse_untied(weights.pop(OUTPUT, None), weights.get(EMBEDDING), source)
    _refuse_learnt(weights.pop(ENCODER_POSITIONS, None), source)
    return {renamed(name): _channels_last(name, each) for name, each in weights.items()}


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


def _quantized(weights: Weights, bits: int, source: Path) -> Weights:
    """Matrices in few bits, with a scale and an offset for each `GROUP` of a row."""
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

"""From a folder in mlx-community's layout to a Whisper."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx import nn
from mlx.utils import tree_flatten
from mlx_whisper.whisper import ModelDimensions, Whisper

from asrcore.errors import ModelError
from asrcore_adapters.common.hub import ModelFiles

WEIGHTS = ("weights.safetensors", "weights.npz", "model.safetensors")
FILES = ModelFiles(
    "MLX Whisper", ("config.json",), WEIGHTS, "transcriber.options", others=("config.json",)
)
TYPES = {"float32": mx.float32, "float16": mx.float16, "bfloat16": mx.bfloat16}
DIMENSIONS = tuple(each.name for each in fields(ModelDimensions))
COMPUTED = {"encoder.positional_embedding", "encoder._positional_embedding"}
"""Weights that some files hold and every model computes by itself."""


def load_whisper(folder: Path, compute_type: str) -> Any:
    """A Whisper of mlx-whisper, its weights in memory.

    Raises:
        ModelError: the folder's files are none of an MLX Whisper, or do not fit together.
    """
    config = _config(folder)
    weights = dict(mx.load(str(_weights_file(folder))))
    dtype = TYPES[compute_type]
    model = Whisper(ModelDimensions(**{name: config[name] for name in DIMENSIONS}), dtype)
    if quantization := config.get("quantization"):
        _quantize(model, quantization, weights)
    _fill(model, weights, folder)
    model.set_dtype(dtype)
    mx.eval(model.parameters(), model.encoder._positional_embedding)
    return model


def _config(folder: Path) -> dict[str, Any]:
    config = _read(folder / "config.json")
    if "n_mels" not in config:
        raise ModelError(
            f"{folder} is no Whisper in MLX's layout",
            f"if it is one of transformers, convert it: asr models convert {folder} --to mlx",
        )
    if missing := [name for name in DIMENSIONS if name not in config]:
        raise ModelError(f"{folder}/config.json does not say {', '.join(missing)}")
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(
            f"{path} is no JSON: {error}", "convert or download it once more"
        ) from error
    return found


def _weights_file(folder: Path) -> Path:
    return next(folder / name for name in WEIGHTS if (folder / name).is_file())


def _quantize(model: Any, how: Mapping[str, Any], weights: Mapping[str, mx.array]) -> None:
    """Let those layers be quantised that have scales in the file."""

    def stored(path: str, layer: Any) -> bool:
        return isinstance(layer, nn.Linear | nn.Embedding) and f"{path}.scales" in weights

    known = {key: how[key] for key in ("group_size", "bits", "mode") if key in how}
    nn.quantize(model, **known, class_predicate=stored)


def _fill(model: Any, weights: Mapping[str, mx.array], folder: Path) -> None:
    """Put weights into a model, each where it belongs and none left over."""
    wanted = dict(tree_flatten(model.parameters()))
    given = {name: each for name, each in weights.items() if name not in COMPUTED}
    optional = {"alignment_heads"}
    missing = sorted(wanted.keys() - given.keys() - optional)
    strange = sorted(given.keys() - wanted.keys())
    if missing or strange:
        what = f"lack {missing[0]}" if missing else f"hold {strange[0]}, which is of no Whisper"
        raise ModelError(f"the weights in {folder} {what}", "convert or download it once more")
    for name, each in given.items():
        if name not in optional and each.shape != wanted[name].shape:
            raise ModelError(
                f"the weights in {folder} do not fit its config.json: {name} has shape "
                f"{each.shape}, not {wanted[name].shape}"
            )
    model.load_weights(list(given.items()), strict=False)

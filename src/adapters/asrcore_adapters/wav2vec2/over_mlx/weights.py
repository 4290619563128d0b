"""Weights from the files that transformers writes, arranged as MLX wants them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import mlx.core as mx

from asrcore.errors import ModelError
from asrcore_adapters.wav2vec2.json_files import read_json

POSITIONS = "wav2vec2.encoder.pos_conv_embed.conv."
NORMED = (
    ("weight_g", "weight_v"),
    ("parametrizations.weight.original0", "parametrizations.weight.original1"),
)
"""Length and direction of the positions' weights, as older and newer torch call them."""
SAFE, PICKLED = "model.safetensors", "pytorch_model.bin"


def read_weights(folder: Path) -> dict[str, mx.array]:
    """Name, as in transformers -> weights, not computed yet.

    Raises:
        ModelError: they are pickled, and torch, which alone reads these, is not installed.
        OSError, RuntimeError, ValueError: a file is damaged or missing.
    """
    safe = _files(folder, SAFE)
    found = _safe(safe) if safe else _pickled(_files(folder, PICKLED))
    return dict(_arranged(found))


def _files(folder: Path, name: str) -> list[Path]:
    """The file of that name, or those that its index names; none where there is neither."""
    index = read_json(folder / f"{name}.index.json", optional=True)
    names = sorted(set(index["weight_map"].values())) if index else [name]
    return [folder / Path(each).name for each in names if index or (folder / each).is_file()]


def _safe(files: list[Path]) -> dict[str, mx.array]:
    # Files are read by the CPU: MLX has no such step on a GPU.
    parts: list[dict[str, mx.array]] = [mx.load(str(path), stream=mx.cpu) for path in files]
    return {name: weights for part in parts for name, weights in part.items()}


def _pickled(files: list[Path]) -> dict[str, mx.array]:
    if find_spec("torch") is None:
        raise ModelError(
            f"its weights are pickled ({PICKLED}), and only torch reads those",
            "run: pip install 'asrcore[align]', or name a model that has model.safetensors",
        )
    import torch  # noqa: PLC0415  it is needed for such models alone

    parts = [torch.load(path, map_location="cpu", weights_only=True) for path in files]
    return {
        name: mx.array(weights.float().numpy()) for part in parts for name, weights in part.items()
    }


def _arranged(weights: Mapping[str, mx.array]) -> Iterator[tuple[str, mx.array]]:
    """With the positions' weights in one, and convolutions' channels last."""
    for name, value in _with_positions(weights).items():
        yield name, value.swapaxes(1, 2) if value.ndim == 3 else value


def _with_positions(weights: Mapping[str, mx.array]) -> dict[str, mx.array]:
    """Weight norm by position in the kernel (Salimans and Kingma 2016), computed once."""
    found = dict(weights)
    for length, direction in NORMED:
        if POSITIONS + length in found and POSITIONS + direction in found:
            scale = found.pop(POSITIONS + length).astype(mx.float32)
            vector = found.pop(POSITIONS + direction).astype(mx.float32)
            norm = mx.sqrt(mx.square(vector).sum(axis=(0, 1), keepdims=True))
            found[POSITIONS + "weight"] = vector * (scale / norm)
    return found

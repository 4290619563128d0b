"""The weights of a checkpoint as MLX arrays that are not read before they are used."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import mlx.core as mx
import numpy as np

from asrcore.errors import ModelError
from asrcore_adapters.common.whisper_checkpoint import AGAIN, read_json

LAYOUTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
"""Files with weights, or that name such files; the first that is there counts."""
FLOATS = {mx.float16, mx.bfloat16, mx.float32}


def stored_weights(folder: Path) -> dict[str, mx.array]:
    """All weights by Hugging Face's names.

    Those of safetensors are read from disk when they are evaluated; those of a pickle, which torch
    reads without running code in it, are in memory at once.

    Raises:
        ModelError: files are absent, cut short, or hold something else.
    """
    weights: dict[str, mx.array] = {}
    for path in _files(folder):
        weights |= _of_safetensors(path) if path.suffix == ".safetensors" else _of_pickle(path)
    for name, each in weights.items():
        if each.dtype not in FLOATS:
            raise ModelError(f"{folder}: {name} is of {each.dtype}, no number format of Whisper's")
    return weights


def _files(folder: Path) -> list[Path]:
    layout = next((folder / name for name in LAYOUTS if (folder / name).is_file()), None)
    if layout is None:
        raise ModelError(f"{folder}: {LAYOUTS[0]} is missing", AGAIN)
    if layout.suffix != ".json":
        return [layout]
    parts = read_json(layout).get("weight_map")
    if not isinstance(parts, dict):
        raise ModelError(f"{layout}: names no files", AGAIN)
    paths = [folder / Path(name).name for name in sorted(set(parts.values()))]
    if absent := [path.name for path in paths if not path.is_file()]:
        raise ModelError(f"{folder}: {absent[0]} is missing", AGAIN)
    return paths


def _of_safetensors(path: Path) -> dict[str, mx.array]:
    try:
        loaded = mx.load(str(path))
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read: {error}", AGAIN) from error
    assert isinstance(loaded, dict)
    return loaded


def _of_pickle(path: Path) -> dict[str, mx.array]:
    try:
        import torch  # noqa: PLC0415 - safetensors need none

        loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zipfile(path))
        return {name: _from_torch(each) for name, each in loaded.items()}
    except ImportError as error:
        raise ModelError(f"{path}: torch is needed to read it", "run: pip install torch") from error
    except Exception as error:
        raise ModelError(f"{path}: cannot be read: {error}", AGAIN) from error


def _from_torch(tensor: Any) -> mx.array:
    """NumPy, which is between them, has no bfloat16: its bits travel as integers."""
    import torch  # noqa: PLC0415 - see above

    if tensor.dtype == torch.bfloat16:
        return mx.array(tensor.view(torch.int16).numpy()).view(mx.bfloat16)
    return mx.array(np.asarray(tensor))

"""A safetensors file that is written weight by weight."""

from __future__ import annotations

import json
from pathlib import Path

import mlx.core as mx
import numpy as np

NAMES = {
    mx.float16: "F16",
    mx.bfloat16: "BF16",
    mx.float32: "F32",
    mx.uint32: "U32",
    mx.int32: "I32",
}


def save(path: Path, weights: dict[str, mx.array]) -> None:
    """Write arrays, each evaluated when its turn comes and taken out of `weights` then.

    `mlx.core.save_safetensors` holds all of them, which is 6 GB for a large Whisper in float32.

    Source of the format: https://huggingface.co/docs/safetensors, "Format".

    Raises:
        OSError: it cannot be written.
    """
    header = _header(weights)
    with path.open("xb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for name in list(weights):
            flat = mx.contiguous(weights.pop(name)).reshape(-1)
            file.write(np.asarray(flat.view(mx.uint8)).data)
            mx.clear_cache()


def _header(weights: dict[str, mx.array]) -> bytes:
    entries: dict[str, object] = {"__metadata__": {"format": "mlx"}}
    offset = 0
    for name, each in weights.items():
        entries[name] = {
            "dtype": NAMES[each.dtype],
            "shape": each.shape,
            "data_offsets": (offset, offset := offset + each.nbytes),
        }
    text = json.dumps(entries, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)

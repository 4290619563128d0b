"""Where MLX computes, and in which numbers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

import mlx.core as mx

from asrcore.errors import ConfigError, did_you_mean
from asrcore.plugin import Placement

# On GPUs that have it MLX takes TF32 for float32, which moves log-probabilities by more than may
# differ between a stretch alone and in a batch. The user's own setting counts more.
os.environ.setdefault("MLX_ENABLE_TF32", "0")

COMPUTE_TYPES: Mapping[str, mx.Dtype] = MappingProxyType(
    {"float32": mx.float32, "float16": mx.float16, "bfloat16": mx.bfloat16}
)


def remedy(error: Exception) -> str:
    """The next command where MLX could not compile a kernel for the CPU, else nothing.

    With a C++ compiler there, it compiles into a folder that all users of a machine share.
    """
    if "[Compile" not in str(error) and "temp_directory_path" not in str(error):
        return ""
    return "give MLX a folder of your own: mkdir -p ~/.cache/mlx; export TMPDIR=~/.cache/mlx"


def device_of(placement: Placement, section: str) -> mx.Device:
    """The device of a placement: `cpu`, `metal`, `cuda`, `cuda:1`.

    Args:
        placement: as planned.
        section: whose placement it is in the settings: `transcriber`.

    Raises:
        ConfigError: MLX has no such device here.
    """
    kind, _, number = placement.device.partition(":")
    present = {"cpu": True, "metal": mx.metal.is_available(), "cuda": mx.cuda.is_available()}
    processor = mx.cpu if kind == "cpu" else mx.gpu
    index = int(number or 0)
    if not present.get(kind) or index >= mx.device_count(processor):
        why = "; for CUDA, run: pip install 'mlx[cuda13]'" if kind == "cuda" else ""
        raise ConfigError(
            f"{section}.device: MLX has no device {placement.device} here",
            f"use the CPU: --set {section}.device=cpu{why}",
        )
    return mx.Device(processor, index)


def dtype_of(placement: Placement, section: str) -> mx.Dtype:
    """The number format of a placement; float32 where it names none.

    Raises:
        ConfigError: MLX does not compute in it.
    """
    compute_type = placement.compute_type or "float32"
    if compute_type not in COMPUTE_TYPES:
        raise ConfigError(
            f"{section}.compute_type: MLX computes in {', '.join(COMPUTE_TYPES)}, "
            f"not in {compute_type}",
            did_you_mean(compute_type, COMPUTE_TYPES) or f"--set {section}.compute_type=float32",
        )
    return COMPUTE_TYPES[compute_type]

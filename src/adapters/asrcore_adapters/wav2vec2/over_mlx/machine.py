"""Where MLX computes, and in which numbers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

import mlx.core as mx

from asrcore.errors import ConfigError
from asrcore.plugin import Placement
from asrcore_adapters.wav2vec2.failures import no_compute_type

# On GPUs that have it MLX takes TF32 for float32, which moves log-probabilities by more than may
# differ between a stretch alone and in a batch. The user's own setting counts more.
os.environ.setdefault("MLX_ENABLE_TF32", "0")

COMPUTE_TYPES: Mapping[str, mx.Dtype] = MappingProxyType(
    {"float32": mx.float32, "float16": mx.float16, "bfloat16": mx.bfloat16}
)


def device_of(placement: Placement) -> mx.Device:
    """The device of a placement: `cpu`, `metal`, `cuda`, `cuda:1`.

    Raises:
        ConfigError: MLX has no such device here.
    """
    kind, _, number = placement.device.partition(":")
    present = {"cpu": True, "metal": mx.metal.is_available(), "cuda": mx.cuda.is_available()}
    processor = mx.cpu if kind == "cpu" else mx.gpu
    index = int(number or 0)
    if not present.get(kind) or index >= mx.device_count(processor):
        raise ConfigError(
            f"aligner.device: MLX has no device {placement.device} here",
            "use the CPU: --set aligner.device=cpu",
        )
    return mx.Device(processor, index)


def dtype_of(placement: Placement) -> mx.Dtype:
    """The number format of a placement; float32 where it names none.

    Raises:
        ConfigError: it is none that the model computes in.
    """
    compute_type = placement.compute_type or "float32"
    if compute_type not in COMPUTE_TYPES:
        raise no_compute_type(compute_type, COMPUTE_TYPES)
    return COMPUTE_TYPES[compute_type]

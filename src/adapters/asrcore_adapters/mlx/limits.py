"""How much memory MLX may take: limits that hold for the whole process."""

from __future__ import annotations

import mlx.core as mx

from asrcore.plugin import Placement
from asrcore_adapters.mlx import MLXOptions

GIB = 2**30
CACHED = 1 / 8
"""Of the memory limit, where the options name no limit for what is kept for reuse."""


def limit_memory(options: MLXOptions, placement: Placement) -> None:
    """Set MLX's limits by the options, else as planned; leave them where neither says anything."""
    memory = options.memory_limit or placement.memory
    if memory is not None:
        mx.set_memory_limit(round(memory * GIB))
    cache = options.cache_limit
    if cache is None and memory is not None:
        cache = memory * CACHED
    if cache is not None:
        mx.set_cache_limit(round(cache * GIB))

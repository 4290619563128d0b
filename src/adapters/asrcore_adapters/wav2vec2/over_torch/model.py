"""The emission model over transformers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import torch

from asrcore.plugin import Placement
from asrcore_adapters.wav2vec2 import Wav2Vec2Options
from asrcore_adapters.wav2vec2.emission_model import CtcEmissionModel
from asrcore_adapters.wav2vec2.failures import no_compute_type
from asrcore_adapters.wav2vec2.over_torch.checkpoint import load_checkpoint
from asrcore_adapters.wav2vec2.over_torch.network import TorchNetwork

# torch's CPU convolutions keep what they prepared for the last 1024 shapes; every stretch of sound
# has its own, which comes to gigabytes. The user's own setting counts more.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")

COMPUTE_TYPES: Mapping[str, torch.dtype] = MappingProxyType(
    {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
)
CPU_BATCH, OTHER_BATCH = 16.0, 120.0
"""Seconds of sound at once where the options name none."""


class Wav2Vec2EmissionModel(CtcEmissionModel):
    """wav2vec2 on any device of torch.

    Raises:
        ConfigError: the compute type is none that torch has for these models.
        ModelError: a model of the options is a folder that is not there.
    """

    def __init__(self, options: Wav2Vec2Options, placement: Placement) -> None:
        self._device = placement.device
        super().__init__(options, CPU_BATCH if self._device == "cpu" else OTHER_BATCH)
        compute_type = placement.compute_type or "float32"
        if compute_type not in COMPUTE_TYPES:
            raise no_compute_type(compute_type, COMPUTE_TYPES)
        self._dtype = COMPUTE_TYPES[compute_type]

    def _made(self, folder: Path) -> TorchNetwork:
        return TorchNetwork(load_checkpoint(folder), self._device, self._dtype)

    def _free(self) -> None:
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()

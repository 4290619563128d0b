"""The emission model over MLX."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx

from asrcore.plugin import Placement
from asrcore_adapters.wav2vec2 import Wav2Vec2Options
from asrcore_adapters.wav2vec2.emission_model import CtcEmissionModel
from asrcore_adapters.wav2vec2.over_mlx.machine import device_of, dtype_of
from asrcore_adapters.wav2vec2.over_mlx.network import MlxNetwork

CPU_BATCH, GPU_BATCH = 16.0, 30.0
"""Seconds of sound at once where the options name none.

MLX unfolds the positions' convolution: 30 s of a large model take 0.4 GB there in float16, of a
memory that is the whole machine's on Apple.
"""


class MlxWav2Vec2EmissionModel(CtcEmissionModel):
    """wav2vec2 on any device of MLX.

    Raises:
        ConfigError: MLX does not have the device here, or not the compute type.
        ModelError: a model of the options is a folder that is not there.
    """

    def __init__(self, options: Wav2Vec2Options, placement: Placement) -> None:
        self._device, self._dtype = device_of(placement), dtype_of(placement)
        super().__init__(options, CPU_BATCH if self._device.type == mx.cpu else GPU_BATCH)

    def _made(self, folder: Path) -> MlxNetwork:
        return MlxNetwork(folder, self._device, self._dtype)

    def _free(self) -> None:
        mx.clear_cache()

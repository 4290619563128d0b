"""The emission model over MLX."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx

from asrcore.plugin import Placement
from asrcore_adapters.common.machine import cores
from asrcore_adapters.common.mlx_devices import device_of, dtype_of
from asrcore_adapters.common.mlx_lanes import Lanes
from asrcore_adapters.wav2vec2 import Wav2Vec2Options
from asrcore_adapters.wav2vec2.emission_model import CtcEmissionModel
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
        device = device_of(placement, "aligner")
        self._dtype = dtype_of(placement, "aligner")
        self._on_gpu = bool(device.type == mx.gpu)
        super().__init__(options, GPU_BATCH if self._on_gpu else CPU_BATCH)
        self._lanes = Lanes(device, 1 if self._on_gpu else cores())

    def _made(self, folder: Path) -> MlxNetwork:
        return MlxNetwork(folder, self._lanes, self._dtype, overlaps=self._on_gpu)

    def _free(self) -> None:
        self._lanes.close()

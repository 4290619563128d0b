"""A loaded model on its device: sound in, log-probabilities out, the same in any batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from asrcore.domain.alignment.emissions import Emissions
from asrcore.domain.audio import Samples
from asrcore_adapters.common.mlx_lanes import Lanes
from asrcore_adapters.wav2vec2.description import describe
from asrcore_adapters.wav2vec2.network import Collect, Network
from asrcore_adapters.wav2vec2.over_mlx.checkpoint import load_model


class MlxNetwork(Network):
    """A network on a device of MLX, in the threads of its emission model."""

    def __init__(self, folder: Path, lanes: Lanes, dtype: mx.Dtype, *, overlaps: bool) -> None:
        super().__init__(describe(folder), str(dtype).removeprefix("mlx.core."))
        self._lanes, self._dtype, self._overlaps = lanes, dtype, overlaps
        self._model = lanes.run(lambda: load_model(folder, self._description, dtype))

    @property
    def overlaps(self) -> bool:
        """So it is on a GPU; on a CPU it would take this thread's cores."""
        return self._overlaps

    def start(self, stretches: Sequence[Samples]) -> Collect:
        """Begin with a batch, each lane with its part."""
        return self._lanes.start(stretches, self._heard)

    def _heard(self, stretches: Sequence[Samples]) -> list[Emissions]:
        first = [self.frames(len(samples), layers=1) for samples in stretches]
        counts = [self.frames(len(samples)) for samples in stretches]
        sound = mx.array(self._sound(stretches)).astype(self._dtype)
        log_probs = self._model(sound, first, counts)
        return self.answers(np.array(log_probs, copy=False), stretches)

    def _sound(self, stretches: Sequence[Samples]) -> NDArray[np.float32]:
        """The prepared samples, zeros behind short ones, shape (stretches, samples, 1)."""
        longest = max(len(samples) for samples in stretches)
        sound = np.zeros((len(stretches), longest, 1), dtype=np.float32)
        for row, samples in zip(sound, stretches, strict=True):
            row[: len(samples), 0] = self._description.prepared(samples)
        return sound

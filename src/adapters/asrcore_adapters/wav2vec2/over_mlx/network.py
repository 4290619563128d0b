"""A loaded model on its device: sound in, log-probabilities out, the same in any batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from asrcore.domain.alignment.emissions import Emissions
from asrcore.domain.audio import Samples
from asrcore_adapters.wav2vec2.description import describe
from asrcore_adapters.wav2vec2.network import Collect, Network
from asrcore_adapters.wav2vec2.over_mlx.checkpoint import load_model

FORWARD = Lock()
"""Of the process: two batches at once would need twice the memory of the same device."""


class MlxNetwork(Network):
    """A network on a device of MLX.

    Streams of MLX belong to a thread: what a thread begins, no other can compute. So each batch
    takes the stream of the thread that it is in, by `mx.stream`, which leaves the process's
    default device alone; only computed weights are shared.
    """

    def __init__(self, folder: Path, device: mx.Device, dtype: mx.Dtype) -> None:
        super().__init__(describe(folder), str(dtype).removeprefix("mlx.core."))
        self._device, self._dtype = device, dtype
        with mx.stream(device):
            self._model = load_model(folder, self._description, dtype)

    @property
    def overlaps(self) -> bool:
        """So it is on a GPU; on a CPU it would take this thread's cores."""
        return bool(self._device.type == mx.gpu)

    def start(self, stretches: Sequence[Samples]) -> Collect:
        """Begin with a batch; one thread after the other."""
        first = [self.frames(len(samples), layers=1) for samples in stretches]
        counts = [self.frames(len(samples)) for samples in stretches]
        with FORWARD, mx.stream(self._device):
            sound = mx.array(self._sound(stretches)).astype(self._dtype)
            log_probs = self._model(sound, first, counts)
            (mx.async_eval if self.overlaps else mx.eval)(log_probs)

        def collect() -> list[Emissions]:
            mx.eval(log_probs)
            return self.answers(np.array(log_probs, copy=False), stretches)

        return collect

    def _sound(self, stretches: Sequence[Samples]) -> NDArray[np.float32]:
        """The prepared samples, zeros behind short ones, shape (stretches, samples, 1)."""
        longest = max(len(samples) for samples in stretches)
        sound = np.zeros((len(stretches), longest, 1), dtype=np.float32)
        for row, samples in zip(sound, stretches, strict=True):
            row[: len(samples), 0] = self._description.prepared(samples)
        return sound

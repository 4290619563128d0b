"""The threads that compute: MLX's streams belong to the thread that made them.

A GPU has one lane and takes whole batches. On a CPU, MLX computes what one stream is given by one
thread, so there are as many lanes as cores, and a batch is shared out among them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import mlx.core as mx

T = TypeVar("T")


class Lanes:
    """Threads with a stream each on one device; what is passed between them must be computed."""

    def __init__(self, device: Any, count: int) -> None:
        self._device = device
        self._count = count
        self._threads = ThreadPoolExecutor(count, "asrcore-mlx")

    def run(self, work: Callable[[], T]) -> T:
        """Do something on the device and wait for it."""
        return self._threads.submit(self._on_device, work).result()

    def share(self, rows: Sequence[T], work: Callable[[Sequence[T]], Sequence[Any]]) -> list[Any]:
        """Let each lane do its part of some rows; one answer a row, in order."""
        parts = [rows[start :: self._count] for start in range(min(self._count, len(rows)))]
        waiting = [self._threads.submit(self._on_device, lambda p=part: work(p)) for part in parts]
        answers: list[Any] = [None] * len(rows)
        for start, done in enumerate(waiting):
            answers[start :: self._count] = done.result()
        return answers

    def close(self) -> None:
        """End the threads, and give back what MLX keeps for reuse."""
        for _ in range(self._count):
            self._threads.submit(mx.clear_streams)
        self._threads.shutdown()
        mx.clear_cache()

    def _on_device(self, work: Callable[[], T]) -> T:
        with mx.stream(self._device):
            return work()

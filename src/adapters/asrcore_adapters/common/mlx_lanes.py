"""The threads in which MLX computes: its streams belong to the thread that made them.

A GPU has one lane and takes whole batches. On a CPU, MLX does what one stream is given by one
thread, so there are as many lanes as cores, and a batch is shared out among them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread, current_thread
from typing import Any, TypeVar
from weakref import finalize

import mlx.core as mx

T = TypeVar("T")
_Job = tuple[Callable[[], Any], "Future[Any]"] | None


class Lanes:
    """Threads with a stream each on one device; what passes between them must be computed."""

    def __init__(self, device: mx.Device, count: int) -> None:
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._closing = Lock()
        self._threads = [
            # Those of an executor would end with the interpreter before their streams do, and
            # MLX then aborts the process. It does so, too, where one computes at that time.
            Thread(target=_work, args=(device, self._jobs), name="asrcore-mlx", daemon=True)
            for _ in range(count)
        ]
        self._end = finalize(self, _end, self._jobs, self._threads)
        for thread in self._threads:
            thread.start()

    def run(self, work: Callable[[], T]) -> T:
        """Do something on the device, and wait for it."""
        result: T = self._started(work).result()
        return result

    def share(self, rows: Sequence[T], work: Callable[[Sequence[T]], Sequence[Any]]) -> list[Any]:
        """Let each lane do its part of some rows; one answer a row, in order."""
        lanes = min(len(self._threads), len(rows))
        begun = [self._started(_part(work, rows[first::lanes])) for first in range(lanes)]
        answers: list[Any] = [None] * len(rows)
        for first, done in enumerate(begun):
            answers[first::lanes] = done.result()
        return answers

    def close(self) -> None:
        """End the threads, and give back the memory that MLX keeps for reuse."""
        with self._closing:
            self._end()
        mx.clear_cache()

    def _started(self, work: Callable[[], Any]) -> Future[Any]:
        done: Future[Any] = Future()
        with self._closing:
            if not self._end.alive:
                raise RuntimeError("the model is closed")
            self._jobs.put((work, done))
        return done


def _end(jobs: SimpleQueue[_Job], threads: Sequence[Thread]) -> None:
    for _ in threads:
        jobs.put(None)
    for thread in threads:
        if thread is not current_thread():  # which it is where a job was the last to know its lanes
            thread.join()


def _part(work: Callable[[Sequence[T]], Sequence[Any]], rows: Sequence[T]) -> Callable[[], Any]:
    return lambda: work(rows)


def _work(device: mx.Device, jobs: SimpleQueue[_Job]) -> None:
    while (job := jobs.get()) is not None:
        _do(device, *job)
        del job  # with what it refers to, while the next is waited for
    mx.clear_streams()


def _do(device: mx.Device, work: Callable[[], Any], done: Future[Any]) -> None:
    try:
        with mx.stream(device):
            done.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
        done.set_exception(error)
        del work, done  # or the error would keep itself, and what failed, by its traceback

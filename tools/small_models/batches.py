"""Examples put together by processes of their own, while the GPU works."""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import queue
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.small_models.corpus import Corpus
from tools.small_models.lines import Line, LineMaker
from tools.small_models.synthesis import SHARES
from tools.small_models.vocabulary import END, Vocabulary
from tools.small_models.windows import Shape, Window, WindowMaker

REFRESH = 20.0
"""Seconds between two looks for new shards."""


@dataclass
class Batch:
    """Examples as arrays.

    Attributes:
        rows: shape (placements, 6), what is rendered where.
        allowed: shape (examples, frames), see `Guide`.
        onsets: shape (words, 3): example, frame, label.
        labels: shape (examples, longest), padded with 0.
        lengths: labels of each example.
        seconds: length of the windows.
        ends: shape (examples,), seconds of each that count.
        inputs, targets: shape (examples, tokens), embedding rows; -100 is not learnt.
    """

    rows: np.ndarray
    allowed: np.ndarray
    onsets: np.ndarray
    labels: np.ndarray
    lengths: np.ndarray
    seconds: float
    ends: np.ndarray
    inputs: np.ndarray | None = None
    targets: np.ndarray | None = None


def window_batch(windows: Sequence[Window], shape: Shape, vocabulary: Vocabulary) -> Batch:
    """Windows for Whisper."""
    inputs = np.full((len(windows), shape.tokens), END, np.int64)
    targets = np.full((len(windows), shape.tokens), -100, np.int64)
    for number, window in enumerate(windows):
        length = len(window.tokens) - 1
        inputs[number, :length] = window.tokens[:-1]
        targets[number, :length] = window.targets
    batch = _batch(windows, shape.seconds, [shape.seconds] * len(windows))
    batch.inputs = vocabulary.rows[inputs]
    batch.targets = np.where(targets >= 0, vocabulary.rows[np.maximum(targets, 0)], -100)
    return batch


def line_batch(lines: Sequence[Line], seconds: float) -> Batch:
    """Stretches for the CTC model."""
    return _batch(lines, seconds, [line.seconds for line in lines])


def _batch(examples: Sequence[Window | Line], seconds: float, ends: Sequence[float]) -> Batch:
    rows = [placed.row(n) for n, each in enumerate(examples) for placed in each.placements]
    onsets = [(n, *onset) for n, each in enumerate(examples) for onset in each.guide.onsets]
    lengths = [len(each.labels) for each in examples]
    labels = np.zeros((len(examples), max(1, *lengths)), np.int64)
    for number, each in enumerate(examples):
        labels[number, : len(each.labels)] = each.labels
    return Batch(
        np.array(rows, np.float64).reshape(-1, 6),
        np.stack([each.guide.allowed for each in examples]),
        np.array(onsets, np.int64).reshape(-1, 3),
        labels,
        np.array(lengths),
        seconds,
        np.array(ends),
    )


class Batches:
    """A queue of batches, filled by several processes.

    Args:
        make: called in each process with the corpus and its dice; gives a function that makes a
            batch for a progress from 0 to 1.
        shards: file that lists the shards in memory, see `Corpus.extend`.
        processes: how many.
    """

    def __init__(self, make: Callable[..., Any], shards: Path, processes: int, seed: int) -> None:
        context = mp.get_context("spawn")
        self._queue: Any = context.Queue(24)
        self._progress = context.Value("d", 0.0)
        self._processes = []
        for number in range(processes):
            arguments = (make, shards, 1000 * seed + number, self._queue, self._progress)
            process = context.Process(target=_work, args=arguments, daemon=True)
            process.start()
            self._processes.append(process)

    def next(self, progress: float) -> Batch:
        """The next batch; tells the processes how far training is.

        Raises:
            RuntimeError: none will come; each process has written why it ended.
        """
        self._progress.value = progress
        while True:
            try:
                return self._queue.get(timeout=5)
            except queue.Empty:
                if not any(process.is_alive() for process in self._processes):
                    raise RuntimeError("no process is left that makes batches") from None


def _work(make: Callable[..., Any], shards: Path, seed: int, ready: Any, progress: Any) -> None:
    """What one process does until its parent is gone."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    parent = os.getppid()
    corpus, chance = Corpus(SHARES), random.Random(seed)
    maker, looked = make(corpus, chance), 0.0
    while os.getppid() == parent:
        if time.monotonic() - looked > REFRESH and shards.exists():
            corpus.extend(json.loads(shards.read_text(encoding="utf-8")))
            looked = time.monotonic()
        if not len(corpus):
            time.sleep(0.5)
            continue
        batch = maker(progress.value)
        while os.getppid() == parent:
            try:
                ready.put(batch, timeout=5)
                break
            except queue.Full:
                continue


@dataclass(frozen=True)
class WindowBatches:
    """Makes Whisper's batches: short windows first, then whole ones with and without a prompt."""

    tokenizer: Path
    used: tuple[int, ...]
    size: int
    short_until: float = 0.2

    SHORT = Shape(12.0, 96)
    WHOLE = Shape(30.0, 200)
    PROMPTED = Shape(30.0, 424, prompted=True)

    def __call__(self, corpus: Corpus, chance: random.Random) -> Callable[[float], Batch]:
        """In a process of its own."""
        vocabulary = Vocabulary(self.tokenizer, self.used)
        makers = {
            shape: WindowMaker(corpus, vocabulary, shape, chance)
            for shape in (self.SHORT, self.WHOLE, self.PROMPTED)
        }

        def make(progress: float) -> Batch:
            if progress < self.short_until:
                shape, count = self.SHORT, self.size * 2
            elif chance.random() < 0.6:
                shape, count = self.WHOLE, self.size
            else:
                shape, count = self.PROMPTED, self.size
            return window_batch([makers[shape].make() for _ in range(count)], shape, vocabulary)

        return make


@dataclass(frozen=True)
class LineBatches:
    """Makes the CTC model's batches of equal length."""

    size: int
    seconds: float = 9.0

    def __call__(self, corpus: Corpus, chance: random.Random) -> Callable[[float], Batch]:
        """In a process of its own."""
        maker = LineMaker(corpus, self.seconds, chance)

        def make(progress: float) -> Batch:
            return line_batch([maker.make() for _ in range(self.size)], self.seconds)

        return make

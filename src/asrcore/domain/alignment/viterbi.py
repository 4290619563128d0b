"""The likeliest way of a known sequence of labels through emissions.

Source: Graves et al., "Connectionist Temporal Classification" (2006), section 4.1: a label may last
several frames, a blank may stand between any two labels and must between two equal ones. Here the
sum over all ways is a maximum (Viterbi), one row of NumPy operations a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

BLOCK = 2**22
"""States whose scores are kept at once (32 MiB); of earlier frames one row a block is kept."""


@dataclass(frozen=True, eq=False, slots=True)
class Lattice:
    """What it costs to be where, relative to a blank: only differences matter.

    Attributes:
        label_scores: shape (frames, columns): log-probability of each column minus the blank's.
        columns: shape (labels,): the column of each label in order.
        gap_scores: shape (frames, kinds): what a blank is worth more in each kind of gap.
        gaps: shape (labels + 1,): the kind of gap, counted from 1, before each label and after
            the last; 0 where a blank is no gap.

    Every score is finite.
    """

    label_scores: NDArray[np.float64]
    columns: NDArray[np.intp]
    gap_scores: NDArray[np.float64]
    gaps: NDArray[np.intp]


def feasible(frames: int, columns: NDArray[np.intp]) -> bool:
    """Whether there is a way at all: a frame for each label, and for each blank between equals."""
    return frames >= len(columns) + int(np.count_nonzero(columns[1:] == columns[:-1]))


def best_path(lattice: Lattice) -> NDArray[np.intp]:
    """The state in every frame: 2n while label n sounds, 2n - 1 in the blank before it.

    Of equally good ways it is the one that is further on in the last frame in which they differ.
    Beyond one block, the memory it takes grows with labels times the square root of frames.

    Args:
        lattice: at least one label, and `feasible`.

    Returns:
        shape (frames,).
    """
    chain, owners = _chained(lattice)
    block = _Block(chain)
    entries = []
    for start in block.starts:
        entries.append(block.last_row())
        block.fill(start)
    path = np.empty(len(lattice.label_scores), np.intp)
    state = block.best_end()
    for start, entry in zip(reversed(block.starts), reversed(entries), strict=True):
        if start != block.starts[-1]:
            block.restart(entry)
            block.fill(start)
        state = block.trace(state, path[start : start + block.rows])
    states: NDArray[np.intp] = owners[path + 1]
    return states


def _chained(lattice: Lattice) -> tuple[Lattice, NDArray[np.intp]]:
    """The lattice with the blank between equal labels as a label of its own, which none may skip.

    Returns:
        The lattice, and for each of its states, beginning with -1, the one it stands for.
    """
    frames, width = lattice.label_scores.shape
    blank_scores = np.hstack((np.zeros((frames, 1)), lattice.gap_scores))
    scores = np.hstack((lattice.label_scores, blank_scores))
    columns = lattice.columns
    twins = np.flatnonzero(columns[1:] == columns[:-1]) + 1
    blanks = width + lattice.gaps[twins]
    owners = np.arange(-1, 2 * len(columns))
    # Each twin's blank stands for three states: itself, and what is left of it on either side.
    owners = np.insert(owners, np.repeat(2 * twins, 2), np.repeat(2 * twins - 1, 2))
    return Lattice(
        scores,
        np.insert(columns, twins, blanks),
        blank_scores,
        np.insert(lattice.gaps, twins, lattice.gaps[twins]),
    ), owners


class _Block:
    """Scores of the best way to every state, in some consecutive frames of a lattice.

    Column n + 1 of `_label` is label n, column n of `_blank` the blank before it; column 0 of
    `_label` is nowhere. Row 0 is the frame before the first.
    """

    def __init__(self, lattice: Lattice) -> None:
        self._lattice = lattice
        frames, labels = len(lattice.label_scores), len(lattice.columns)
        self.rows = min(frames, max(isqrt(frames), BLOCK // (2 * (labels + 1))))
        self.starts = range(0, frames, self.rows)
        self._filled = 0
        self._label = np.empty((self.rows + 1, labels + 1))
        self._blank = np.empty((self.rows + 1, labels + 1))
        self._label[0], self._label[:, 0], self._blank[0] = -np.inf, -np.inf, -np.inf
        self._blank[0, 0] = 0.0

    def last_row(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """A copy of the scores in the last frame that was filled."""
        return self._label[self._filled].copy(), self._blank[self._filled].copy()

    def restart(self, entry: tuple[NDArray[np.float64], NDArray[np.float64]]) -> None:
        """Begin after a frame with these scores."""
        self._filled = 0
        self._label[0], self._blank[0] = entry

    def fill(self, start: int) -> None:
        """Compute the scores of the frames from `start` on, after the last one that was filled."""
        self.restart(self.last_row())
        window = slice(start, start + self.rows)
        emitted = self._lattice.label_scores[window].take(self._lattice.columns, axis=1)
        gap_scores = self._lattice.gap_scores[window]
        self._filled = len(emitted)
        label, blank = self._label[: self._filled + 1], self._blank[: self._filled + 1]
        for was_label, was_blank, now_label, now_blank, heard, worth, gains in zip(
            label[:-1],
            blank[:-1],
            label[1:, 1:],
            blank[1:],
            emitted,
            gap_scores,
            (gap_scores != 0.0).any(axis=1),
            strict=True,
        ):
            # Whoever may go on to a blank may also go on to the label after it.
            np.maximum(was_blank, was_label, out=now_blank)
            np.maximum(was_label[1:], now_blank[:-1], out=now_label)
            np.add(now_label, heard, out=now_label)
            if gains:
                np.add(now_blank, worth.take(self._lattice.gaps), out=now_blank)

    def best_end(self) -> int:
        """The better of the last label and the blank after it, in the last frame."""
        label, blank = self._label[self._filled, -1], self._blank[self._filled, -1]
        last = 2 * (self._label.shape[1] - 2)
        return last + 1 if blank >= label else last

    def trace(self, state: int, path: NDArray[np.intp]) -> int:
        """Write the states that lead to `state` in the last frame; the one before them all."""
        label, blank = self._label, self._blank
        for row in range(self._filled, 0, -1):
            path[row - 1] = state
            column, in_blank = (state + 1) // 2, state % 2
            passed = label[row - 1, column]
            if in_blank:
                state -= int(passed > blank[row - 1, column])
                continue
            stays, rests = label[row - 1, column + 1], blank[row - 1, column]
            if stays < rests or stays < passed:
                state -= 1 if rests >= passed else 2
        return state

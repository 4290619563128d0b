"""From what a decoder's attention looks at while it writes each token, to when each token starts.

Source: some of Whisper's cross-attention heads look at where a token sounds while they write it;
what to do with their weights is "word-level timestamps" in OpenAI's whisper, and the way through
them dynamic time warping: Sakoe and Chiba, "Dynamic Programming Algorithm Optimization for Spoken
Word Recognition" (1978), with steps of the same weight.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.whisper.shape import FRAME

Floats = NDArray[np.float32]

MEDIAN = 7
"""Frames over which the attention is smoothed."""
MIDDLE_OF_SEVEN = (
    *((0, 5), (0, 3), (1, 6), (2, 4), (0, 1), (3, 5), (2, 6)),
    *((2, 3), (3, 6), (4, 5), (1, 4), (1, 3), (3, 4)),
)
"""Pairs to be put in order, one after the other, until the median is in the middle: the network of
Devillard, "Fast median search: an ANSI C implementation" (1998). Six times as fast as sorting."""
ROUNDING = 1e-6
"""What differs by no more than this part of its mean does not differ."""
STAY, BOTH, NEXT_TOKEN = range(3)
"""Steps to a cell: in the same token to the next frame; to both the next; in the same frame."""


def token_starts(attention: Sequence[Floats], prompt: int) -> list[NDArray[np.float64]]:
    """When each token of some texts starts, and the last of them ends.

    Args:
        attention: for each text the weights of the heads that follow the sound, shape (heads,
            prompt + tokens + 1, frames), softmax over the frames of its sound; the decoder was
            given the prompt, the text and the end token.
        prompt: tokens before each text, 1 at least.

    Returns:
        For each text seconds of shape (tokens + 1,). While it reads a token, a decoder looks at
        where the next one sounds.

    Raises:
        ValueError: as `warp`.
    """
    looks = [smoothed(weights)[prompt - 1 : -1] for weights in attention]
    return [frames * FRAME for frames in warp([-each for each in looks])]


def smoothed(weights: Floats) -> Floats:
    """How much more than at other times each frame is looked at, shape (tokens, frames).

    The mean of the heads, each of which has, in each frame, mean 0 and variance 1 over the tokens
    (all 0 where the tokens look at the frame alike), and is then the median of `MEDIAN` frames,
    reflected at both ends. It takes the memory of a dozen times the result.

    Args:
        weights: shape (heads, tokens, frames), at least one of each.
    """
    total = np.zeros(weights.shape[1:], np.float32)
    for head in weights:
        total += _median(_standardised(head))
    total /= len(weights)
    return total


def _standardised(head: Floats) -> Floats:
    mean, deviation = head.mean(axis=0), head.std(axis=0)
    alike = deviation <= ROUNDING * mean
    return np.where(alike, np.float32(0), (head - mean) / np.where(alike, np.float32(1), deviation))


def _median(rows: Floats) -> Floats:
    frames = rows.shape[1]
    padded = np.pad(rows, ((0, 0), (MEDIAN // 2, MEDIAN // 2)), "reflect")
    shifted = [padded[:, shift : shift + frames] for shift in range(MEDIAN)]
    for low, high in MIDDLE_OF_SEVEN:
        one, other = shifted[low], shifted[high]
        shifted[low], shifted[high] = np.minimum(one, other), np.maximum(one, other)
    return shifted[MEDIAN // 2]


def warp(costs: Sequence[Floats]) -> list[NDArray[np.intp]]:
    """The frame in which the cheapest way through each matrix enters each token.

    A way leads from the first token in the first frame to the last in the last, and each step to
    the next frame, the next token or both; it costs the sum of its cells, added in float32. Of
    equally cheap ways it is the one that, seen from the end, first stays in a token where another
    enters it, or else enters token and frame at once.

    All matrices are searched together, along their diagonals; that takes 5 bytes a cell of a
    matrix that is as long and as wide as the largest, for each of them.

    Args:
        costs: matrices of shape (tokens, frames), each of its own, at least one token and frame.

    Returns:
        For each matrix frames of shape (tokens,).

    Raises:
        ValueError: a matrix is empty, or holds a value that is not finite.
    """
    for cost in costs:
        if not (cost.size and np.isfinite(cost).all()):
            raise ValueError(f"no way through a matrix of {cost.shape}: it is empty or not finite")
    if not costs:
        return []
    steps = _steps(_side_by_side(costs))
    return [_entered(steps[:, row], *cost.shape) for row, cost in enumerate(costs)]


def _side_by_side(costs: Sequence[Floats]) -> Floats:
    """Each matrix in the corner of one as large as the largest, with a column of zeros beside it.

    Returns:
        shape (matrices, tokens, frames + 1).
    """
    tokens, frames = np.max([cost.shape for cost in costs], axis=0)
    padded = np.zeros((len(costs), tokens, frames + 1), np.float32)
    for room, cost in zip(padded, costs, strict=True):
        room[: cost.shape[0], : cost.shape[1]] = cost
    return padded


def _steps(padded: Floats) -> NDArray[np.uint8]:
    """The last step of the cheapest way to each cell.

    What a diagonal holds outside of its matrix leads to no cell inside.

    Args:
        padded: matrices side by side, shape (matrices, tokens, frames + 1).

    Returns:
        shape (tokens + frames - 1, matrices, tokens), the first being the sum of token and frame.
    """
    matrices, tokens, frames = padded.shape[0], padded.shape[1], padded.shape[2] - 1
    steps = np.empty((tokens + frames - 1, matrices, tokens), np.uint8)
    cells, behind = padded.reshape(matrices, -1), (tokens - 1) * frames + 1
    # Column n + 1 is token n; column 0 is nowhere, from where the first cell is entered.
    nowhere = np.full((matrices, tokens + 1), np.inf, np.float32)
    before, last = nowhere.copy(), nowhere
    before[:, 0] = 0.0
    for diagonal, step in enumerate(steps):
        both, alone, stay = before[:, :-1], last[:, :-1], last[:, 1:]
        best = np.minimum(np.minimum(both, alone), stay)
        step[:] = np.where(stay == best, STAY, np.where(both == best, BOTH, NEXT_TOKEN))
        before, last = last, nowhere.copy()
        last[:, 1:] = best + cells[:, diagonal : diagonal + behind : frames]
    return steps


def _entered(steps: NDArray[np.uint8], tokens: int, frames: int) -> NDArray[np.intp]:
    """The first frame of each token on the way back from the last cell."""
    entered = np.zeros(tokens, np.intp)
    token, frame = tokens - 1, frames - 1
    while token:
        step = steps[token + frame, token]
        if step != STAY:
            entered[token] = frame
            token -= 1
        if step != NEXT_TOKEN:
            frame -= 1
    return entered

"""WhisperX's search for the best path through the tokens of a text (`whisperx.py`).

It is not CTC's: staying on a token costs what blank costs, whatever the token, and between two
equal tokens no blank is needed. The recurrence is that of torchaudio's forced alignment tutorial.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def best_path(tokens: Floats, blank: Floats) -> tuple[NDArray[np.intp], NDArray[np.float64]] | None:
    """WhisperX's best path.

    Args:
        tokens: log-probability of each token in each frame, shape (frames, tokens).
        blank: log-probability of blank in each frame, shape (frames,).

    Returns:
        The frame in which each token begins and, behind them, where the last one ends, shape
        (tokens + 1,); and the mean probability of each token's frames, shape (tokens,). None where
        no path leads through all tokens.
    """
    end, entered = _search(tokens, blank)
    begins = _begins(entered[:end])
    if begins is None:
        return None
    likely = _probabilities(blank[:end])
    likely[begins] = _probabilities(tokens[begins, np.arange(len(begins))])
    bounds = np.append(begins, end)
    return bounds, np.add.reduceat(likely, begins) / np.diff(bounds)


def _probabilities(log_probs: Floats) -> NDArray[np.float64]:
    """From float32 logarithms, as precise as float32."""
    return np.exp(log_probs.astype(np.float64)).astype(np.float32).astype(np.float64)


def _search(tokens: Floats, blank: Floats) -> tuple[int, NDArray[np.bool_]]:
    """WhisperX's trellis: a frame stays on a token at blank's price, or enters the next token.

    Sums are float32 and in WhisperX's order, so that ties fall as they do there.

    Returns:
        The number of frames after which the text ends best, and whether a frame enters a token
        (and does not stay on it), shape (frames, tokens).
    """
    frames, count = tokens.shape
    silence = np.cumsum(blank, dtype=np.float64).astype(np.float32)
    best = np.full(count + 1, -np.inf, np.float32)
    reached, before = best[1:], best[:-1]
    best[0] = 0.0
    stay, enter = np.empty_like(reached), np.empty_like(reached)
    entered = np.empty((frames, count), np.bool_)
    ends = [best[-1]]
    for frame, price in enumerate(blank[:, np.newaxis]):
        np.add(reached, price, out=stay)
        np.add(before, tokens[frame], out=enter)
        np.greater(enter, stay, out=entered[frame])
        np.maximum(stay, enter, out=reached)
        best[0] = silence[frame]
        ends.append(best[-1])
    return int(np.argmax(ends)), entered


def _begins(entered: NDArray[np.bool_]) -> NDArray[np.intp] | None:
    """The frame in which each token is entered, from the last one back; None where one is not."""
    token = entered.shape[1]
    begins = np.empty(token, np.intp)
    for frame in reversed(range(len(entered))):
        if entered[frame, token - 1]:
            token -= 1
            begins[token] = frame
            if not token:
                return begins
    return None

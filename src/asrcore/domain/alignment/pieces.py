"""Long sound in pieces that a model takes, and the emissions of the pieces as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from asrcore.domain.alignment.emissions import Emissions
from asrcore.domain.audio import Audio
from asrcore.domain.chunking import ChunkLimits, chunk_speech
from asrcore.domain.timespan import TimeSpan

PIECE = ChunkLimits(max_duration=30.0)
GRID = 0.02
"""Seconds: pieces begin on a multiple of this, the usual frame, so that frames stay in step."""
CERTAIN, IMPOSSIBLE = 0.0, -100.0
"""Log-probabilities."""


def pieces(audio: Audio) -> list[TimeSpan]:
    """All of a sound in spans of about `PIECE` at most, cut where it is quiet."""
    chunks = chunk_speech((audio.span,), audio, PIECE, exact=True)
    cuts = [round(chunk.pieces[0].start / GRID) * GRID for chunk in chunks[1:]]
    bounds = [0.0, *cuts, audio.duration]
    return [TimeSpan(*each) for each in pairwise(bounds)]


def joined(parts: Sequence[tuple[float, Emissions]], blank: int) -> Emissions:
    """Emissions of consecutive pieces as those of the whole, blanks between them.

    Args:
        parts: for each piece its start in seconds and its emissions; any order.
        blank: the column of the blank.
    """
    if len(parts) == 1:
        return parts[0][1]
    first = parts[0][1]
    placed = [(round(start / first.frame_duration), each.log_probs) for start, each in parts]
    frames = max(start + len(log_probs) for start, log_probs in placed)
    whole = np.full((frames, first.log_probs.shape[1]), IMPOSSIBLE, np.float32)
    whole[:, blank] = CERTAIN
    for start, log_probs in sorted(placed, key=lambda part: part[0]):
        whole[start : start + len(log_probs)] = log_probs
    return Emissions(whole, first.frame_duration)

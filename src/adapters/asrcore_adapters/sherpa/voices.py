"""Which sound of a recording tells a speaker's voice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.diarization import Diarization, Embedding, SpeakerTurn

ENOUGH = 30.0
"""Seconds after which a voice is known as well as it will be."""
LEAST = 1.0
"""Seconds below which a voice is not known well enough to be told."""


def stretches_of(speaker: str, found: Diarization) -> list[tuple[int, int]]:
    """First and behind last sample of a speaker's longest exclusive turns, up to `ENOUGH`.

    They are empty for who has less than `LEAST` of them, but never for the main speaker, who has
    his other turns where somebody speaks over each of them.
    """
    own = _of(speaker, found.exclusive)
    if speaker == found.main_speaker:
        own = own or _of(speaker, found.turns)
    elif sum(turn.span.duration for turn in own) < LEAST:
        return []
    return _longest(own)


def _of(speaker: str, turns: Sequence[SpeakerTurn]) -> list[SpeakerTurn]:
    return [turn for turn in turns if turn.speaker == speaker]


def _longest(turns: list[SpeakerTurn]) -> list[tuple[int, int]]:
    stretches = []
    room = round(ENOUGH * SAMPLE_RATE)
    for turn in sorted(turns, key=lambda turn: -turn.span.duration):
        start, end = (round(time * SAMPLE_RATE) for time in (turn.span.start, turn.span.end))
        stretches.append((start, min(end, start + room)))
        room -= end - start
        if room <= 0:
            break
    return stretches


def unit(voice: Sequence[float] | None) -> Embedding | None:
    """A voice of length 1; None for one that has no direction."""
    point = np.asarray(voice or (), np.float64)
    length = float(np.linalg.norm(point))
    return tuple(map(float, point / length)) if np.isfinite(length) and length > 0 else None

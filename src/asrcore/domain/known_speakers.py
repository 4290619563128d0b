"""Who of those whose voices are known speaks in a recording."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import chain
from operator import mul

from asrcore.domain.diarization import Embedding


def identify(
    voices: Mapping[str, Embedding], known: Mapping[str, Embedding], similarity: float
) -> dict[str, str]:
    """Names for speakers, by the cosine between their voices and known ones.

    The most similar pair is taken first, of equals the first by speaker and by name; then each of
    the two is taken. So nobody has two names, and no name is given twice. A voice without any
    length, or with a number that is none, is nobody's.

    Args:
        voices: the diarizer's speaker -> voice.
        known: name -> voice, of the same model.
        similarity: the least cosine, -1 to 1, with which two voices are one person's.

    Returns:
        the diarizer's speaker -> name, of those who are known.

    Raises:
        ValueError: the voices are not of one length, so not of one model.
    """
    _check_lengths(voices, known)
    pairs = sorted(
        (-cosine, speaker, name)
        for speaker, voice in voices.items()
        for name, other in known.items()
        if (cosine := _cosine(voice, other)) >= similarity
    )
    found: dict[str, str] = {}
    for _, speaker, name in pairs:
        if speaker not in found and name not in found.values():
            found[speaker] = name
    return found


def _check_lengths(voices: Mapping[str, Embedding], known: Mapping[str, Embedding]) -> None:
    lengths = {
        len(voice): speaker for speaker, voice in chain(voices.items(), known.items()) if voice
    }
    if len(lengths) > 1:
        told = " and ".join(f"{lengths[length]}'s {length}" for length in sorted(lengths))
        raise ValueError(f"voices of one model have as many numbers each, not {told}")


def _cosine(one: Embedding, other: Embedding) -> float:
    """Of the angle between two voices, but for float noise; NaN where one has no direction."""
    lengths = math.hypot(*one) * math.hypot(*other)
    return round(sum(map(mul, one, other)) / lengths, 9) if lengths else math.nan

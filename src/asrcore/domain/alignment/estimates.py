"""Times for words that were not heard: put where they must be, and marked so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word


def spread(words: Sequence[str], duration: float, score: float | None) -> list[Word]:
    """Words over a stretch of sound, each with a share that goes by its length in characters."""
    lengths = list(accumulate((len(word) for word in words), initial=0))
    bounds = [duration * (length / (lengths[-1] or 1)) for length in lengths]
    return [
        Word(word, TimeSpan(start, end), score, estimated=True)
        for word, (start, end) in zip(words, pairwise(bounds), strict=True)
    ]


def fill_in(words: Sequence[Word], duration: float) -> list[Word]:
    """Give each word without a time the moment at which the word before it ends.

    What comes before the first timed word gets the moment at which that begins; without any timed
    word, the end of the sound.
    """
    timed = [word.span for word in words if word.span is not None]
    moment = timed[0].start if timed else duration
    filled = []
    for word in words:
        if word.span is None:
            filled.append(replace(word, span=TimeSpan(moment, moment), estimated=True))
        else:
            moment = word.span.end
            filled.append(word)
    return filled


def completed(words: Sequence[str], aligned: Sequence[Word], duration: float) -> list[Word]:
    """Words with times, whatever an aligner found of them: none, some or all.

    Args:
        words: as written.
        aligned: the same with times, or nothing.
        duration: of the stretch in which they are said, in seconds.
    """
    if any(word.span is not None for word in aligned):
        return fill_in(aligned, duration)
    return spread(words, duration, score=0.0)

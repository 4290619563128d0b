"""From a chunk's tokens to segments with times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment
from asrcore.domain.whisper.judging import Decoded
from asrcore.domain.whisper.shape import FRAME

LEAST_PROGRESS = 1.0
"""Seconds to have been heard, at least, for the rest to be worth another try."""
LEAST_REST = 0.5
"""Seconds below which a rest is not worth one."""


def segments_of(
    decoded: Decoded,
    duration: float,
    timestamp_begin: int,
    detokenize: Callable[[Sequence[int]], str],
    language: str | None,
) -> Iterator[Segment]:
    """Cut a chunk's tokens at its timestamp tokens; text without an end goes to the chunk's end.

    Text that begins at the chunk's end or later was heard in the padding, and is left out.

    Args:
        decoded: the chunk's tokens and measures.
        duration: seconds of the chunk; no segment goes beyond.
        timestamp_begin: id of the token for 0.00 s.
        detokenize: token ids to text.
        language: written into each segment.
    """
    for start, end, tokens in _stretches(decoded.tokens, duration, timestamp_begin):
        text = detokenize(tokens).strip()
        if text and start < duration:
            yield Segment(
                TimeSpan(start, max(start, end)),
                text,
                language=language,
                avg_logprob=decoded.avg_logprob,
                no_speech_prob=decoded.no_speech_prob,
                compression_ratio=decoded.compression_ratio,
                temperature=decoded.temperature,
            )


def _stretches(
    tokens: Sequence[int], duration: float, timestamp_begin: int
) -> Iterator[tuple[float, float, list[int]]]:
    start, text = 0.0, list[int]()
    for token in tokens:
        if token < timestamp_begin:
            text.append(token)
            continue
        time = min(duration, (token - timestamp_begin) * FRAME)
        yield start, time, text
        start, text = time, []
    yield start, duration, text


def resume_at(tokens: Sequence[int], duration: float, timestamp_begin: int) -> float | None:
    """Where an engine left off, in seconds from the chunk's start; None where it heard all.

    Whisper closes the last finished segment with two timestamps where it heard another one begin
    and did not finish it; what follows the second has to be heard once more, from there on.

    Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 3.8.
    """
    if len(tokens) < 2 or min(tokens[-2:]) < timestamp_begin:
        return None
    time = (tokens[-1] - timestamp_begin) * FRAME
    return time if LEAST_PROGRESS <= time <= duration - LEAST_REST else None

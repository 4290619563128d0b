"""From a detector's speech probabilities to spans of speech."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.timespan import TimeSpan


@dataclass(frozen=True, slots=True)
class SpeechThresholds:
    """When probabilities count as speech; all times in seconds.

    Attributes:
        onset: speech begins at this probability.
        offset: it goes on until the probability falls below this.
        min_speech: shorter spans are dropped (clicks).
        min_silence: shorter silences do not end a span.
        pad: added to each side, so that soft word edges survive.
    """

    onset: float = 0.5
    offset: float = 0.35
    min_speech: float = 0.1
    min_silence: float = 0.16
    pad: float = 0.4


def speech_spans(
    probabilities: NDArray[np.float32],
    frame: float,
    duration: float,
    thresholds: SpeechThresholds,
) -> tuple[TimeSpan, ...]:
    """Binarise frame probabilities with hysteresis.

    Args:
        probabilities: shape (frames,), 0 to 1.
        frame: seconds per frame.
        duration: seconds of the recording; no span goes beyond.
        thresholds: see there.

    Source of the algorithm: hysteresis thresholding as in pyannote's `Binarize` and Silero's
    `get_speech_timestamps`, without their cut of long spans (chunking does that).
    """
    min_silence, min_speech = (
        round(seconds / frame, 6) for seconds in (thresholds.min_silence, thresholds.min_speech)
    )
    runs = _runs(probabilities.tolist(), thresholds, min_silence)
    lasting = (run for run in runs if run[1] - run[0] >= min_speech)
    raw = (TimeSpan(first * frame, last * frame) for first, last in lasting)
    padded = (span.pad(thresholds.pad) & TimeSpan(0.0, duration) for span in raw)
    return tuple(merge_touching(span for span in padded if span is not None))


def _runs(
    probabilities: Sequence[float], thresholds: SpeechThresholds, min_silence: float
) -> Iterator[tuple[int, int]]:
    """First and behind-last frame of each run of speech; `min_silence` counts frames, too."""
    start: int | None = None
    silent_since: int | None = None
    for now, probability in enumerate(probabilities):
        if start is None:
            if probability >= thresholds.onset:
                start, silent_since = now, None
        elif probability >= thresholds.offset:
            silent_since = None
        else:
            silent_since = now if silent_since is None else silent_since
            if now + 1 - silent_since >= min_silence:
                yield start, silent_since
                start = None
    if start is not None:
        yield start, len(probabilities) if silent_since is None else silent_since


def merge_touching(spans: Iterable[TimeSpan]) -> Iterator[TimeSpan]:
    """Join spans that meet or overlap; the result is in order and disjoint."""
    current: TimeSpan | None = None
    for span in sorted(spans):
        if current is None:
            current = span
        elif span.start <= current.end:
            current |= span
        else:
            yield current
            current = span
    if current is not None:
        yield current

"""Who says each word: the package's rule, on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from asrcore.domain.attribution.choice import choose
from asrcore.domain.attribution.spans import Floats, Integers, Spans
from asrcore.domain.attribution.timeline import Timeline
from asrcore.domain.diarization import Diarization
from asrcore.domain.language import CLOSING, FULL_STOPS
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word

NEAREST_LIMIT = 1.0
"""Seconds: a word in silence is nobody's who speaks no nearer than this."""
FAINT = 0.01
"""Seconds of speech that a second of distance is worth: it decides only where speech does not."""
SILENT = 1e-6
"""Seconds of speech that are no more than noise of the arithmetic."""
NOBODY = -1
"""In place of a speaker's number."""

_LAST = frozenset("".join(FULL_STOPS) + CLOSING)


def speakers_of(segments: Sequence[Segment], diarization: Diarization) -> list[str | None]:
    """Who says each word of all segments; one without words counts as a word."""
    words = [word for segment in segments for word in segment.words or (_word(segment),)]
    timeline = Timeline(diarization)
    if not words or not timeline.names:
        return [None] * len(words)
    places = Spans.of(_places(segments, words))
    numbers = _numbers(timeline, places, _sentences(segments, words))
    speakers: list[str | None] = np.array((*timeline.names, None), np.object_)[numbers].tolist()
    return speakers


def _word(segment: Segment) -> Word:
    return Word(segment.text, segment.span)


def _places(segments: Sequence[Segment], words: Sequence[Word]) -> list[TimeSpan]:
    """When each word sounds."""
    timed = [word.span for word in words if word.span is not None]
    if len(timed) == len(words):
        return timed
    return [place for segment in segments for place in _filled(segment)]


def _filled(segment: Segment) -> list[TimeSpan]:
    """The spans of its words, untimed ones with those before; its own where it tells no other."""
    spans = [word.span for word in segment.words or (_word(segment),)]
    first = next((span for span in spans if span is not None), segment.span)
    return list(accumulate(spans, lambda last, span: span or last, initial=first))[1:]


def _sentences(segments: Sequence[Segment], words: Sequence[Word]) -> Integers:
    """The words with which sentences begin."""
    after = [
        index
        for index, word in enumerate(words, 1)
        if (last := word.text[-1:]) in _LAST
        and (last in FULL_STOPS or word.text.rstrip(CLOSING).endswith(FULL_STOPS))
    ]
    begins = np.zeros(len(words) + 1, np.bool_)
    begins[0] = True
    begins[after] = True
    begins[list(accumulate([len(segment.words) or 1 for segment in segments]))] = True
    return np.flatnonzero(begins[:-1])


def _numbers(timeline: Timeline, words: Spans, sentences: Integers) -> Integers:
    lacking, heard = timeline.lacking(words)
    silent = heard <= SILENT
    distances = timeline.distances(words.only(silent))
    lacking[silent] += FAINT * np.minimum(distances, NEAREST_LIMIT)
    numbers = choose(lacking, sentences)
    numbers[silent] = _within_reach(numbers[silent], distances)
    return numbers


def _within_reach(numbers: Integers, distances: Floats) -> Integers:
    """To whom words in silence are given, or else whoever is nearest, or else nobody."""
    chosen = np.take_along_axis(distances, numbers[:, None], axis=1)[:, 0]
    nearest = np.where(distances.min(axis=1) <= NEAREST_LIMIT, distances.argmin(axis=1), NOBODY)
    return np.where(chosen <= NEAREST_LIMIT, numbers, nearest)

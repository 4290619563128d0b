"""Words times turns: who says what."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate

from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment

NEAREST_LIMIT = 1.0
"""Seconds: a word outside every turn belongs to the nearest one within this distance."""


class TurnIndex:
    """Turns, ready to be asked who speaks during a span.

    The rule: the speaker who speaks longest during the span; of equals, whose turn is first.
    Where nobody speaks, the speaker of the nearest turn edge within `NEAREST_LIMIT`, else None.
    """

    def __init__(self, diarization: Diarization) -> None:
        self._turns = diarization.turns
        self._starts = [turn.span.start for turn in self._turns]
        self._latest_ends = list(accumulate((turn.span.end for turn in self._turns), max))

    def speaker_during(self, span: TimeSpan) -> str | None:
        """Who speaks during `span`, by the rule above."""
        nearby = self._turns_near(span)
        overlaps: defaultdict[str, float] = defaultdict(float)
        for turn in nearby:
            if (seconds := turn.span.overlap(span)) > 0:
                overlaps[turn.speaker] += seconds
        if overlaps:
            return max(overlaps, key=lambda speaker: round(overlaps[speaker], 6))
        nearest = min(nearby, key=lambda turn: turn.span.distance(span), default=None)
        return nearest.speaker if nearest is not None else None

    def _turns_near(self, span: TimeSpan) -> list[SpeakerTurn]:
        first = bisect_left(self._latest_ends, span.start - NEAREST_LIMIT)
        last = bisect_right(self._starts, span.end + NEAREST_LIMIT)
        return [
            turn for turn in self._turns[first:last] if turn.span.distance(span) <= NEAREST_LIMIT
        ]


def attribute(segments: Iterable[Segment], diarization: Diarization) -> tuple[Segment, ...]:
    """Give every timed word its speaker, and every segment the one who says most of it."""
    index = TurnIndex(diarization)
    return tuple(_attribute_segment(segment, index) for segment in segments)


def _attribute_segment(segment: Segment, index: TurnIndex) -> Segment:
    words = tuple(
        word if word.span is None else replace(word, speaker=index.speaker_during(word.span))
        for word in segment.words
    )
    spoken = Counter(word.speaker for word in words if word.speaker is not None)
    if not spoken:
        return replace(segment, words=words, speaker=index.speaker_during(segment.span))
    return replace(segment, words=words, speaker=spoken.most_common(1)[0][0])

"""What a timeline shows of a document: a lane a speaker, with turns, words, and wrong words."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from asrcore.domain.annotation import Annotation
from asrcore.domain.diarization import SpeakerTurn
from asrcore.domain.timespan import TimeSpan


@dataclass(frozen=True, slots=True)
class Lane:
    """One speaker's speech.

    Attributes:
        speaker: as the document calls it; None for speech whose speaker is not told.
        turns: stretches of speech.
        words: words that both documents have.
        wrong: words that the other document lacks, or has otherwise.
    """

    speaker: str | None
    turns: list[TimeSpan] = field(default_factory=list)
    words: list[TimeSpan] = field(default_factory=list)
    wrong: list[TimeSpan] = field(default_factory=list)

    @property
    def end(self) -> float:
        """When the last of it ends, in seconds."""
        return max((span.end for span in (*self.turns, *self.words, *self.wrong)), default=0.0)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    span: TimeSpan | None
    speaker: str | None


def lanes(annotation: Annotation, other: Annotation) -> list[Lane]:
    """One document's lanes, its words judged by the other's."""
    turns = annotation.diarization.turns if annotation.diarization else ()
    found: dict[str | None, Lane] = {}
    for speaker, span in (*_speakers(turns), *_unattributed(annotation)):
        found.setdefault(speaker, Lane(speaker)).turns.append(span)
    whose = _Speaking(turns)
    for token, right in zip(_tokens(annotation), _judged(annotation, other), strict=True):
        if token.span is not None:
            speaker = token.speaker or whose.at(token.span.midpoint)
            lane = found.setdefault(speaker, Lane(speaker))
            (lane.words if right else lane.wrong).append(token.span)
    return list(found.values())


def partners(reference: Sequence[Lane], hypothesis: Sequence[Lane]) -> Mapping[str | None, int]:
    """For each lane of the hypothesis that of the reference whose speaker it shares most time with.

    Lanes that share none, or come too late to get one, are numbered on beyond the reference's.
    """
    shared = sorted(
        (
            (-_overlap(mine.turns, theirs.turns), row, theirs.speaker)
            for row, mine in enumerate(reference)
            for theirs in hypothesis
            if mine.speaker is not None and theirs.speaker is not None
        ),
        key=lambda found: found[:2],
    )
    rows: dict[str | None, int] = {}
    for seconds, row, speaker in shared:
        if seconds < 0 and speaker not in rows and row not in rows.values():
            rows[speaker] = row
    left = (lane.speaker for lane in hypothesis if lane.speaker not in rows)
    return rows | {speaker: len(reference) + extra for extra, speaker in enumerate(left)}


def _speakers(turns: Sequence[SpeakerTurn]) -> list[tuple[str | None, TimeSpan]]:
    return [(turn.speaker, turn.span) for turn in turns]


def _unattributed(annotation: Annotation) -> list[tuple[str | None, TimeSpan]]:
    """Utterances that neither they nor the turns attribute to anyone."""
    if annotation.turns is not None:
        return []
    return [
        (None, utterance.span)
        for utterance in annotation.utterances or ()
        if utterance.span is not None
        and utterance.speaker is None
        and not any(word.speaker for word in utterance.words)
    ]


class _Speaking:
    """Who speaks at a moment, as far as turns tell."""

    def __init__(self, turns: Sequence[SpeakerTurn]) -> None:
        self._turns = turns
        self._starts = [turn.span.start for turn in turns]
        self._longest = max((turn.span.duration for turn in turns), default=0.0)

    def at(self, moment: float) -> str | None:
        first = bisect_right(self._starts, moment - self._longest - 1e-9)
        for turn in self._turns[first : bisect_right(self._starts, moment)]:
            if moment <= turn.span.end:
                return turn.speaker
        return None


def _tokens(annotation: Annotation) -> list[_Token]:
    """All words; those of an utterance that does not list them have no times."""
    return [
        token
        for utterance in annotation.utterances or ()
        for token in (
            [
                _Token(word.text, word.span, word.speaker or utterance.speaker)
                for word in utterance.words
            ]
            or [_Token(text, None, utterance.speaker) for text in utterance.text.split()]
        )
    ]


def _judged(annotation: Annotation, other: Annotation) -> list[bool]:
    """For each word whether the other document has it, too; all, where that tells no text."""
    mine, theirs = (_keys(_tokens(each)) for each in (annotation, other))
    if other.utterances is None:
        return [True] * len(mine)
    right = [False] * len(mine)
    for start, _, length in SequenceMatcher(None, mine, theirs, False).get_matching_blocks():
        right[start : start + length] = [True] * length
    return right


def _keys(tokens: Sequence[_Token]) -> list[str]:
    """Words as they are compared: without case and punctuation."""
    return [
        "".join(sign for sign in token.text.casefold() if unicodedata.category(sign)[0] not in "PS")
        for token in tokens
    ]


def _overlap(some: Sequence[TimeSpan], others: Sequence[TimeSpan]) -> float:
    """Seconds that both cover; each list is in order of time."""
    by_second: defaultdict[int, list[TimeSpan]] = defaultdict(list)
    for span in others:
        for second in range(int(span.start), int(span.end) + 1):
            by_second[second].append(span)
    return sum(
        each.overlap(other)
        for each in some
        for other in {
            span
            for second in range(int(each.start), int(each.end) + 1)
            for span in by_second.get(second, ())
        }
    )

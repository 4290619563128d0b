"""From segments to subtitle cues that fit a screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from asrcore.domain.language import join_words
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Transcript, Word


@dataclass(frozen=True, slots=True)
class CueLimits:
    """What fits: characters a line, lines, seconds; and the pause that ends a cue."""

    line_length: int = 42
    lines: int = 2
    duration: float = 7.0
    pause: float = 1.5


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle: when it shows, its lines, and who speaks."""

    span: TimeSpan
    lines: tuple[str, ...]
    speaker: str | None = None


def cues(transcript: Transcript, limits: CueLimits = CueLimits()) -> Iterator[Cue]:
    """Cut a transcript into cues.

    A segment whose words are all timed is cut where it grows too long, pauses or changes its
    speaker; one whose words are not is a cue of its own, since any cut would invent a time.
    What holds no text is no cue.
    """
    return (cue for cue in _cues(transcript, limits) if cue.lines)


def _cues(transcript: Transcript, limits: CueLimits) -> Iterator[Cue]:
    for segment in transcript.segments:
        language = segment.language or transcript.language
        timed = _timed(segment)
        if timed:
            for run in _runs(timed, language, limits):
                span = run[0][1] | run[-1][1]
                text = join_words((word.text for word, _ in run), language)
                yield Cue(span, _wrap(text, limits), run[0][0].speaker)
        else:
            yield Cue(segment.span, _wrap(segment.text, limits), segment.speaker)


_TimedWord = tuple[Word, TimeSpan]


def _timed(segment: Segment) -> list[_TimedWord]:
    """A segment's words if all are timed, else none; the segment speaks for unattributed ones."""
    timed = [
        (replace(word, speaker=word.speaker or segment.speaker), word.span)
        for word in segment.words
        if word.span is not None
    ]
    return timed if len(timed) == len(segment.words) else []


def _runs(
    words: Sequence[_TimedWord], language: str | None, limits: CueLimits
) -> Iterator[list[_TimedWord]]:
    run: list[_TimedWord] = []
    for word in words:
        if run and _ends_before(run, word, language, limits):
            yield run
            run = []
        run.append(word)
    yield run


def _ends_before(
    run: Sequence[_TimedWord], following: _TimedWord, language: str | None, limits: CueLimits
) -> bool:
    (first, begun), (_, sounding), (word, span) = run[0], run[-1], following
    text = join_words((each.text for each, _ in (*run, following)), language)
    return (
        word.speaker != first.speaker
        or sounding.distance(span) > limits.pause
        or (begun | span).duration > limits.duration
        or len(textwrap.wrap(text, limits.line_length)) > limits.lines
    )


def _wrap(text: str, limits: CueLimits) -> tuple[str, ...]:
    return tuple(textwrap.wrap(text, limits.line_length))


def timestamp(seconds: float, decimal_mark: str = ".") -> str:
    """`HH:MM:SS.mmm`, rounded to milliseconds; hours may exceed two digits."""
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    whole, milliseconds = divmod(milliseconds, 1000)
    return f"{hours:02d}:{minutes:02d}:{whole:02d}{decimal_mark}{milliseconds:03d}"

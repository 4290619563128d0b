"""NIST's words with their times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, TextIO

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.plugin import Options, Placement
from asrcore_adapters.readers.document import Line, recordings, records

ALTERNATIVES = ("<ALT_BEGIN>", "<ALT>", "<ALT_END>")
UNKNOWN = ("NA", "<NA>")


class _Heard(NamedTuple):
    channel: str
    span: TimeSpan
    text: str
    score: float | None

    @property
    def start(self) -> float:
        return self.span.start


class CtmReader:
    """`waveform channel begin duration word [confidence]`, a line a word.

    As sclite's manual has it (SCTK, infmts). A waveform is one recording, its words in order of
    time. Where it has one channel, that is one utterance, and nobody is told to speak it; where it
    has several, as telephone calls do, each channel is a speaker, and an utterance ends where
    another begins. Confidences that are no probability (some systems write logarithms) are left
    out.
    """

    extension = "ctm"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def read(self, stream: TextIO) -> Mapping[str, Annotation]:
        """Words with times by waveform.

        Raises:
            InputError: a line lacks columns, has wrong numbers, or leaves a choice of words.
        """
        found: dict[str, list[_Heard]] = {}
        for line in records(stream):
            columns = _columns(line)
            found.setdefault(columns[0], []).append(_heard(line, columns))
        return {
            name: Annotation(tuple(_utterances(words))) for name, words in recordings(found).items()
        }


def _columns(line: Line) -> Sequence[str]:
    columns = line.text.split()
    if not 5 <= len(columns) <= 6:
        raise line.error(
            f"it has {len(columns)} columns",
            "a word is: waveform channel begin duration word [confidence]",
        )
    if columns[4].upper() in ALTERNATIVES:
        raise line.error(f"{columns[4]} leaves a choice of words", "keep one of them")
    return columns


def _heard(line: Line, columns: Sequence[str]) -> _Heard:
    _, channel, begin, duration, word, *confidence = columns
    start = line.seconds(begin, "begin")
    span = line.span(start, start + line.seconds(duration, "duration"))
    return _Heard(channel, span, word, _score(line, confidence[0]) if confidence else None)


def _score(line: Line, written: str) -> float | None:
    if written.upper() in UNKNOWN:
        return None
    score = line.seconds(written, "confidence")
    return score if 0 <= score <= 1 else None


def _utterances(words: Sequence[_Heard]) -> Iterator[Utterance]:
    several = len({word.channel for word in words}) > 1
    for channel, run in groupby(sorted(words, key=attrgetter("start")), attrgetter("channel")):
        yield _utterance(list(run), channel if several else None)


def _utterance(run: Sequence[_Heard], speaker: str | None) -> Utterance:
    span = TimeSpan(run[0].start, max(word.span.end for word in run))
    words = tuple(Word(each.text, each.span, each.score, speaker) for each in run)
    return Utterance(" ".join(word.text for word in words), span, speaker, words)

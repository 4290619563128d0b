"""NIST's segment time marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TextIO

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.timespan import TimeSpan
from asrcore.plugin import Options, Placement
from asrcore_adapters.readers.document import Line, recordings, records

GAP = "inter_segment_gap"
"""The speaker of what lies between segments."""

IGNORED = "ignore_time_segment_in_scoring"
"""The text of a segment that is not scored."""

_LABEL = re.compile(r"<[^>\s]*>(?:\s+|$)")


class StmReader:
    """`waveform channel speaker begin end [<label>] text`, a line an utterance.

    As sclite's manual has it (SCTK, infmts). A waveform is one recording, whatever its channels,
    since channels are mixed before they are transcribed; its utterances come in order of time.
    Gaps and segments that are not to be scored are left out: what a hypothesis says there is
    scored as if the reference said nothing.
    """

    extension = "stm"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def read(self, stream: TextIO) -> Mapping[str, Annotation]:
        """Texts, times and speakers by waveform.

        Raises:
            InputError: a line lacks columns, has wrong times, or leaves a choice of words.
        """
        found: dict[str, list[tuple[TimeSpan, Utterance]]] = {}
        for line in records(stream):
            name, span, utterance = _parsed(line)
            segments = found.setdefault(name, [])
            if utterance.text and not _ignored(utterance):
                segments.append((span, utterance))
        return {
            name: Annotation(tuple(each for _, each in sorted(segments, key=_start)))
            for name, segments in recordings(found).items()
        }


def _start(segment: tuple[TimeSpan, Utterance]) -> float:
    return segment[0].start


def _ignored(utterance: Utterance) -> bool:
    return utterance.speaker == GAP or utterance.text.lower() == IGNORED


def _parsed(line: Line) -> tuple[str, TimeSpan, Utterance]:
    columns = line.text.split(maxsplit=5)
    if len(columns) < 5:
        raise line.error(
            f"it has {len(columns)} columns",
            "a segment is: waveform channel speaker begin end text",
        )
    name, _, speaker, begin, end, *rest = columns
    text = _LABEL.sub("", rest[0], count=1).strip() if rest else ""
    if "{" in text:
        raise line.error("{ a / b } leaves a choice of words", "keep one of them")
    span = line.span(line.seconds(begin, "begin"), line.seconds(end, "end"))
    return name, span, Utterance(text, span, speaker)

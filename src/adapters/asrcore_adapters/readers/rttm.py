"""NIST's speaker turns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TextIO

from asrcore.domain.annotation import Annotation
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.plugin import Options, Placement
from asrcore_adapters.readers.document import Line, recordings, records, shown

SPEAKER = "SPEAKER"
UNKNOWN = ("NA", "<NA>")

_OTHERS = re.compile(
    "SEGMENT|NOSCORE|NO_RT_METADATA|LEXEME|NON-LEX|NON-SPEECH|FILLER|EDIT|IP|SU|CB|A/P|SPKR-INFO"
)
"""Types of lines that tell of no turn (NIST, RT-09 evaluation plan, appendix A)."""


class RttmReader:
    """`SPEAKER waveform channel begin duration <NA> <NA> name <NA> <NA>`, a line a turn.

    Other types of lines are skipped, `NOSCORE` among them. A name means the same speaker in all
    channels of a waveform.
    """

    extension = "rttm"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def read(self, stream: TextIO) -> Mapping[str, Annotation]:
        """Turns by waveform; what is said is not told.

        Raises:
            InputError: a line is of no known type, lacks columns, has wrong times or no name.
        """
        found: dict[str, list[SpeakerTurn]] = {}
        for line in records(stream):
            columns = line.text.split()
            if columns[0] == SPEAKER:
                name, turn = _turn(line, columns)
                found.setdefault(name, []).append(turn)
            elif not _OTHERS.fullmatch(columns[0]):
                raise line.error(f"{shown(columns[0])} is no type of RTTM line", "such as SPEAKER")
        return {
            name: Annotation(turns=Diarization(tuple(turns)))
            for name, turns in recordings(found).items()
        }


def _turn(line: Line, columns: list[str]) -> tuple[str, SpeakerTurn]:
    if not 8 <= len(columns) <= 10:
        raise line.error(
            f"it has {len(columns)} columns",
            "a turn is: SPEAKER waveform channel begin duration <NA> <NA> name <NA> <NA>",
        )
    _, name, _, begin, duration, _, _, speaker, *_ = columns
    if speaker in UNKNOWN:
        raise line.error("the turn has no speaker")
    start = line.seconds(begin, "begin")
    return name, SpeakerTurn(line.span(start, start + line.seconds(duration, "duration")), speaker)

"""NIST's speaker turns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TextIO

from asrcore.domain.annotation import Annotation
from asrcore.domain.diarization import Diarization
from asrcore.domain.transcript import Transcript
from asrcore.plugin import Options, Placement


class RttmWriter:
    """`SPEAKER waveform 1 begin duration <NA> <NA> name <NA> <NA>`, a line a turn.

    The turns are the diarizer's, which may overlap; where nobody diarized, those of the words.
    Columns are parted by spaces, so those within a name become underscores; a name that another
    has become already gets one more. What is shorter than a millisecond is left out.
    """

    extension = "rttm"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def write(self, transcript: Transcript, stream: TextIO) -> None:
        """Write all turns; nothing where nobody speaks."""
        waveform = _column(transcript.name or "recording")
        told = Annotation.of(transcript).diarization or Diarization()
        names = _names(told.speakers)
        for turn in told.turns:
            begin, end = round(turn.span.start, 3), round(turn.span.end, 3)
            if begin < end:
                times = f"{begin:.3f} {end - begin:.3f}"
                name = names[turn.speaker]
                stream.write(f"SPEAKER {waveform} 1 {times} <NA> <NA> {name} <NA> <NA>\n")


def _names(speakers: Iterable[str]) -> dict[str, str]:
    """Speakers as they are written, each another."""
    names: dict[str, str] = {}
    for speaker in speakers:
        column = _column(speaker)
        while column in names.values():
            column += "_"
        names[speaker] = column
    return names


def _column(text: str) -> str:
    """One column; `NA` alone would say that there is nothing in it."""
    column = re.sub(r"\s+", "_", text.strip()) or "_"
    return f"{column}_" if column in ("NA", "<NA>") else column

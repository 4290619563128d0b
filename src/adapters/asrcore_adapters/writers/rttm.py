"""NIST's speaker turns."""

from __future__ import annotations

import re
from typing import TextIO

from asrcore.domain.annotation import Annotation
from asrcore.domain.diarization import Diarization
from asrcore.domain.transcript import Transcript
from asrcore.plugin import Options, Placement


class RttmWriter:
    """`SPEAKER waveform 1 begin duration <NA> <NA> name <NA> <NA>`, a line a turn.

    The turns are the diarizer's, which may overlap; where nobody diarized, those of the words.
    Columns are parted by spaces, so those within a name become underscores.
    """

    extension = "rttm"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def write(self, transcript: Transcript, stream: TextIO) -> None:
        """Write all turns; nothing where nobody speaks."""
        waveform = _column(transcript.name or "recording")
        told = Annotation.of(transcript).diarization or Diarization()
        for turn in told.turns:
            begin, end = round(turn.span.start, 3), round(turn.span.end, 3)
            times = f"{begin:.3f} {end - begin:.3f}"
            name = _column(turn.speaker)
            stream.write(f"SPEAKER {waveform} 1 {times} <NA> <NA> {name} <NA> <NA>\n")


def _column(text: str) -> str:
    return re.sub(r"\s+", "_", text.strip()) or "_"

"""Plain text."""

from __future__ import annotations

from typing import TextIO

from asrcore.domain.transcript import Transcript
from asrcore.plugin import Options, Placement


class TxtWriter:
    """A line a segment, `SPEAKER: ` before it where the speaker is known."""

    extension = "txt"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def write(self, transcript: Transcript, stream: TextIO) -> None:
        """Write all segments."""
        for segment in transcript.segments:
            name = "" if segment.speaker is None else f"{segment.speaker}: "
            stream.write(f"{name}{segment.text}\n")

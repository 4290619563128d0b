"""Tab-separated values."""

from __future__ import annotations

import csv
from typing import TextIO

from asrcore.domain.transcript import Transcript
from asrcore.plugin import Options, Placement


class TsvWriter:
    """Whisper's three columns, times in whole milliseconds, and the speaker where one is known."""

    extension = "tsv"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def write(self, transcript: Transcript, stream: TextIO) -> None:
        """Write a header and a row a segment."""
        speakers = bool(transcript.speakers)
        table = csv.writer(
            stream, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None
        )
        table.writerow(["start", "end", "text", *(["speaker"] if speakers else [])])
        for segment in transcript.segments:
            times = [round(1000 * t) for t in (segment.span.start, segment.span.end)]
            speaker = [_cell(segment.speaker or "")] if speakers else []
            table.writerow([*times, _cell(segment.text), *speaker])


def _cell(text: str) -> str:
    """Tabs and line breaks would end a cell, and nothing can quote them here."""
    return " ".join(text.split())

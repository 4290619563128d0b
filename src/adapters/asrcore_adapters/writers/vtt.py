"""WebVTT subtitles."""

from __future__ import annotations

from html import escape
from typing import TextIO

from asrcore.domain.subtitles import CueLimits, cues, timestamp
from asrcore.domain.transcript import Transcript
from asrcore.plugin import Placement
from asrcore_adapters.writers import SubtitleOptions


class VttWriter:
    """Cues with WebVTT's own voice tag where the speaker is known."""

    extension = "vtt"

    def __init__(self, options: SubtitleOptions, placement: Placement) -> None:
        self._limits = CueLimits(**options.model_dump())

    def write(self, transcript: Transcript, stream: TextIO) -> None:
        """Write the header and all cues; `<`, `>` and `&` of the text are escaped."""
        stream.write("WEBVTT\n\n")
        for cue in cues(transcript, self._limits):
            start, end = (timestamp(t) for t in (cue.span.start, cue.span.end))
            name = "" if cue.speaker is None else f"<v {escape(cue.speaker, quote=False)}>"
            lines = escape("\n".join(cue.lines), quote=False)
            stream.write(f"{start} --> {end}\n{name}{lines}\n\n")

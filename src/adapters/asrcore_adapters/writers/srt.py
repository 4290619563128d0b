"""SubRip subtitles."""

from __future__ import annotations

from typing import TextIO

from asrcore.domain.subtitles import CueLimits, cues, timestamp
from asrcore.domain.transcript import Transcript
from asrcore.plugin import Placement
from asrcore_adapters.writers import SubtitleOptions


class SrtWriter:
    """Numbered cues, `SPEAKER: ` before the first line where the speaker is known.

    The format cannot escape; `-->` within text is written `->`, as Whisper does.
    """

    extension = "srt"

    def __init__(self, options: SubtitleOptions, placement: Placement) -> None:
        self._limits = CueLimits(**options.model_dump())

    def write(self, transcript: Transcript, stream: TextIO) -> None:
        """Write all cues."""
        for number, cue in enumerate(cues(transcript, self._limits), start=1):
            start, end = (timestamp(t, ",") for t in (cue.span.start, cue.span.end))
            name = "" if cue.speaker is None else f"{cue.speaker}: "
            text = (name + "\n".join(cue.lines)).replace("-->", "->")
            stream.write(f"{number}\n{start} --> {end}\n{text}\n\n")

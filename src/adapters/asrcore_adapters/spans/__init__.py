"""No detection: the whole recording, or spans that the user knows."""

from pathlib import Path
from typing import Self

from pydantic import model_validator

from asrcore.plugin import Options, Plugin


class SegmentsOptions(Options):
    """The user's own spans, from exactly one of the two.

    Attributes:
        spans: pairs of start and end in seconds.
        file: a text file with a start and an end in seconds a line, separated by spaces and
            tabs or by commas; more columns (Audacity's labels) and `#` comments are skipped.
    """

    spans: tuple[tuple[float, float], ...] = ()
    file: Path | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.spans) == (self.file is not None):
            raise ValueError("needs either spans or a file")
        return self


NONE = Plugin(
    "none",
    "asrcore_adapters.spans.detector:WholeRecording",
    "everything is transcribed, silence too",
)
SEGMENTS = Plugin(
    "segments",
    "asrcore_adapters.spans.detector:OwnSegments",
    "your own spans, each transcribed by itself",
    SegmentsOptions,
)

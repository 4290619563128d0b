"""Plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.plugin import Options, Placement
from asrcore_adapters.readers.document import lines, speaker_and_text


class TxtReader:
    """A line an utterance, after its speaker where one is written; blank lines are skipped."""

    extension = "txt"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def read(self, stream: TextIO) -> Mapping[str, Annotation]:
        """Texts and speakers of one recording; when they speak is not told.

        Raises:
            InputError: it is binary.
        """
        said = (speaker_and_text(line.text.strip()) for line in lines(stream))
        return {"": Annotation(tuple(Utterance(text, None, who) for who, text in said if text))}

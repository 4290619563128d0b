"""SubRip subtitles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TextIO

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.plugin import Options, Placement
from asrcore_adapters.readers.cues import ARROW, times, utterances
from asrcore_adapters.readers.document import Line, lines, shown


class SrtReader:
    """A cue an utterance, with its speaker where one is written before it.

    A line of times begins a cue; what follows up to the next one's number is its text, blank lines
    or not.
    """

    extension = "srt"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def read(self, stream: TextIO) -> Mapping[str, Annotation]:
        """Texts, times and speakers of one recording.

        Raises:
            InputError: there is text outside cues, or a cue has wrong times.
        """
        return {"": Annotation(tuple(_said(lines(stream))))}


def _said(document: Sequence[Line]) -> Iterator[Utterance]:
    starts = [index for index, line in enumerate(document) if ARROW in line.text]
    _check_beginning(document[: starts[0] if starts else None], bool(starts))
    for start, following in pairwise([*starts, len(document)]):
        text = _told(document[start + 1 : following])
        if following < len(document):
            text = _without_number(text)
        yield from utterances(times(document[start]), "\n".join(line.text for line in text))


def _told(document: Sequence[Line]) -> list[Line]:
    return [line for line in document if line.text.strip()]


def _without_number(told: list[Line]) -> list[Line]:
    """What stands before a cue's times without its number, which is the last of that."""
    return told[:-1] if told and told[-1].text.strip().isdigit() else told


def _check_beginning(document: Sequence[Line], numbered: bool) -> None:
    """Nothing but its number comes before the times of the first cue."""
    told = _told(document)
    for line in _without_number(told) if numbered else told:
        raise line.error(f"{shown(line.text.strip())} stands before the times of any cue")

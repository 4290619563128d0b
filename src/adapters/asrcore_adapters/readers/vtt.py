"""WebVTT subtitles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from itertools import groupby
from typing import TextIO

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.plugin import Options, Placement
from asrcore_adapters.readers.cues import ARROW, times, utterances
from asrcore_adapters.readers.document import Line, lines, shown

_SIGNATURE = re.compile(r"WEBVTT(?:[ \t].*)?")
_TEXTLESS = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t].*)?")


class VttReader:
    """A voice of a cue an utterance; a speaker written before the text counts, too.

    Notes, styles and regions are skipped. Tags that WebVTT does not know are text, since Whisper
    escapes nothing.
    """

    extension = "vtt"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def read(self, stream: TextIO) -> Mapping[str, Annotation]:
        """Texts, times and speakers of one recording.

        Raises:
            InputError: the signature is missing, a cue has wrong times, or a block is none.
        """
        signature, *rest = lines(stream)
        if not _SIGNATURE.fullmatch(signature.text):
            raise signature.error("WebVTT begins with WEBVTT")
        return {"": Annotation(tuple(_said(rest)))}


def _said(rest: Sequence[Line]) -> Iterator[Utterance]:
    """What all cues say; what follows the signature up to a blank line is the header's."""
    for filled, block in groupby(rest, lambda line: bool(line.text.strip())):
        cue = list(block)
        in_header = cue[0] is rest[0]
        if filled and not _TEXTLESS.fullmatch(cue[0].text):
            yield from _cue(cue, in_header)


def _cue(block: Sequence[Line], in_header: bool) -> Iterator[Utterance]:
    """A block's times come first, or after a name of the cue."""
    begun = next((index for index, line in enumerate(block) if ARROW in line.text), None)
    if begun is None and in_header:
        return
    if begun is None or (begun > 1 and not in_header):
        raise block[0].error(f"{shown(block[0].text.strip())} begins neither a cue nor a note")
    text = "\n".join(line.text for line in block[begun + 1 :])
    yield from utterances(times(block[begun]), text, unescape)

"""Transcripts as text files."""

from __future__ import annotations

from typing import Protocol, TextIO

from asrcore.domain.transcript import Transcript


class TranscriptWriter(Protocol):
    """Writes one format."""

    @property
    def extension(self) -> str:
        """File extension without its dot."""
        ...

    def write(self, transcript: Transcript, stream: TextIO) -> None:
        """Write a whole transcript to a text stream, ending in a line break."""
        ...

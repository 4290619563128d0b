"""A transcriber whose attention tells when each word of a text sounds."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from asrcore.ports.aligner import Aligner


@runtime_checkable
class Attentive(Protocol):
    """What a transcriber adds to its port where it can align by the model that it holds."""

    @property
    def attention(self) -> Aligner:
        """An aligner that shares the transcriber's model, and is closed with it."""
        ...

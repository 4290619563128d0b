"""An aligner that can also hear, roughly, without being told the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from asrcore.domain.audio import Samples
from asrcore.domain.transcript import Word


@runtime_checkable
class Listener(Protocol):
    """Finds where in a long recording which part of a text is said; mistakes do no harm."""

    def hear(self, batch: Sequence[Samples], language: str | None) -> Sequence[Sequence[Word]]:
        """For each stretch of sound the words heard in it, in order, with times from its start.

        Raises:
            ModelError: there is no model for the language, or it cannot be had.
            EngineError: the engine failed.
        """
        ...

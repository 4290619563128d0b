"""Known text to word times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.request import AlignRequest
from asrcore.domain.transcript import Word


class Aligner(Protocol):
    """Finds when each word of a known text sounds."""

    @property
    def capabilities(self) -> AlignerCapabilities:
        """What it honours."""
        ...

    def align(self, batch: Sequence[AlignRequest]) -> Sequence[Sequence[Sequence[Word]]]:
        """For each request, for each of its texts, that text's words in order and complete.

        Times count from the request's first sample; a word that cannot be placed has none.

        Raises:
            EngineError: the engine failed.
        """
        ...

    def close(self) -> None:
        """Free the model; called once, when nobody uses it any more."""
        ...

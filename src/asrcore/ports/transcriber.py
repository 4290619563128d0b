"""Speech to text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from asrcore.domain.audio import Samples
from asrcore.domain.capabilities import TranscriberCapabilities
from asrcore.domain.request import ChunkRequest, ChunkResult


class Transcriber(Protocol):
    """Turns chunks of speech into text. It may be called from several threads."""

    @property
    def capabilities(self) -> TranscriberCapabilities:
        """What it honours; it is never asked for anything else."""
        ...

    def transcribe(self, batch: Sequence[ChunkRequest]) -> Sequence[ChunkResult]:
        """Transcribe a batch, each chunk by its own instructions; one result each, in order.

        Raises:
            EngineError: the engine failed; none of the batch is transcribed.
        """
        ...

    def detect_languages(self, batch: Sequence[Samples]) -> Sequence[Mapping[str, float]]:
        """For each chunk, the probability of each language code, highest first.

        Only called where `capabilities.detects_language`.
        """
        ...

    def close(self) -> None:
        """Free the model; called once, when nobody uses it any more."""
        ...

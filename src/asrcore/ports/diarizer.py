"""Who speaks when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from asrcore.domain.audio import Audio
from asrcore.domain.capabilities import DiarizerCapabilities
from asrcore.domain.diarization import Diarization, SpeakerCount

Heard = Callable[[float], None]
"""Told how much of the work is done, from 0 to 1, never less than before."""


def unheard(done: float) -> None:
    """Take no notice."""


class Diarizer(Protocol):
    """Tells speakers apart."""

    @property
    def capabilities(self) -> DiarizerCapabilities:
        """What it honours; it is never asked for anything else."""
        ...

    def diarize(
        self,
        audio: Audio,
        speakers: SpeakerCount,
        *,
        embeddings: bool = False,
        progress: Heard = unheard,
    ) -> Diarization:
        """The turns of a whole recording, silence and recordings of no length included.

        Args:
            audio: the sound, which may be a memory map.
            speakers: how many there are, as far as the user knows.
            embeddings: whether the voice of each speaker is wanted, too.
            progress: is told how far it is, in the thread of the call.

        Raises:
            EngineError: the engine failed.
        """
        ...

    def close(self) -> None:
        """Free the model; called once, when nobody uses it any more."""
        ...

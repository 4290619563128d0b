"""Who speaks when."""

from __future__ import annotations

from typing import Protocol

from asrcore.domain.audio import Audio
from asrcore.domain.capabilities import DiarizerCapabilities
from asrcore.domain.diarization import Diarization, SpeakerCount


class Diarizer(Protocol):
    """Tells speakers apart."""

    @property
    def capabilities(self) -> DiarizerCapabilities:
        """What it honours; it is never asked for anything else."""
        ...

    def diarize(self, audio: Audio, speakers: SpeakerCount) -> Diarization:
        """The turns of a whole recording.

        Raises:
            EngineError: the engine failed.
        """
        ...

    def close(self) -> None:
        """Free the model; called once, when nobody uses it any more."""
        ...

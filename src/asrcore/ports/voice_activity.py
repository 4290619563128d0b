"""Where speech is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from asrcore.domain.audio import Audio
from asrcore.domain.capabilities import VoiceActivityCapabilities
from asrcore.domain.timespan import TimeSpan


class VoiceActivityDetector(Protocol):
    """Finds speech."""

    @property
    def capabilities(self) -> VoiceActivityCapabilities:
        """How its spans are meant."""
        ...

    def detect(self, audio: Audio) -> Sequence[TimeSpan]:
        """The spans of speech in order, within the recording; empty where there is none.

        Raises:
            EngineError: the detector failed.
        """
        ...

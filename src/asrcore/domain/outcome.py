"""How a run ended for one recording."""

from __future__ import annotations

from dataclasses import dataclass

from asrcore.domain.recording import Recording
from asrcore.domain.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Outcome:
    """A recording with either its transcript or the error that kept it from having one."""

    recording: Recording
    transcript: Transcript | None = None
    error: Exception | None = None

    def unwrap(self) -> Transcript:
        """The transcript; raises the error where there is none."""
        if self.transcript is not None:
            return self.transcript
        raise self.error or RuntimeError("an outcome without transcript or error")

"""Who wants to know how a run goes."""

from __future__ import annotations

from typing import Protocol

from asrcore.domain.events import Event


class Progress(Protocol):
    """Hears every event of a run, in the thread that runs it. What it raises ends the run."""

    def __call__(self, event: Event) -> None:
        """Take notice of one event."""
        ...

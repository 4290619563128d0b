"""How far a pipeline is, out of what it tells its hook."""

from __future__ import annotations

from typing import Any

from asrcore.ports.diarizer import Heard

SHARES = {"segmentation": (0.0, 0.25), "embeddings": (0.25, 0.95)}
"""From where to where a step takes the whole; the rest is clustering."""


class Progress:
    """A hook of pyannote.audio that tells a share of the whole, never less than before."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._done = 0.0

    def __call__(
        self,
        step: str,
        artefact: Any,
        *,
        completed: int = 0,
        total: int = 0,
        **_: Any,
    ) -> None:
        """Tell how much of a step is done; a batch that is not full counts as more than it is."""
        if step in SHARES and total:
            first, last = SHARES[step]
            self._tell(first + (last - first) * min(completed / total, 1.0))

    def finish(self) -> None:
        """Tell that all is done."""
        self._tell(1.0)

    def _tell(self, done: float) -> None:
        self._done = max(self._done, done)
        self._heard(self._done)

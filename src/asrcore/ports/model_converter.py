"""Models from the layout in which they are published to an engine's own."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from asrcore.domain.audio import Samples
from asrcore.domain.conversion import Reading


class ModelConverter(Protocol):
    """Writes checkpoints for one engine in one number format, and lets both sides be compared."""

    @property
    def transcriber(self) -> str:
        """The backend that reads what it writes."""
        ...

    def prepare_check(self) -> None:
        """Make sure that `expected` can be answered here; called before any work.

        Raises:
            MissingEngineError: names what is missing, and how to get it.
        """
        ...

    def locate(self, source: str) -> Path:
        """The checkpoint's folder; downloaded where `source` is a Hub id that is not here yet.

        Raises:
            ModelError: there is none, or it cannot be downloaded.
        """
        ...

    def convert(self, source: Path, target: Path) -> None:
        """Write a checkpoint into an empty folder in the engine's layout.

        Raises:
            ModelError: it is damaged, of another kind, or nothing that the engine can express.
            OSError: it cannot be written.
        """
        ...

    def expected(self, source: Path, clip: Samples) -> Reading:
        """What the checkpoint writes for up to 30 s of English speech, by its own library.

        Raises:
            ModelError: it cannot be read.
        """
        ...

    def found(self, target: Path, clip: Samples) -> Reading:
        """What the converted model writes for the same, by the engine.

        Raises:
            ModelError: the engine cannot read it.
        """
        ...

"""Evaluations as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from asrcore.domain.scoring.evaluation import Evaluation


class Chart(Protocol):
    """Draws an evaluation."""

    def draw(self, evaluation: Evaluation, directory: Path) -> list[Path]:
        """Write pictures into an existing directory and name them.

        Raises:
            OutputError: a picture cannot be written.
        """
        ...

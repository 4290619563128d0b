"""Evaluations become pictures."""

from __future__ import annotations

from pathlib import Path

from asrcore.domain.scoring.evaluation import Evaluation
from asrcore.errors import AsrError, OutputError, translate
from asrcore.ports.chart import Chart


def draw(evaluation: Evaluation, directory: Path, chart: Chart) -> list[Path]:
    """Draw into a folder, made if need be, and name the pictures.

    Raises:
        OutputError: the folder or a picture cannot be written.
    """

    def unwritable(error: Exception) -> AsrError:
        return OutputError(f"{directory}: no picture can be written there: {error}")

    with translate({OSError: unwritable}):
        directory.mkdir(parents=True, exist_ok=True)
        return chart.draw(evaluation, directory)

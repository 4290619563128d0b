"""Pictures by Matplotlib, without pyplot: nothing of this process is changed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from asrcore.domain.naming import numbered
from asrcore.domain.scoring.evaluation import Evaluation
from asrcore.plugin import Placement
from asrcore_adapters.charts import ChartOptions
from asrcore_adapters.charts.canvas import save
from asrcore_adapters.charts.errors import errors_figure
from asrcore_adapters.charts.timeline import timeline_figure


class MatplotlibChart:
    """`errors.png`, and `timeline-NAME.png` for every recording whose times are told."""

    def __init__(self, options: ChartOptions, placement: Placement) -> None:
        self._options = options

    def draw(self, evaluation: Evaluation, directory: Path) -> list[Path]:
        """Write what there is to show; pictures of an earlier time are replaced."""
        written = []
        for stem, figure in self._figures(evaluation):
            if figure is not None:
                written.append(save(figure, directory / f"{stem}.png"))
        return written

    def _figures(self, evaluation: Evaluation) -> Iterator[tuple[str, Figure | None]]:
        """Stem and figure, drawn one at a time; none where there is nothing to show."""
        width, dpi = self._options.width, self._options.dpi
        yield "errors", errors_figure(evaluation, width, dpi)
        stems = file_stems([scored.name for scored in evaluation.scored])
        for stem, scored in zip(stems, evaluation.scored, strict=True):
            yield f"timeline-{stem}", timeline_figure(scored, width, dpi)


def file_stems(names: Sequence[str]) -> list[str]:
    """Names as parts of file names, all different on any file system."""
    return numbered([_plain(name) for name in names])


def _plain(name: str) -> str:
    composed = unicodedata.normalize("NFC", name)
    return re.sub(r"[^\w.-]+", "-", composed).strip("-.") or "recording"

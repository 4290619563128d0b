"""What a call of `asr eval` has to tell, in every layout."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asrcore.domain.scoring.evaluation import Evaluation
from asrcore_cli.rendering.comparison import (
    Comparison,
    Options,
    comparison_grids,
    comparison_remarks,
)
from asrcore_cli.rendering.document import comparison_document, evaluation_document
from asrcore_cli.rendering.grids import Grid, evaluation_grids
from asrcore_cli.rendering.layouts import as_markdown, as_text
from asrcore_cli.rendering.remarks import remarks


@dataclass(frozen=True)
class Report:
    """An evaluation, or a comparison of two.

    Attributes:
        document: for programs, as JSON values.
        grids, remarks: for people.
        complete: whether every recording was scored, and something was measured of them.
    """

    document: Mapping[str, Any]
    grids: Sequence[Grid]
    remarks: Sequence[str]
    complete: bool

    def printed(self, layout: str) -> str:
        """The text that goes to stdout; `layout` is table, json or markdown."""
        match layout:
            case "json":
                text = json.dumps(self.document, ensure_ascii=False, allow_nan=False, indent=2)
                return f"{text}\n"
            case "markdown":
                return as_markdown(self.grids, self.remarks)
        return as_text(self.grids, self.remarks)


def report(
    evaluation: Evaluation, options: Options, made_by: Mapping[str, Any] | None = None
) -> Report:
    """One system's report.

    Args:
        evaluation: what was measured.
        options: by metric, the options that it was measured with.
        made_by: the settings of the transcripts, where they were made for this.
    """
    return Report(
        evaluation_document(evaluation, options, made_by),
        evaluation_grids(evaluation, options),
        remarks(evaluation, list(options)),
        _complete(evaluation),
    )


def comparison_report(
    comparison: Comparison, options: Options, made_by: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> Report:
    """Two systems' report; what is remarked of both alike is told once."""
    metrics = list(options)
    both = [remarks(each, metrics) for each in (comparison.first, comparison.second)]
    shared = [line for line in both[0] if line in both[1]]
    own = [
        f"{name}: {line}"
        for name, lines in zip(comparison.names, both, strict=True)
        for line in lines
        if line not in shared
    ]
    return Report(
        comparison_document(comparison, options, made_by),
        comparison_grids(comparison),
        [*comparison_remarks(comparison, options), *own, *shared],
        _complete(comparison.first) and _complete(comparison.second),
    )


def _complete(evaluation: Evaluation) -> bool:
    told = (measure.value for name, measure in evaluation.totals.items() if name != "rtf")
    return not evaluation.failed and any(value is not None for value in told)

"""Evaluations for programs: every figure, nothing rounded."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from asrcore.domain.scoring.evaluation import Evaluation
from asrcore.domain.scoring.measures import Measure
from asrcore_cli.rendering.comparison import Comparison, Options
from asrcore_cli.rendering.figures import decided


def evaluation_document(
    evaluation: Evaluation, options: Options, settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """An evaluation as JSON values.

    Args:
        evaluation: what was measured.
        options: by metric, the options that it was measured with.
        settings: what the hypotheses were made with, where they were made for this.
    """
    return {**_head(options), **_system(evaluation, settings)}


def comparison_document(
    comparison: Comparison, options: Options, settings: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> dict[str, Any]:
    """Two evaluations, and what lies between them: second minus first.

    The totals of a difference are the systems' over the recordings that both have the measure for,
    `recordings` of them; `left_out` counts those that only one has it for. The `total` of a system
    is over all of its own. `significant` is null where the interval cannot tell: of speed, and from
    few recordings.
    """
    both = zip(comparison.names, (comparison.first, comparison.second), settings, strict=True)
    return {
        **_head(options),
        "systems": [{"name": name, **_system(found, made)} for name, found, made in both],
        "differences": {name: _difference(comparison, name) for name in comparison.differences},
    }


def _difference(comparison: Comparison, name: str) -> dict[str, Any]:
    """One measure of both."""
    difference = comparison.differences[name]
    return {
        "value": difference.value,
        "low": difference.low,
        "high": difference.high,
        "recordings": difference.recordings,
        "left_out": comparison.left_out(name),
        "significant": decided(name, difference),
        "totals": [dict(totals[name].figures) for totals in comparison.totals],
    }


def _head(options: Options) -> dict[str, Any]:
    return {
        "asrcore": version("asrcore"),
        "metrics": {metric: dict(values) for metric, values in options.items()},
    }


def _system(evaluation: Evaluation, settings: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        **({} if settings is None else {"settings": settings, "elapsed": evaluation.elapsed}),
        "recordings": [
            {"name": scored.name, "measures": _figures(scored.measures)}
            for scored in evaluation.scored
        ],
        "total": _figures(evaluation.totals),
        "failed": dict(evaluation.failed),
    }


def _figures(measures: Mapping[str, Measure]) -> dict[str, dict[str, float | None]]:
    return {name: dict(measure.figures) for name, measure in measures.items()}

"""Evaluations as grids of cells, which every layout for people shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asrcore.domain.scoring.evaluation import Evaluation
from asrcore.domain.scoring.measures import LIMITS, Deviations, Measure, Rate
from asrcore_cli.rendering.figures import (
    METRICS,
    SPEED,
    amount,
    cell,
    factor,
    heading,
    label,
    milliseconds,
    percent,
)
from asrcore_cli.rendering.remarks import convention

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A title, a row of headings, and rows of as many cells; the first column is text."""

    title: str
    header: Row
    rows: Sequence[Row]


def evaluation_grids(
    evaluation: Evaluation, options: Mapping[str, Mapping[str, object]]
) -> list[Grid]:
    """The recordings, and what the totals are made of; nothing where nothing was scored.

    Args:
        evaluation: what was measured.
        options: by metric, the options that it was measured with.
    """
    if not evaluation.scored:
        return []
    return [_recordings(evaluation), *_totals(evaluation, options)]


def _recordings(evaluation: Evaluation) -> Grid:
    """A row a recording, and the total."""
    totals = evaluation.totals
    rows = [(each.name, each.measures) for each in evaluation.scored]
    if len(rows) > 1:
        rows.append(("TOTAL", totals))
    return Grid(
        "Recordings",
        ("recording", *(heading(name, total) for name, total in totals.items())),
        [(name, *(cell(each, measures.get(each)) for each in totals)) for name, measures in rows],
    )


def _totals(evaluation: Evaluation, options: Mapping[str, Mapping[str, object]]) -> list[Grid]:
    """What the totals are made of, a grid a metric."""
    totals = dict(evaluation.totals)
    grids = []
    for metric, names in METRICS.items():
        measures = {name: totals.pop(name) for name in names if name in totals}
        grids += _grids(convention(metric, options.get(metric, {})), measures)
    speed = {SPEED: totals.pop(SPEED)} if SPEED in totals else {}
    return [*grids, *_speed(speed), *_grids("More", totals)]


def _grids(title: str, measures: Mapping[str, Measure]) -> list[Grid]:
    """One for rates and one for deviations, as far as there are any."""
    rates = {name: each for name, each in measures.items() if isinstance(each, Rate)}
    times = {name: each for name, each in measures.items() if isinstance(each, Deviations)}
    others = {name: each for name, each in measures.items() if name not in {*rates, *times}}
    grids = [_rates(title, rates)] if rates else []
    grids += [_deviations(title, times)] if times else []
    return grids + [_others(title, others)] * bool(others)


def _rates(title: str, rates: Mapping[str, Rate]) -> Grid:
    parts = _parts(rates)
    return Grid(
        title,
        ("", "%", "errors", "of", *(_plain(part) for part in parts)),
        [
            (
                label(name),
                percent(rate.value),
                amount(rate.errors),
                amount(rate.total),
                *(amount(rate.parts[part]) if part in rate.parts else "" for part in parts),
            )
            for name, rate in rates.items()
        ],
    )


def _parts(rates: Mapping[str, Rate]) -> list[str]:
    return list(dict.fromkeys(part for rate in rates.values() for part in rate.parts))


def _plain(part: str) -> str:
    return part.replace("_", " ")


def _deviations(title: str, times: Mapping[str, Deviations]) -> Grid:
    limits = [f"{round(1000 * limit)}" for limit in LIMITS]
    rows = []
    for name, deviations in times.items():
        figures = deviations.figures
        rows.append(
            (
                label(name),
                *(milliseconds(figures[key]) for key in ("median", "p90", "bias")),
                *(percent(figures[f"over_{limit}ms"]) for limit in limits),
                *(amount(figures[key] or 0) for key in ("words", "unmatched")),
            )
        )
    over = (f">{limit} ms %" for limit in limits)
    header = ("", "median ms", "p90 ms", "bias ms", *over, "words", "unmatched")
    return Grid(title, header, rows)


def _speed(measures: Mapping[str, Measure]) -> list[Grid]:
    rates = {name: each for name, each in measures.items() if isinstance(each, Rate)}
    parts = _parts(rates)
    rows = [
        (
            label(name),
            factor(rate.value),
            *(f"{value:.2f}" for value in (rate.errors, rate.total)),
            *(f"{rate.parts[part]:.2f}" for part in parts),
        )
        for name, rate in rates.items()
    ]
    header = ("", "factor", "work s", "sound s", *(f"{_plain(part)} s" for part in parts))
    return [Grid("Speed: seconds of work a second of sound", header, rows)] if rows else []


def _others(title: str, measures: Mapping[str, Measure]) -> Grid:
    return Grid(
        title, ("", "value"), [(label(n), factor(each.value)) for n, each in measures.items()]
    )

"""Two systems side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from asrcore.domain.scoring.bootstrap import FEW, Difference
from asrcore.domain.scoring.evaluation import Evaluation, shared
from asrcore.domain.scoring.evaluation import compare as differences_of
from asrcore.domain.scoring.measures import Measure
from asrcore_cli.rendering.figures import (
    METRICS,
    NOTHING,
    SPEED,
    decided,
    heading,
    headline,
    interval,
    label,
    signed,
    unit,
)
from asrcore_cli.rendering.grids import Grid, Row
from asrcore_cli.rendering.remarks import convention

Options = Mapping[str, Mapping[str, object]]
"""Metric -> the options that it measured with."""

BRIEF = ("wer", "word_start", "der", "cpwer", "rtf")
"""Measures that are told for each recording; more do not fit side by side."""


@dataclass(frozen=True)
class Comparison:
    """Two evaluations of the same recordings.

    Attributes:
        names: what the two systems are called; they differ.
        first, second: what was measured.
    """

    names: tuple[str, str]
    first: Evaluation
    second: Evaluation

    @cached_property
    def differences(self) -> Mapping[str, Difference]:
        """By measure, what the second gains or loses against the first."""
        return differences_of(self.first, self.second)

    @cached_property
    def totals(self) -> tuple[Mapping[str, Measure], Mapping[str, Measure]]:
        """By measure, each system's total over the recordings that both have it for."""
        one, two = shared(self.first, self.second)
        return one.totals, two.totals

    def left_out(self, name: str) -> int:
        """How many recordings only one of the two has a measure for."""
        one, two = (
            {each.name for each in found.scored if name in each.measures}
            for found in (self.first, self.second)
        )
        return len(one ^ two)


def comparison_grids(comparison: Comparison) -> list[Grid]:
    """Totals with their differences, and recordings one by one; none where nothing is shared."""
    rows = _rows(comparison)
    if not rows:
        return []
    one, two = comparison.names
    header = ("", one, two, "difference", "95 % interval", "verdict")
    return [Grid(f"{one} against {two}", header, rows), _by_recording(comparison)]


def _rows(comparison: Comparison) -> list[Row]:
    first, second = comparison.totals
    return [
        _row(name, (first[name], second[name]), difference, comparison.names)
        for name, difference in comparison.differences.items()
    ]


def _row(
    name: str, totals: tuple[Measure, Measure], difference: Difference, names: tuple[str, str]
) -> Row:
    first, second = totals
    change = f"{signed(name, first, difference.value)} {unit(name, first)}"
    return (
        _title(name, first),
        headline(name, first),
        headline(name, second),
        change.strip(),
        interval(name, first, difference),
        verdict(name, difference, names),
    )


def _title(name: str, measure: Measure) -> str:
    """A row's title; of times it is the median that is compared."""
    marked = heading(name, measure).removeprefix(label(name).removeprefix("word ")).strip()
    return f"{label(name)} {'median ms' if marked == 'ms' else marked}".strip()


def verdict(name: str, difference: Difference, systems: tuple[str, str]) -> str:
    """Who is better, if the interval leaves out zero; lower is better for every measure."""
    match decided(name, difference):
        case None:
            return "one run each" if name == SPEED else "too few recordings"
        case False:
            return "open: zero is inside"
    return f"{systems[difference.value < 0]} is better"


def _by_recording(comparison: Comparison) -> Grid:
    """Headlines of both, the first system's before the second's."""
    totals = comparison.first.totals
    shown = [name for name in BRIEF if name in totals]
    others = {each.name: each.measures for each in comparison.second.scored}
    rows = [
        (each.name, *(_pair(name, each.measures, others[each.name]) for name in shown))
        for each in comparison.first.scored
        if each.name in others
    ]
    titles = (_title(name, totals[name]) for name in shown)
    return Grid(f"Recordings: {' | '.join(comparison.names)}", ("recording", *titles), rows)


def _pair(name: str, first: Mapping[str, Measure], second: Mapping[str, Measure]) -> str:
    return " | ".join(
        headline(name, measures[name]) if name in measures else NOTHING
        for measures in (first, second)
    )


def comparison_remarks(comparison: Comparison, options: Options) -> list[str]:
    """How was measured, how the interval was made, and what it is worth."""
    counts = {difference.recordings for difference in comparison.differences.values()}
    lines = [
        f"Difference: {comparison.names[1]} minus {comparison.names[0]}, lower is better; "
        "interval: paired bootstrap over recordings",
        *(
            convention(metric, values)
            for metric, values in options.items()
            if any(name in comparison.differences for name in METRICS.get(metric, ()))
        ),
    ]
    if counts and min(counts) < FEW:
        lines.append(f"Intervals from fewer than {FEW} recordings are rough and decide nothing")
    return [*lines, *_left_out(comparison)]


def _left_out(comparison: Comparison) -> Iterable[str]:
    """How many recordings count for neither system; measures that lack equally many together."""
    lacking: dict[int, list[str]] = {}
    for name in comparison.differences:
        lacking.setdefault(comparison.left_out(name), []).append(label(name))
    for count, labels in lacking.items():
        if count:
            recordings = "1 recording" if count == 1 else f"{count} recordings"
            yield f"Left out of {', '.join(labels)}: {recordings} that only one system has"

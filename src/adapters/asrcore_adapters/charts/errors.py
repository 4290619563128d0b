"""`errors.png`: how far word times lie off, and how many words each recording gets wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from asrcore.domain.scoring.evaluation import Evaluation
from asrcore.domain.scoring.measures import LIMITS, Deviations, Rate
from asrcore_adapters.charts.canvas import (
    FAINT,
    GRID,
    INK,
    PALETTE,
    SMALL,
    TEXT,
    WRONG,
    blank,
    headline,
    place,
    shortened,
    subtitle,
)

KINDS = {"substitutions": "#e08a1e", "deletions": "#2f6db3", "insertions": "#8a5fbf"}
"""What a word error is made of, and its colour."""

MOST_BARS = 30
TOP, PANEL, BAR = 1.15, 3.0, 0.27
"""Inches: space above the first panels, their height, and a bar's."""


def errors_figure(evaluation: Evaluation, width: float, dpi: int) -> Figure | None:
    """Distributions of word times' errors, and bars of WER; None where there is neither."""
    times = {
        name: total
        for name, total in evaluation.totals.items()
        if isinstance(total, Deviations) and len(total.seconds)
    }
    rates = _rates(evaluation)
    if not (times or rates):
        return None
    bars = min(len(rates), MOST_BARS)
    upper = PANEL + 1.2 if times else 0.0
    lower = bars * BAR + 1.1 if rates else 0.0
    figure = blank(width, TOP + upper + lower - 0.3, dpi)
    headline(figure, "Errors", _overview(evaluation))
    if times:
        half = (width - 1.9) / 2
        _histogram(place(figure, 0.8, TOP, half, PANEL), times)
        _cumulative(place(figure, 1.6 + half, TOP, half, PANEL), times)
    if rates:
        _bars(place(figure, 2.4, TOP + upper, width - 3.9, bars * BAR), rates, evaluation)
    return figure


def _overview(evaluation: Evaluation) -> str:
    count = len(evaluation.scored)
    recordings = "1 recording" if count == 1 else f"{count} recordings"
    return f"{recordings}; {len(evaluation.failed)} not scored" if evaluation.failed else recordings


def _rates(evaluation: Evaluation) -> dict[str, Rate]:
    """The recordings' word error rates."""
    return {
        scored.name: rate
        for scored in evaluation.scored
        if isinstance(rate := scored.measures.get("wer"), Rate) and rate.value is not None
    }


def _reach(times: Mapping[str, Deviations]) -> float:
    """Milliseconds that the time axes show: nearly all words, and every limit."""
    distances = [np.percentile(np.abs(each.seconds), 98) for each in times.values()]
    return float(np.clip(np.ceil(max(distances) * 20) * 50, 1000 * max(LIMITS) + 50, 1000))


def _histogram(axes: Axes, times: Mapping[str, Deviations]) -> None:
    reach = _reach(times)
    bins = np.linspace(-reach, reach, 81).tolist()
    for (name, deviations), colour in zip(times.items(), PALETTE, strict=False):
        errors = 1000 * np.asarray(deviations.seconds)
        weights = np.full(len(errors), 100 / len(errors))
        axes.hist(errors, bins, weights=weights, color=colour, alpha=0.25)
        axes.hist(errors, bins, weights=weights, color=colour, histtype="step", lw=1.3)
        axes.plot([], [], color=colour, lw=4, alpha=0.7, label=_spread(name, deviations))
    for limit in LIMITS:
        for mark in (-1000 * limit, 1000 * limit):
            axes.axvline(mark, color=FAINT, lw=0.7, ls=(0, (2, 3)))
    axes.axvline(0, color=INK, lw=0.8)
    axes.set_xlim(-reach, reach)
    axes.margins(y=0.28)
    _axis_titles(axes, "hypothesis minus reference, ms  (early < 0 < late)", "% of matched words")
    subtitle(axes, f"Errors of word times{_beyond(times, reach)}")
    _legend(axes, "upper right")


def _spread(name: str, deviations: Deviations) -> str:
    figures = deviations.figures
    median, p90, bias = (1000 * (figures[key] or 0) for key in ("median", "p90", "bias"))
    return f"{_label(name)}: median {median:.0f}, p90 {p90:.0f}, bias {bias:+.0f} ms"


def _beyond(times: Mapping[str, Deviations], reach: float) -> str:
    """How much of the distributions the axis leaves out."""
    distances = np.abs(np.concatenate([np.asarray(each.seconds) for each in times.values()]))
    share = float(np.mean(1000 * distances > reach))
    return f" ({share:.1%} lie beyond ±{reach:.0f} ms)" if share else ""


def _cumulative(axes: Axes, times: Mapping[str, Deviations]) -> None:
    reach = _reach(times)
    for (name, deviations), colour in zip(times.items(), PALETTE, strict=False):
        distances = np.sort(1000 * np.abs(np.asarray(deviations.seconds)))
        shares = np.arange(1, len(distances) + 1) / len(distances) * 100
        edges = np.concatenate([[0.0], distances, [max(reach, distances[-1])]])
        heights = np.concatenate([[0.0], shares, [100.0]])
        axes.step(
            edges, heights, where="post", color=colour, lw=1.8, label=_within(name, distances)
        )
    for limit in LIMITS:
        axes.axvline(1000 * limit, color=FAINT, lw=0.7, ls=(0, (2, 3)))
    axes.set_xticks(sorted({0, *(round(1000 * limit) for limit in LIMITS), *_hundreds(reach)}))
    axes.set_xlim(0, reach)
    axes.set_ylim(0, 101)
    axes.grid(axis="y", color=GRID, lw=0.8)
    _axis_titles(axes, "distance from the reference, ms", "% of matched words within")
    limits = "/".join(str(round(1000 * limit)) for limit in LIMITS)
    subtitle(axes, f"Share of words within {limits} ms")
    _legend(axes, "lower right")


def _hundreds(reach: float) -> range:
    step = 100 if reach <= 600 else 200
    return range(step, int(reach) + 1, step)


def _within(name: str, distances: NDArray[np.float64]) -> str:
    shares = (f"{np.mean(distances <= 1000 * limit):.0%}" for limit in LIMITS)
    return f"{_label(name)}: {' / '.join(shares)}"


def _label(name: str) -> str:
    return name.replace("_", " ")


def _axis_titles(axes: Axes, below: str, left: str) -> None:
    axes.set_xlabel(below, size=SMALL, color=FAINT)
    axes.set_ylabel(left, size=SMALL, color=FAINT)


def _legend(axes: Axes, where: Literal["upper right", "lower right"]) -> None:
    axes.legend(
        loc=where, fontsize=SMALL, frameon=True, framealpha=0.9, edgecolor="none", handlelength=1.2
    )


def _bars(axes: Axes, rates: Mapping[str, Rate], evaluation: Evaluation) -> None:
    worst = sorted(rates, key=lambda name: rates[name].value or 0.0, reverse=True)[:MOST_BARS]
    for row, name in enumerate(worst):
        _bar(axes, row, rates[name])
    axes.set_ylim(len(worst) - 0.4, -0.6)
    axes.set_yticks(range(len(worst)), [shortened(name, 26) for name in worst], parse_math=False)
    axes.set_xlim(0, 1.02 * max(100 * (rates[name].value or 0.0) for name in worst) or 1)
    axes.grid(axis="x", color=GRID, lw=0.8)
    total = evaluation.totals["wer"].value or 0.0
    axes.axvline(100 * total, color=WRONG, lw=1, ls=(0, (4, 2)), label=f"total: {total:.2%}")
    axes.set_xlabel("word error rate, %", size=SMALL, color=FAINT)
    left_out = f": the {MOST_BARS} worst of {len(rates)}" if len(rates) > MOST_BARS else ""
    subtitle(axes, f"Word errors by recording{left_out}")
    _kinds_legend(axes, rates)


def _bar(axes: Axes, row: int, rate: Rate) -> None:
    """The kinds of errors after one another where they make up the whole."""
    begin, width = 0.0, 100 / rate.total
    for errors, colour in _shares(rate):
        axes.barh(row, errors * width, left=begin, height=0.66, color=colour)
        begin += errors * width
    text = f"{rate.value:.2%}  ({rate.errors:g} of {rate.total:g})"
    axes.annotate(
        text,
        (begin, row),
        (4, 0),
        textcoords="offset points",
        va="center",
        size=SMALL,
        color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        annotation_clip=False,
    )


def _shares(rate: Rate) -> list[tuple[float, str]]:
    if sum(rate.parts.get(kind, 0) for kind in KINDS) == rate.errors:
        return [(rate.parts.get(kind, 0), colour) for kind, colour in KINDS.items()]
    return [(rate.errors, PALETTE[0])]


def _kinds_legend(axes: Axes, rates: Mapping[str, Rate]) -> None:
    for kind, colour in KINDS.items():
        if any(rate.parts.get(kind) for rate in rates.values()):
            axes.plot([], [], color=colour, lw=5, label=kind)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=4,
        fontsize=SMALL,
        frameon=False,
        handlelength=1.2,
        borderaxespad=0.2,
    )
    axes.tick_params(axis="y", labelsize=TEXT)

"""`timeline-NAME.png`: the reference above the hypothesis, speakers as lanes, words as ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from asrcore.domain.scoring.evaluation import Scored
from asrcore.domain.timespan import TimeSpan
from asrcore_adapters.charts.canvas import (
    FAINT,
    PALETTE,
    SMALL,
    WRONG,
    blank,
    headline,
    place,
    shortened,
)
from asrcore_adapters.charts.lanes import Lane, lanes, partners

LANE, GAP, AXIS, TOP, LEFT, RIGHT = 0.17, 0.07, 0.42, 1.05, 1.45, 0.95
"""Inches: a lane's height, the space between both documents, below a row, above and beside all."""

ROW_LENGTHS = (60, 120, 300, 600, 900, 1800, 3600, 7200)
MOST_ROWS, MOST_LANES = 20, 120
"""Longer recordings get more seconds a row, so that a picture stays a picture."""

TICKS = (1, 2, 5, 10, 30, 60, 120, 300, 600)
"""Seconds between two numbers on the axis."""

SCRAP = 0.1
"""Of a row: what is shorter gets none of its own; the others are made longer."""


@dataclass(frozen=True, slots=True)
class _Band:
    """One document on the timeline: its lanes from the top, each with its colour."""

    title: str
    lanes: Sequence[Lane]
    colours: Sequence[str]


def timeline_figure(scored: Scored, width: float, dpi: int) -> Figure | None:
    """A row a minute, or more for long recordings; None where one side tells no times."""
    bands = _bands(scored)
    end = max((lane.end for band in bands for lane in band.lanes), default=0.0)
    if end == 0 or not all(band.lanes for band in bands):
        return None
    end = max(end, scored.reference.duration or 0.0, scored.hypothesis.duration or 0.0)
    count = sum(len(band.lanes) for band in bands)
    rows, length = _rows(end, count)
    tall = count * LANE + GAP
    figure = blank(width, TOP + rows * (tall + AXIS) + 0.15, dpi)
    headline(figure, shortened(scored.name, 80), _remarks(scored))
    _legend(figure)
    for row in range(rows):
        top = TOP + row * (tall + AXIS)
        axes = place(figure, LEFT, top, width - LEFT - RIGHT, tall)
        _row(axes, bands, TimeSpan(row * length, (row + 1) * length), end)
    return figure


def _rows(end: float, lane_count: int) -> tuple[int, float]:
    """How many, and the seconds of each; a recording of less than a minute fills one."""
    most = max(1, min(MOST_ROWS, MOST_LANES // lane_count))
    length = next((each for each in ROW_LENGTHS if end <= each * most), ceil(end / most))
    rows = max(1, ceil(end / length - SCRAP))
    return rows, end / rows if rows * length < end or rows == 1 else length


def _bands(scored: Scored) -> list[_Band]:
    """Reference and hypothesis; the same colour means the same voice, grey that none is told."""
    above = lanes(scored.reference, scored.hypothesis)
    below = lanes(scored.hypothesis, scored.reference)
    rows = partners(above, below)
    below.sort(key=lambda lane: rows[lane.speaker])
    return [
        _Band("reference", above, [_colour(lane, row) for row, lane in enumerate(above)]),
        _Band("hypothesis", below, [_colour(lane, rows[lane.speaker]) for lane in below]),
    ]


def _colour(lane: Lane, row: int) -> str:
    return FAINT if lane.speaker is None else PALETTE[row % len(PALETTE)]


def _remarks(scored: Scored) -> str:
    """The rates of this recording, as far as it has them."""
    measures = ((title, scored.measures.get(title.lower())) for title in ("WER", "DER", "cpWER"))
    rates = {title: measure.value for title, measure in measures if measure is not None}
    return "   ".join(f"{title} {rate:.2%}" for title, rate in rates.items() if rate is not None)


def _legend(figure: Figure) -> None:
    _, down = figure.get_size_inches()
    colour = PALETTE[0]
    figure.legend(
        handles=[
            Patch(facecolor=colour, alpha=0.3, label="speech, a colour a speaker"),
            Line2D([], [], color=colour, lw=0, marker="|", ms=9, mew=1.2, label="a word begins"),
            Patch(facecolor=WRONG, label="a word that the other side lacks or has otherwise"),
        ],
        loc="upper right",
        bbox_to_anchor=(0.985, 1 - 0.42 / down),
        ncols=3,
        fontsize=SMALL,
        frameon=False,
        handlelength=1.4,
        borderaxespad=0,
    )


def _row(axes: Axes, bands: Sequence[_Band], window: TimeSpan, end: float) -> None:
    """One stretch of the recording."""
    heights = _heights(bands)
    gap = GAP / LANE
    axes.set_xlim(window.start, window.end)
    axes.set_ylim(sum(len(band.lanes) for band in bands) + gap, 0)
    axes.spines["bottom"].set_bounds(window.start, min(window.end, end))
    for band, tops in zip(bands, heights, strict=True):
        for lane, colour, top in zip(band.lanes, band.colours, tops, strict=False):
            _lane(axes, lane, colour, top, window)
        axes.axhspan(tops[0], tops[-1] + 1, xmax=_share(window, end), color="#f4f5f7", zorder=0)
        middle = (tops[0] + tops[-1] + 1) / 2
        where: dict[str, Any] = {
            "transform": axes.get_yaxis_transform(),
            "va": "center",
            "size": SMALL,
        }
        axes.text(1.008, middle, band.title, color=FAINT, **where)
    _label_lanes(axes, bands, heights)
    _label_time(axes, window, end)


def _share(window: TimeSpan, end: float) -> float:
    """How much of a row the recording fills."""
    return min(1.0, (end - window.start) / window.duration)


def _heights(bands: Sequence[_Band]) -> list[list[float]]:
    """The upper edge of every lane, in lanes from the top."""
    above = len(bands[0].lanes)
    return [
        [float(row) for row in range(above)],
        [above + GAP / LANE + row for row in range(len(bands[1].lanes))],
    ]


def _lane(axes: Axes, lane: Lane, colour: str, top: float, window: TimeSpan) -> None:
    """Turns as bars, the beginnings of words as ticks, wrong words filled."""
    bar, full = (top + 0.12, 0.76), (top + 0.06, 0.88)
    axes.broken_barh(_pieces(lane.turns, window), bar, facecolor=colour, alpha=0.3, lw=0)
    axes.vlines(_starts(lane.words, window), top + 0.12, top + 0.88, color=colour, lw=0.9)
    marked: dict[str, Any] = {"facecolor": WRONG, "edgecolor": "white", "lw": 0.3, "zorder": 3}
    axes.broken_barh(_pieces(lane.wrong, window, 0.003), full, **marked)


def _pieces(
    spans: Sequence[TimeSpan], window: TimeSpan, least: float = 0.0
) -> list[tuple[float, float]]:
    """(start, length) of what lies in a row; `least` is the share of it that a piece gets."""
    return [
        (span.start, max(span.duration, least * window.duration))
        for span in spans
        if span.end >= window.start and span.start < window.end
    ]


def _starts(spans: Sequence[TimeSpan], window: TimeSpan) -> list[float]:
    return [span.start for span in spans if window.start <= span.start < window.end]


def _label_lanes(axes: Axes, bands: Sequence[_Band], heights: Sequence[Sequence[float]]) -> None:
    middles = [top + 0.5 for tops in heights for top in tops]
    names = [shortened(lane.speaker or "speech", 20) for band in bands for lane in band.lanes]
    axes.set_yticks(middles, names, parse_math=False, size=SMALL - 1)
    colours = [colour for band in bands for colour in band.colours]
    for label, colour in zip(axes.get_yticklabels(), colours, strict=True):
        label.set_color(colour)


def _label_time(axes: Axes, window: TimeSpan, end: float) -> None:
    step = next((each for each in TICKS if window.duration / each <= 14), TICKS[-1])
    first = ceil(window.start / step) * step
    last = min(window.end, end)
    marks = [mark for mark in range(first, int(window.end) + 1, step) if mark <= last]
    axes.set_xticks(marks, [_clock(mark, long=end >= 3600) for mark in marks])
    axes.tick_params(axis="x", length=2, pad=2, labelsize=SMALL - 1, labelcolor=FAINT, color=FAINT)


def _clock(seconds: int, *, long: bool) -> str:
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if long else f"{minutes}:{second:02}"

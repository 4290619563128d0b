"""How a measure is called and how its numbers are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from asrcore.domain.scoring.bootstrap import FEW, Difference
from asrcore.domain.scoring.measures import Deviations, Measure, Rate

NOTHING: Final = "-"
"""Where there is no number."""

SPEED: Final = "rtf"
"""The one rate that is a factor, not a percentage."""

LABELS: Final[Mapping[str, str]] = {
    "wer": "WER",
    "cer": "CER",
    "word_start": "word start",
    "word_end": "word end",
    "der": "DER",
    "jer": "JER",
    "cpwer": "cpWER",
    "rtf": "RTF",
}

METRICS: Final[Mapping[str, tuple[str, ...]]] = {
    "words": ("wer", "cer"),
    "times": ("word_start", "word_end"),
    "speakers": ("der", "jer"),
    "speaker-words": ("cpwer",),
}
"""Metric -> its measures."""


def label(name: str) -> str:
    """What people call a measure."""
    return LABELS.get(name, name.replace("_", " "))


def heading(name: str, measure: Measure) -> str:
    """A column's title, with the unit."""
    short = label(name).removeprefix("word ")
    match measure:
        case Deviations():
            return f"{short} ms"
        case Rate() if name != SPEED:
            return f"{short} %"
    return short


def cell(name: str, measure: Measure | None) -> str:
    """A measure in a few signs; of deviations the median and the 90th percentile."""
    if isinstance(measure, Deviations) and measure.value is not None:
        figures = measure.figures
        return f"{milliseconds(figures['median'])} / {milliseconds(figures['p90'])}"
    return NOTHING if measure is None else headline(name, measure)


def headline(name: str, measure: Measure) -> str:
    """A measure's one number."""
    match measure:
        case Deviations():
            return milliseconds(measure.value)
        case Rate() if name != SPEED:
            return percent(measure.value)
    return factor(measure.value)


def unit(name: str, measure: Measure) -> str:
    """What a difference between two headlines is counted in."""
    match measure:
        case Deviations():
            return "ms"
        case Rate() if name != SPEED:
            return "points"
    return ""


def signed(name: str, measure: Measure, value: float) -> str:
    """A difference between two headlines, its sign always there."""
    match measure:
        case Deviations():
            return f"{1000 * value:+.1f}"
        case Rate() if name != SPEED:
            return f"{100 * value:+.2f}"
    return f"{value:+.3f}"


def decided(name: str, difference: Difference) -> bool | None:
    """Whether a difference is more than luck; None where the interval cannot tell.

    It tells nothing from few recordings, nor of speed: all recordings of a run share its luck.
    """
    return None if name == SPEED else difference.significant


def interval(name: str, measure: Measure, difference: Difference) -> str:
    """The bounds of a difference, as far as they tell anything; rough from few recordings."""
    if name == SPEED or difference.recordings < 2:
        return NOTHING
    bounds = (signed(name, measure, bound) for bound in (difference.low, difference.high))
    return " to ".join(bounds) + " (rough)" * (difference.recordings < FEW)


def percent(value: float | None) -> str:
    """A share as a percentage with two decimals."""
    return NOTHING if value is None else f"{100 * value:.2f}"


def milliseconds(value: float | None) -> str:
    """Seconds as milliseconds with one decimal."""
    return NOTHING if value is None else f"{1000 * value:.1f}"


def factor(value: float | None) -> str:
    """A plain number with three decimals."""
    return NOTHING if value is None else f"{value:.3f}"


def amount(value: float) -> str:
    """A count as it is, seconds with two decimals."""
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}"

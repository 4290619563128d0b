"""What all pictures share: colours, type sizes, and how they become files."""

from __future__ import annotations

import os
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from asrcore.errors import OutputError

INK, FAINT, GRID = "#24292f", "#6e7781", "#e3e6ea"
WRONG = "#d1242f"
PALETTE = ("#2f6db3", "#e08a1e", "#2a9d78", "#8a5fbf", "#b5567c", "#7a8b2f", "#4aa3c7", "#8c6d52")
"""Speakers and series; told apart by the colour-blind, and none is the red of an error."""

TITLE, TEXT, SMALL = 12.0, 9.0, 8.0
"""Type sizes in points."""


def blank(width: float, height: float, dpi: int) -> Figure:
    """An empty picture; width and height in inches."""
    figure = Figure(figsize=(width, height), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place in inches, counted from the upper left corner."""
    across, down = figure.get_size_inches()
    bottom = down - top - height
    axes = figure.add_axes((left / across, bottom / down, width / across, height / down))
    calm(axes)
    return axes


def calm(axes: Axes) -> None:
    """No frame but the ground line, faint marks, small type."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(length=0, labelsize=SMALL, labelcolor=INK, pad=4)
    axes.set_axisbelow(True)


def headline(figure: Figure, text: str, below: str = "") -> None:
    """A title in the upper left corner and a line of remarks under it."""
    across, down = figure.get_size_inches()
    left = 0.3 / across
    write: dict[str, Any] = {"ha": "left", "va": "top", "parse_math": False}
    figure.text(left, 1 - 0.22 / down, text, size=TITLE, weight="bold", color=INK, **write)
    figure.text(left, 1 - 0.48 / down, below, size=TEXT, color=FAINT, **write)


def subtitle(axes: Axes, text: str) -> None:
    """What a panel shows, above its left edge."""
    axes.set_title(text, loc="left", size=TEXT, weight="bold", color=INK, pad=8, parse_math=False)


def shortened(text: str, length: int) -> str:
    """At most `length` characters."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def save(figure: Figure, path: Path) -> Path:
    """Write a PNG under a temporary name, then rename it.

    Raises:
        OutputError: the file cannot be written.
    """
    image = BytesIO()
    with warnings.catch_warnings():  # a script that the font lacks is drawn as boxes
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(image, format="png")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(image.getvalue())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(
            f"{path}: cannot be written: {error.strerror}", "name another folder"
        ) from error
    return path

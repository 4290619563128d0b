"""Evaluations as pictures: error distributions, and reference against hypothesis over time."""

from pydantic import Field

from asrcore.plugin import Options, Plugin


class ChartOptions(Options):
    """How large the pictures are.

    Attributes:
        width: in inches; the height follows from what there is to show.
        dpi: pixels an inch.
    """

    width: float = Field(12.0, ge=6, le=40)
    dpi: int = Field(144, ge=40, le=600)


MATPLOTLIB = Plugin(
    "matplotlib",
    "asrcore_adapters.charts.matplotlib_chart:MatplotlibChart",
    "PNG: distributions of errors, and a timeline a recording",
    ChartOptions,
    requires=("matplotlib",),
    install="pip install 'asrcore[eval]'",
)

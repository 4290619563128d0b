"""Grids as plain text and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from asrcore_cli.rendering.grids import Grid, Row


def as_text(grids: Sequence[Grid], remarks: Sequence[str]) -> str:
    """Columns as wide as they need to be, numbers to the right; the same for a pipe."""
    blocks = [f"{grid.title}\n{_columns([grid.header, *grid.rows])}" for grid in grids]
    return _joined(blocks, (f"{remark}\n" for remark in remarks))


def as_markdown(grids: Sequence[Grid], remarks: Sequence[str]) -> str:
    """Tables as GitHub shows them."""
    blocks = [f"### {_escaped(grid.title)}\n\n{_table(grid)}" for grid in grids]
    return _joined(blocks, (f"- {_escaped(remark)}\n" for remark in remarks))


def _joined(blocks: Iterable[str], lines: Iterable[str]) -> str:
    """Blocks with an empty line between two, the remarks as the last one."""
    return "\n".join(block for block in (*blocks, "".join(lines)) if block)


def _columns(rows: Sequence[Row]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(f"  {_padded(row, widths)}\n" for row in rows)


def _padded(row: Row, widths: Sequence[int]) -> str:
    name, *numbers = row
    cells = (cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True))
    return "  ".join((name.ljust(widths[0]), *cells)).rstrip()


def _table(grid: Grid) -> str:
    rule = ("---", *("---:" for _ in grid.header[1:]))
    rows = (grid.header, rule, *grid.rows)
    return "".join(f"| {' | '.join(map(_escaped, row))} |\n" for row in rows)


def _escaped(text: str) -> str:
    """What Markdown would take for a mark."""
    return re.sub(r"([\\|<>*`_\[\]~])", r"\\\1", text)

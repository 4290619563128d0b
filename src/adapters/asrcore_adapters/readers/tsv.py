"""Tab-separated values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.errors import InputError
from asrcore.plugin import Options, Placement
from asrcore_adapters.readers.document import Line, lines, shown

NEEDED = ("start", "end", "text")


class TsvReader:
    """Whisper's three columns, times in whole milliseconds, and `speaker` where there is one.

    Columns are known by the header, in any order; others are ignored. Nothing is quoted.
    """

    extension = "tsv"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def read(self, stream: TextIO) -> Mapping[str, Annotation]:
        """Texts, times and speakers of one recording.

        Raises:
            InputError: a column is missing, or a row has too many or too few cells, or wrong times.
        """
        header, *rows = lines(stream)
        columns = _columns(header)
        said = (_utterance(row, columns) for row in rows if row.text.strip())
        return {"": Annotation(tuple(each for each in said if each.text))}


def _columns(header: Line) -> Sequence[str]:
    if not header.text.strip():
        raise InputError(f"it has no header; its first line names {', '.join(NEEDED)}")
    columns = [column.strip() for column in header.text.split("\t")]
    for name in NEEDED:
        if name not in columns:
            raise header.error(f"there is no column {name}", f"columns are {', '.join(NEEDED)}")
    return columns


def _utterance(row: Line, columns: Sequence[str]) -> Utterance:
    cells = row.text.split("\t")
    if len(cells) != len(columns):
        raise row.error(f"it has {len(cells)} cells for {len(columns)} columns")
    by_name = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
    start, end = (_seconds(row, by_name[name], name) for name in ("start", "end"))
    return Utterance(by_name["text"], row.span(start, end), by_name.get("speaker") or None)


def _seconds(row: Line, written: str, what: str) -> float:
    if not (written.isascii() and written.isdigit()):
        raise row.error(f"the {what} is {shown(written)}, not a whole number of milliseconds")
    return row.seconds(written, what) / 1000

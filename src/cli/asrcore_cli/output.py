"""Where results and remarks go: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

if TYPE_CHECKING:
    from asrcore.bootstrap.settings import OutputSettings


def stdout() -> TextIO:
    """Standard output, in UTF-8 also where it is a Windows pipe; file names go out as they are."""
    stream = sys.stdout
    if hasattr(stream, "reconfigure"):
        if stream.isatty():
            stream.reconfigure(errors="backslashreplace")
        else:
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    return stream


def print_text(text: str) -> None:
    """A result as it is.

    Raises:
        OutputError: stdout cannot take it; nothing further can be printed.
    """
    from asrcore.errors import OutputError
    from asrcore_cli.errors import discard

    stream = stdout()
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard(stream)
        why = error.strerror or "it is closed"
        raise OutputError(f"standard output: {why}", "send the output elsewhere") from error


def print_json(document: Any) -> None:
    """A result for programs."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def print_table(rows: Iterable[Sequence[str]], indent: str = "") -> None:
    """A result for people: columns as wide as they need to be, the last one open."""
    table = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        *cells, last = row
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=False))
        typer.echo(indent + "  ".join((*padded, last)).rstrip())


def refuse_several_on_stdout(
    output: OutputSettings, recordings: int, joined: Sequence[str] = ("txt",)
) -> None:
    """On stdout one format fits, and several recordings only in some: text, which gets headings.

    Args:
        output: what is configured.
        recordings: how many.
        joined: the formats in which several may follow each other.

    Raises:
        ConfigError: what is configured does not.
    """
    from asrcore.errors import ConfigError

    if output.directory is not None:
        return
    if len(output.formats) != 1:
        raise ConfigError(
            f"output.formats: {', '.join(output.formats)} do not fit on one stdout",
            "add --output-dir DIR",
        )
    if recordings > 1 and output.formats[0] not in joined:
        raise ConfigError(
            f"several recordings as {output.formats[0]} do not fit on one stdout",
            "add --output-dir DIR",
        )


def refuse_folder(directory: Path | None, setting: str, option: str) -> None:
    """What could not be written after an hour of work is refused before it.

    Raises:
        ConfigError: nothing can be written there; names the setting, and the option to change it.
    """
    from asrcore.errors import ConfigError

    if directory is None:
        return
    there = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise ConfigError(
            f"{setting}: {there} is no folder that can be written to",
            f"name another folder with {option}",
        )


def listed(names: Iterable[str], between: str = ", ", most: int = 5) -> str:
    """Some names, and how many more; `nothing` where there is none."""
    everything = list(names)
    more = f" and {len(everything) - most} more" if len(everything) > most else ""
    return between.join(everything[:most]) + more or "nothing"

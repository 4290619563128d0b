"""A recording -> bytes that FFmpeg can seek in."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from asrcore.errors import (
    AsrError,
    AudioDecodeError,
    InputError,
    InputNotFoundError,
    did_you_mean,
    translate,
)

IN_MEMORY = 16 * 2**20
"""Bytes of a stream that are held in memory; a longer one goes to a temporary file."""

NEIGHBOURS = 1000
"""Files that are looked at to guess which one was meant."""


class SeekableBytes:
    """A file without its name: FFmpeg then goes by what it holds.

    By name, it takes any `.txt` for a film in ANSI art.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


@contextmanager
def opened(source: str | Path | BinaryIO, name: str) -> Iterator[SeekableBytes]:
    """The bytes of a file, of standard input or of a file object, from the first on.

    What cannot seek, such as a pipe, is first copied: the index of an mp4 is at its end. What
    was not opened here is not closed here.

    Raises:
        InputNotFoundError: there is no such file.
        InputError: it cannot be read.
        AudioDecodeError: it is empty.
    """
    with ExitStack() as opened_here:
        match source:
            case Path():
                file = opened_here.enter_context(_open(source, name))
            case str():
                file = _standard_input(name)
            case _:
                file = _binary(source, name)
        if not _seekable(file):
            file = opened_here.enter_context(_copy(file))
        file.seek(0, os.SEEK_END)
        if not file.tell():
            hint = "see whether it was recorded or copied whole"
            raise AudioDecodeError(f"{name}: it is empty (0 bytes)", hint)
        file.seek(0)
        yield SeekableBytes(file)


def _open(path: Path, name: str) -> BinaryIO:
    quoted = shlex.quote(str(path))

    def not_found(error: Exception) -> AsrError:
        return InputNotFoundError(f"{name}: there is no such file", _where_to_look(path, name))

    def forbidden(error: Exception) -> AsrError:
        return InputError(f"{name}: no permission to read it", f"see who may: ls -l {quoted}")

    if path.is_dir():
        hint = f"to transcribe what is in it: asr run {quoted}/*"
        raise InputError(f"{name}: it is a directory", hint)
    with translate(
        {FileNotFoundError: not_found, NotADirectoryError: not_found, PermissionError: forbidden}
    ):
        return path.open("rb")


def _where_to_look(path: Path, name: str) -> str:
    if "://" in name:
        return "only files are read: download it first"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    names: list[str] = []
    with suppress(OSError):  # a folder that may not be listed
        names = [file.name for file in islice(path.parent.iterdir(), NEIGHBOURS)]
    return did_you_mean(path.name, names) or f"it was looked for in {path.parent.absolute()}"


def _standard_input(name: str) -> BinaryIO:
    file: BinaryIO | None = getattr(sys.stdin, "buffer", None)
    if file is None or file.closed:
        raise InputError(f"{name}: it is closed")
    if file.isatty():
        raise InputError(f"{name}: nothing comes in", "give it a recording: asr run - < FILE")
    return file


def _binary(file: BinaryIO, name: str) -> BinaryIO:
    if not isinstance(file.read(0), bytes):
        raise InputError(f"{name}: it was opened as text", 'open it with mode "rb"')
    return file


def _seekable(file: BinaryIO) -> bool:
    return hasattr(file, "seekable") and file.seekable()


@contextmanager
def _copy(file: BinaryIO) -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(IN_MEMORY, prefix="asrcore-") as copy:
        shutil.copyfileobj(file, copy)
        yield cast(BinaryIO, copy)

"""The last stage: transcripts become files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from asrcore.domain.transcript import Transcript
from asrcore.errors import OutputError
from asrcore.ports.transcript_writer import TranscriptWriter


def export(
    transcript: Transcript, directory: Path, stem: str, writers: Mapping[str, TranscriptWriter]
) -> list[Path]:
    """Write a transcript in several formats as `directory/stem.extension`.

    Each file appears whole or not at all.

    Raises:
        OutputError: the directory or a file cannot be written, or the stem is no file name.
    """
    if not stem or Path(stem).name != stem:
        raise OutputError(f"{stem!r} is no name of a file", "give a name without a folder")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return [_write(transcript, directory, stem, writer) for writer in writers.values()]
    except OSError as error:
        raise OutputError(
            f"{directory}: cannot write {stem} there: {error.strerror or error}",
            "name another folder with --output-dir",
        ) from error


def _write(transcript: Transcript, directory: Path, stem: str, writer: TranscriptWriter) -> Path:
    path = directory / f"{stem}.{writer.extension}"
    temporary = directory / f".asrcore-{uuid4().hex}.part"
    try:
        with temporary.open("x", encoding="utf-8", newline="\n") as stream:
            writer.write(transcript, stream)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path

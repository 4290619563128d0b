"""References and hypotheses from files."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from asrcore.domain.annotation import Annotation
from asrcore.errors import ConfigError, InputError, InputNotFoundError, did_you_mean, translate
from asrcore.ports.annotation_reader import AnnotationReader


def read(path: Path, readers: Mapping[str, AnnotationReader]) -> Mapping[str, Annotation]:
    """What a document tells, by the name of the recording, else by the document's own stem.

    Args:
        path: a text file in UTF-8.
        readers: by the extension of the files that they read.

    Raises:
        ConfigError: none of them reads files of its extension.
        InputNotFoundError, InputError: it cannot be read, or is not what its extension says.
    """
    reader = _reader(path, readers)
    text = _text(path)
    try:
        found = reader.read(StringIO(text))
    except InputError as error:
        raise InputError(f"{path}: {error.message}", error.hint) from error
    return {name or path.stem: annotation for name, annotation in found.items()}


def _reader(path: Path, readers: Mapping[str, AnnotationReader]) -> AnnotationReader:
    extension = path.suffix.removeprefix(".").lower()
    if extension in readers:
        return readers[extension]
    if not path.exists():
        raise InputNotFoundError(f"{path}: there is no such file or folder")
    what = f".{extension} file" if extension else "file without an extension"
    raise ConfigError(
        f"{path}: no reader reads a {what}; there are {', '.join(readers) or 'none'}",
        did_you_mean(extension, readers) or "run: asr backends",
    )


def _text(path: Path) -> str:
    with translate(
        {
            FileNotFoundError: lambda _: InputNotFoundError(f"{path}: there is no such file"),
            OSError: lambda error: InputError(f"{path}: it cannot be read: {error}"),
            UnicodeDecodeError: lambda error: InputError(f"{path}: it is no UTF-8 text: {error}"),
        }
    ):
        return path.read_text(encoding="utf-8-sig")

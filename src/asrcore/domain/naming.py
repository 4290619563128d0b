"""Names of output files, so that no two recordings write to the same one."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from asrcore.domain.recording import Recording


def output_stems(recordings: Sequence[Recording]) -> list[str]:
    """One name without extension per recording, all different on any file system.

    A recording gives its stem; where that is taken twice (`a.wav`, `a.mp3`) its full name;
    where that is too (`x/a.wav`, `y/a.wav`) its folder's name before it; then a number.
    """
    stems = [recording.stem for recording in recordings]
    for rename in (_full_name, _with_folder):
        stems = _rename_clashes(recordings, stems, rename)
    return numbered(stems)


def _rename_clashes(
    recordings: Sequence[Recording], stems: Sequence[str], rename: Callable[[Recording], str]
) -> list[str]:
    uses = Counter(map(_on_disk, stems))
    return [
        stem if uses[_on_disk(stem)] == 1 else rename(recording)
        for recording, stem in zip(recordings, stems, strict=True)
    ]


def _full_name(recording: Recording) -> str:
    return recording.source.name if isinstance(recording.source, Path) else recording.stem


def _with_folder(recording: Recording) -> str:
    if isinstance(recording.source, Path):
        path = recording.source.absolute()
        return f"{path.parent.name}-{path.name}"
    return recording.stem


def numbered(stems: Sequence[str]) -> list[str]:
    """The same names; a number follows one that another is already, on some file system."""
    taken: set[str] = set()
    unique: list[str] = []
    for stem in stems:
        name, number = stem, 1
        while _on_disk(name) in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(_on_disk(name))
        unique.append(name)
    return unique


def _on_disk(name: str) -> str:
    """What a file system compares that tells neither case nor forms of an accent apart."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())

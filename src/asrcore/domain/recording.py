"""What a user may hand over to be transcribed."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.audio import Audio, Waveform
from asrcore.domain.timespan import TimeSpan

STDIN = "-"

Source: TypeAlias = str | os.PathLike[str] | BinaryIO | Waveform | Audio | NDArray[np.generic]
"""A path, `-` for standard input, a binary file object, or samples.

A bare array is taken as 16 kHz of shape (n,) or (channels, n); `Waveform` names another rate.
"""


Span: TypeAlias = TimeSpan | tuple[float, float]
"""A stretch of time, or its start and end in seconds."""


@dataclass(frozen=True, eq=False)
class Recording:
    """One input of a run.

    Attributes:
        source: where its sound comes from.
        name: how messages call it.
        speech: the stretches to transcribe, where the user knows them; they replace the
            voice activity detector and are kept apart.
    """

    source: str | Path | BinaryIO | Waveform | Audio
    name: str
    speech: tuple[TimeSpan, ...] | None = None

    @classmethod
    def of(cls, source: Source, speech: Sequence[Span] | None = None) -> Recording:
        """Name a source and put it into one of the five shapes above.

        Raises:
            TypeError: it is nothing that has sound, or a span is none.
            ValueError: a span runs backward.
        """
        spans = None if speech is None else tuple(_span(each) for each in speech)
        match source:
            case np.ndarray():  # first, since an array refuses to be compared with "-"
                return cls(Waveform(source), "array", spans)
            case Waveform() | Audio():
                return cls(source, "array", spans)
            case "-":
                return cls(STDIN, "standard input", spans)
            case str() | os.PathLike():
                return cls(Path(source), os.fspath(source), spans)
            case _ if hasattr(source, "read"):
                return cls(source, _file_name(source), spans)
        raise TypeError(f"a recording is a path, a file object or samples, not {type(source)}")

    @property
    def stem(self) -> str:
        """The file name without its extension: what its outputs are called after."""
        if isinstance(self.source, Path):
            return self.source.stem
        return re.sub(r'[\s<>:"|?*]+', "-", Path(self.name).stem).strip("-")


def _span(given: Span) -> TimeSpan:
    match given:
        case TimeSpan():
            return given
        case (start, end):
            return TimeSpan(start, end)
    raise TypeError(f"a span of speech is a TimeSpan or (start, end), not {given!r}")


def _file_name(file: BinaryIO) -> str:
    """The path a file object was opened by; some have a number or None as their name."""
    name = getattr(file, "name", None)
    return os.fspath(name) if isinstance(name, str | os.PathLike) else "file object"

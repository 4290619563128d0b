"""A text document as numbered lines, and what they hold in common."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO, TypeVar

from asrcore.domain.timespan import TimeSpan
from asrcore.errors import InputError

T = TypeVar("T")

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_SPEAKER = re.compile(r"(?:\[(?P<bracketed>[^\]\n]+)\]|(?P<label>\w+_\d+)):(?:\s+|$)", re.ASCII)
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Line:
    """A line and its number, counted from 1."""

    number: int
    text: str

    def error(self, why: str, hint: str = "") -> InputError:
        """What is wrong with it."""
        return InputError(f"line {self.number}: {why}", hint)

    def seconds(self, written: str, what: str) -> float:
        """A decimal number.

        Raises:
            InputError: it is none.
        """
        if not _NUMBER.fullmatch(written):
            raise self.error(f"the {what} is {shown(written)}, not a number of seconds")
        return float(written)

    def span(self, start: float, end: float) -> TimeSpan:
        """From start to end in seconds.

        Raises:
            InputError: time does not run that way.
        """
        try:
            return TimeSpan(start, end)
        except ValueError as error:
            raise self.error(str(error)) from error


def content(stream: TextIO) -> str:
    r"""All of a stream without byte order mark, its lines ended by `\n`.

    Raises:
        InputError: it is binary.
    """
    text = stream.read().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    before, nul, _ = text.partition("\0")
    if nul:
        raise Line(before.count("\n") + 1, "").error("a zero byte; this is no text")
    return text


def lines(stream: TextIO) -> list[Line]:
    """All lines, blank ones too."""
    return [Line(number, text) for number, text in enumerate(content(stream).split("\n"), start=1)]


def records(stream: TextIO) -> Iterator[Line]:
    """The lines of a NIST document that are neither blank nor `;;` comments."""
    return (
        line
        for line in lines(stream)
        if line.text.strip() and not line.text.lstrip().startswith(";;")
    )


def recordings(found: Mapping[str, Sequence[T]]) -> Mapping[str, Sequence[T]]:
    """What was found by recording; where there is none, nothing of a nameless one."""
    return found or {"": ()}


def shown(text: str) -> str:
    """A piece of a document as messages quote it, not too much of it."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def speaker_and_text(text: str) -> tuple[str | None, str]:
    """Who a line of plain text or a cue says is speaking, and what is left.

    Taken for a speaker is what stands in brackets before a colon, as WhisperX writes it, or a
    label that ends in a number, as diarizers give them. `Note: ...` is text.

    >>> speaker_and_text("SPEAKER_01: Note: it rains.")
    ('SPEAKER_01', 'Note: it rains.')
    """
    found = _SPEAKER.match(text)
    if found is None:
        return None, text.strip()
    return found["bracketed"] or found["label"], text[found.end() :].strip()

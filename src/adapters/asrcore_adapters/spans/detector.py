"""Detectors that do not listen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from asrcore.domain.audio import Audio
from asrcore.domain.capabilities import VoiceActivityCapabilities
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import ConfigError, translate
from asrcore.plugin import Options, Placement
from asrcore_adapters.spans import SegmentsOptions


class WholeRecording:
    """Takes all of a recording as speech."""

    capabilities = VoiceActivityCapabilities()

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def detect(self, audio: Audio) -> Sequence[TimeSpan]:
        """One span, from start to end; none where there is no sound."""
        return (audio.span,) if audio.duration else ()


class OwnSegments:
    """Takes the spans that the user gave, the same for every recording.

    Raises:
        ConfigError: a span is none, or the file cannot be read or holds none.
    """

    capabilities = VoiceActivityCapabilities(exact=True)

    def __init__(self, options: SegmentsOptions, placement: Placement) -> None:
        if options.file is None:
            self._spans = tuple(_span(*span, "vad.options.spans") for span in options.spans)
        else:
            self._spans = tuple(_read(options.file))

    def detect(self, audio: Audio) -> Sequence[TimeSpan]:
        """The given spans, as far as the recording reaches."""
        inside = (span & audio.span for span in sorted(self._spans))
        return tuple(span for span in inside if span is not None and span.duration > 0)


def _read(path: Path) -> Sequence[TimeSpan]:
    where = f"vad.options.file: {path}"
    try:
        # Windows' editors begin a file with a mark that is no number.
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise ConfigError(f"{where}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: it is no text in UTF-8") from error
    spans = [
        _parse(text, f"{where}, line {number}")
        for number, line in enumerate(lines, start=1)
        if (text := line.partition("#")[0].strip())
    ]
    if not spans:
        raise ConfigError(f"{where}: it holds no span", "write a line for each, such as: 0.5 12.25")
    return spans


def _parse(text: str, where: str) -> TimeSpan:
    try:
        start, end = map(float, _columns(text)[:2])
    except ValueError as error:
        raise ConfigError(
            f"{where}: a line begins with start and end in seconds, not {text!r}",
            "such as: 0.5 12.25",
        ) from error
    return _span(start, end, where)


def _columns(text: str) -> Sequence[str]:
    """Of one kind of separator: `1,5 2,5` must not be read as from 1 to 5."""
    columns = text.split(",")
    return text.split() if len(columns) == 1 or len(columns[0].split()) > 1 else columns


def _span(start: float, end: float, where: str) -> TimeSpan:
    with translate({ValueError: lambda error: ConfigError(f"{where}: {error}")}):
        span = TimeSpan(start, end)
    if not span.duration:
        raise ConfigError(f"{where}: a span from {start} to {end} holds nothing")
    return span

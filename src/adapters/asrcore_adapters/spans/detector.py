"""Detectors that do not listen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        ConfigError: a span is none, or the file cannot be read.
    """

    capabilities = VoiceActivityCapabilities(exact=True)

    def __init__(self, options: SegmentsOptions, placement: Placement) -> None:
        if options.file is None:
            self._spans = tuple(_span(start, end, "spans") for start, end in options.spans)
        else:
            self._spans = tuple(_read(options.file))

    def detect(self, audio: Audio) -> Sequence[TimeSpan]:
        """The given spans, as far as the recording reaches."""
        inside = (span & audio.span for span in sorted(self._spans))
        return tuple(span for span in inside if span is not None and span.duration > 0)


def _read(path: Path) -> Iterator[TimeSpan]:
    with translate({OSError: lambda error: ConfigError(f"vad.options.file: {error}")}):
        lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        fields = line.partition("#")[0].replace(",", " ").split()
        if fields:
            yield _parse(fields, f"{path}, line {number}")


def _parse(fields: Sequence[str], where: str) -> TimeSpan:
    try:
        start, end = (float(field) for field in fields[:2])
    except ValueError as error:
        raise ConfigError(f"{where}: two numbers are needed, start and end in seconds") from error
    return _span(start, end, where)


def _span(start: float, end: float, where: str) -> TimeSpan:
    with translate({ValueError: lambda error: ConfigError(f"vad.options, {where}: {error}")}):
        return TimeSpan(start, end)

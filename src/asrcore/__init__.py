"""Recordings to transcripts: words, exact times, speakers; engines swapped by configuration.

>>> from asrcore import Engine
>>> with Engine({"transcriber": {"backend": "pocketsphinx"}}) as engine:
...     transcript = engine.transcribe("examples/jfk.flac")
>>> transcript.language
'en'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asrcore.lazy import lazy_names

if TYPE_CHECKING:
    from asrcore.api import Engine
    from asrcore.bootstrap.conversion import convert_model
    from asrcore.bootstrap.settings import Settings
    from asrcore.domain.annotation import Annotation, Utterance
    from asrcore.domain.audio import Audio, Waveform
    from asrcore.domain.diarization import Diarization, SpeakerTurn
    from asrcore.domain.outcome import Outcome
    from asrcore.domain.recording import Recording
    from asrcore.domain.scoring.evaluation import Evaluation, compare
    from asrcore.domain.timespan import TimeSpan
    from asrcore.domain.transcript import Segment, Transcript, Word
    from asrcore.errors import (
        AsrError,
        AudioDecodeError,
        ConfigError,
        EngineError,
        InputError,
        InputNotFoundError,
        MissingEngineError,
        ModelError,
        OutOfMemoryError,
        OutputError,
        UnknownBackendError,
        UnsupportedError,
    )

_HOMES = {
    "asrcore.api": ("Engine",),
    "asrcore.bootstrap.conversion": ("convert_model",),
    "asrcore.bootstrap.settings": ("Settings",),
    "asrcore.domain.annotation": ("Annotation", "Utterance"),
    "asrcore.domain.audio": ("Audio", "Waveform"),
    "asrcore.domain.diarization": ("Diarization", "SpeakerTurn"),
    "asrcore.domain.outcome": ("Outcome",),
    "asrcore.domain.recording": ("Recording",),
    "asrcore.domain.scoring.evaluation": ("Evaluation", "compare"),
    "asrcore.domain.timespan": ("TimeSpan",),
    "asrcore.domain.transcript": ("Segment", "Transcript", "Word"),
    "asrcore.errors": (
        "AsrError",
        "AudioDecodeError",
        "ConfigError",
        "EngineError",
        "InputError",
        "InputNotFoundError",
        "MissingEngineError",
        "ModelError",
        "OutOfMemoryError",
        "OutputError",
        "UnknownBackendError",
        "UnsupportedError",
    ),
}

__all__ = [
    "Annotation",
    "AsrError",
    "Audio",
    "AudioDecodeError",
    "ConfigError",
    "Diarization",
    "Engine",
    "EngineError",
    "Evaluation",
    "InputError",
    "InputNotFoundError",
    "MissingEngineError",
    "ModelError",
    "OutOfMemoryError",
    "Outcome",
    "OutputError",
    "Recording",
    "Segment",
    "Settings",
    "SpeakerTurn",
    "TimeSpan",
    "Transcript",
    "UnknownBackendError",
    "UnsupportedError",
    "Utterance",
    "Waveform",
    "Word",
    "compare",
    "convert_model",
]


__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))

"""What happens during a run, as values: for progress bars, logs and embedding apps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from asrcore.domain.recording import Recording
from asrcore.domain.transcript import Transcript


@dataclass(frozen=True, slots=True)
class ModelLoading:
    """An engine gets ready, which may take seconds, or minutes where it downloads a model."""

    stage: str
    backend: str


@dataclass(frozen=True, slots=True)
class VoiceLearning:
    """A known speaker's recording is listened to, so that he is called by his name."""

    name: str


@dataclass(frozen=True, slots=True)
class ModelConverting:
    """A model is being converted, and what is done just now, in words."""

    doing: str


@dataclass(frozen=True, slots=True)
class RecordingStarted:
    """A recording begins to be decoded."""

    recording: Recording


@dataclass(frozen=True, slots=True)
class SpeechFound:
    """A recording is decoded: its length, and how much of it is to be transcribed, in seconds."""

    recording: Recording
    duration: float
    speech: float


@dataclass(frozen=True, slots=True)
class ChunkTranscribed:
    """Some speech of a recording became text: `done` of `total` seconds so far."""

    recording: Recording
    done: float
    total: float
    text: str


@dataclass(frozen=True, slots=True)
class TextAligned:
    """Some of a known text got its times: `done` of `total` seconds of work so far.

    A recording that is heard first, to find where the text is, counts twice.
    """

    recording: Recording
    done: float
    total: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class SpeakersSought:
    """A diarizer has done `done`, from 0 to 1, of its work on a recording."""

    recording: Recording
    done: float


@dataclass(frozen=True, slots=True)
class Warned:
    """Something about a recording went less than well; the work goes on."""

    recording: Recording
    message: str


@dataclass(frozen=True, slots=True)
class RecordingFinished:
    """A recording has its transcript."""

    recording: Recording
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class RecordingFailed:
    """A recording has none, and why; the others go on."""

    recording: Recording
    error: Exception


Event: TypeAlias = (
    ModelLoading
    | VoiceLearning
    | ModelConverting
    | RecordingStarted
    | SpeechFound
    | ChunkTranscribed
    | TextAligned
    | SpeakersSought
    | Warned
    | RecordingFinished
    | RecordingFailed
)

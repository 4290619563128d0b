"""Known speakers: from a recording of each to his voice."""

from __future__ import annotations

from collections.abc import Mapping

from asrcore.domain.diarization import Embedding, SpeakerCount
from asrcore.domain.events import VoiceLearning
from asrcore.domain.recording import Recording
from asrcore.errors import ConfigError, EngineError, InputError, UnsupportedError, translate
from asrcore.ports.audio_source import AudioSource
from asrcore.ports.diarizer import Diarizer
from asrcore.ports.progress import Progress
from asrcore.usecases.job import in_words
from asrcore.usecases.load import load_audio


def enrol(
    recordings: Mapping[str, Recording],
    source: AudioSource,
    diarizer: Diarizer,
    progress: Progress,
) -> dict[str, Embedding]:
    """The voice of whoever speaks most in each recording, by the name that it is given for.

    Raises:
        ConfigError: a recording cannot be read, or nobody speaks in it.
        UnsupportedError: the diarizer tells no voices.
        EngineError: the diarizer failed.
    """
    if recordings and not diarizer.capabilities.embeddings:
        raise UnsupportedError(
            "diarizer.speakers: this diarizer tells no voices", "asr backends lists the others"
        )
    voices = {}
    for name, recording in recordings.items():
        progress(VoiceLearning(name))
        voices[name] = _voice(name, recording, source, diarizer)
    return voices


def _voice(name: str, recording: Recording, source: AudioSource, diarizer: Diarizer) -> Embedding:
    try:
        audio = load_audio(source, recording, _ignore)
    except InputError as error:
        raise ConfigError(f"diarizer.speakers.{name}: {error.message}", error.hint) from error
    alone = SpeakerCount(1, 1) if diarizer.capabilities.speaker_count else SpeakerCount()
    with translate({Exception: lambda error: _failed(name, error)}):
        found = diarizer.diarize(audio, alone, embeddings=True)
    voice = found.embeddings.get(found.main_speaker or "")
    if voice is None:
        raise ConfigError(
            f"diarizer.speakers.{name}: nobody is heard speaking in {recording.name}",
            "name a recording of ten seconds or more of this speaker alone",
        )
    return voice


def _failed(name: str, error: Exception) -> EngineError:
    return EngineError(f"diarizer.speakers.{name}: the diarizer failed: {in_words(error)}")


def _ignore(warning: str) -> None:
    """A voice can be told from damaged sound, too."""

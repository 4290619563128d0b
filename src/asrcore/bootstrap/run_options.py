"""What a run is told, from the settings."""

from __future__ import annotations

from asrcore.bootstrap.settings import AUTO, DiarizerSettings, Settings
from asrcore.domain.chunking import ChunkLimits
from asrcore.domain.diarization import SpeakerCount
from asrcore.domain.request import Instructions
from asrcore.errors import ConfigError, translate
from asrcore.usecases.diarize import SpeakerOptions
from asrcore.usecases.stages import RunOptions


def run_options(settings: Settings, batch_size: int) -> RunOptions:
    """Everything but what a single call may change.

    Raises:
        ConfigError: the numbers of speakers exclude each other.
    """
    wanted, chunking = settings.transcriber, settings.chunking
    return RunOptions(
        Instructions(
            language=None if wanted.language == AUTO else wanted.language,
            task=wanted.task,
            prompt=wanted.prompt,
            hotwords=wanted.hotwords,
            timestamps=wanted.timestamps,
        ),
        multilingual=wanted.multilingual,
        batch_size=batch_size,
        limits=ChunkLimits(chunking.max_duration, chunking.max_gap),
        speakers=speaker_options(settings.diarizer),
        characters=settings.aligner.characters,
    )


def speaker_options(wanted: DiarizerSettings) -> SpeakerOptions:
    """All but the voices of known speakers, which must be heard first.

    Raises:
        ConfigError: the numbers of speakers exclude each other.
    """
    exact, least, most = wanted.num_speakers, wanted.min_speakers, wanted.max_speakers
    if exact is not None and (least is not None or most is not None):
        raise ConfigError(
            "diarizer: num_speakers excludes min_speakers and max_speakers",
            "leave one or the other out",
        )
    if exact is not None:
        least = most = exact
    with translate({ValueError: lambda error: ConfigError(f"diarizer: {error}")}):
        count = SpeakerCount(least, most)
    similarity = None if wanted.similarity == AUTO else wanted.similarity
    return SpeakerOptions(count, wanted.embeddings, similarity=similarity)

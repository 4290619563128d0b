"""What a run is told, from the settings."""

from __future__ import annotations

from asrcore.bootstrap.settings import AUTO, Settings
from asrcore.domain.chunking import ChunkLimits
from asrcore.domain.diarization import SpeakerCount
from asrcore.domain.request import Instructions
from asrcore.errors import ConfigError, translate
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
        speakers=_speakers(settings),
        characters=settings.aligner.characters,
    )


def _speakers(settings: Settings) -> SpeakerCount:
    wanted = settings.diarizer
    with translate({ValueError: lambda error: ConfigError(f"diarizer: {error}")}):
        return SpeakerCount(wanted.min_speakers, wanted.max_speakers)

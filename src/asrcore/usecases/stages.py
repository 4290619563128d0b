"""The engines of a run, and what is asked of all of them."""

from __future__ import annotations

from dataclasses import dataclass

from asrcore.domain.chunking import ChunkLimits
from asrcore.domain.diarization import SpeakerCount
from asrcore.domain.request import Instructions
from asrcore.errors import UnsupportedError
from asrcore.ports.aligner import Aligner
from asrcore.ports.audio_source import AudioSource
from asrcore.ports.diarizer import Diarizer
from asrcore.ports.transcriber import Transcriber
from asrcore.ports.voice_activity import VoiceActivityDetector


@dataclass(frozen=True)
class Stages:
    """The engines of a run; aligner and diarizer may be absent."""

    audio_source: AudioSource
    voice_activity: VoiceActivityDetector
    transcriber: Transcriber
    aligner: Aligner | None = None
    diarizer: Diarizer | None = None


@dataclass(frozen=True)
class RunOptions:
    """What holds for all recordings of a run.

    Attributes:
        instructions: how to transcribe.
        multilingual: detect the language of every chunk instead of once per recording.
        batch_size: chunks that the transcriber gets at once.
        limits: how speech is packed into chunks.
        speakers: how many speakers are known to be there.
    """

    instructions: Instructions = Instructions()
    multilingual: bool = False
    batch_size: int = 8
    limits: ChunkLimits = ChunkLimits()
    speakers: SpeakerCount = SpeakerCount()


def refuse_unsupported(stages: Stages, options: RunOptions) -> None:
    """Refuse, before any work, what an engine would ignore.

    Raises:
        UnsupportedError: names the first such instruction and the reason.
    """
    for name, why in stages.transcriber.capabilities.refusals(options.instructions):
        raise UnsupportedError(f"transcriber.{name}: the transcriber refuses it: {why}")
    if options.multilingual and not stages.transcriber.capabilities.detects_language:
        raise UnsupportedError(
            "transcriber.multilingual: the transcriber cannot tell languages apart"
        )
    counts = (options.speakers.minimum, options.speakers.maximum)
    if counts != (None, None) and not (
        stages.diarizer is not None and stages.diarizer.capabilities.speaker_count
    ):
        raise UnsupportedError("diarizer.speakers: there is no diarizer that could use the number")

"""The engines of a run, and what is asked of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from asrcore.domain.chunking import ChunkLimits
from asrcore.domain.request import Instructions
from asrcore.errors import UnsupportedError
from asrcore.ports.aligner import Aligner
from asrcore.ports.audio_source import AudioSource
from asrcore.ports.diarizer import Diarizer
from asrcore.ports.sentence_splitter import SentenceSplitter
from asrcore.ports.transcriber import Transcriber
from asrcore.ports.voice_activity import VoiceActivityDetector
from asrcore.usecases.diarize import SpeakerOptions, refuse_speaker_options


@dataclass(frozen=True)
class Stages:
    """The engines of a run.

    Attributes:
        audio_source, voice_activity, transcriber: always there.
        aligners: by name, the first choice first; none where word times are not wanted.
        diarizer: None where speakers are not wanted.
        sentence_splitter: None where segments stay as the transcriber delimits them.
    """

    audio_source: AudioSource
    voice_activity: VoiceActivityDetector
    transcriber: Transcriber
    aligners: Mapping[str, Aligner] = field(default_factory=dict)
    diarizer: Diarizer | None = None
    sentence_splitter: SentenceSplitter | None = None


@dataclass(frozen=True)
class RunOptions:
    """What holds for all recordings of a run.

    Attributes:
        instructions: how to transcribe.
        multilingual: detect the language of every chunk instead of once per recording.
        batch_size: chunks that the transcriber gets at once.
        limits: how speech is packed into chunks.
        speakers: what is known of the speakers, and what is wanted.
        characters: whether words get the times of their characters.
    """

    instructions: Instructions = Instructions()
    multilingual: bool = False
    batch_size: int = 8
    limits: ChunkLimits = ChunkLimits()
    speakers: SpeakerOptions = SpeakerOptions()
    characters: bool = False


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
    translated = options.instructions.task == "translate"  # which nobody aligns
    refuse_characters({} if translated else stages.aligners, wanted=options.characters)
    refuse_speaker_options(stages.diarizer, options.speakers)


def refuse_characters(aligners: Mapping[str, Aligner], *, wanted: bool) -> None:
    """Refuse to be asked for characters' times where the first choice has none, or there is none.

    Raises:
        UnsupportedError: names it.
    """
    first = next(iter(aligners), None)
    if not wanted or (first is not None and aligners[first].capabilities.characters):
        return
    why = f"{first} tells the times of words, not of characters" if first else "nobody aligns"
    raise UnsupportedError(
        f"aligner.characters: {why}",
        "name another with --set aligner.backend=...: asr backends lists them",
    )

"""The engines behind `stranger`'s plugins."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TextIO

from stranger import StrangerOptions, TalkOptions, WhispererOptions

from asrcore.domain.audio import Audio, Samples
from asrcore.domain.capabilities import DiarizerCapabilities
from asrcore.domain.diarization import Diarization, SpeakerCount, SpeakerTurn
from asrcore.domain.recording import STDIN, Recording
from asrcore.domain.request import ChunkRequest, ChunkResult
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Transcript
from asrcore.errors import AudioDecodeError, InputNotFoundError
from asrcore.plugin import Options, Placement
from asrcore.ports.diarizer import Heard, unheard
from asrcore.testing import (
    FakeAligner,
    FakeAudioSource,
    FakeDiarizer,
    FakeModelConverter,
    FakeTranscriber,
    tone,
)


def sleep_deeply() -> None:
    """As deaf to signals as an engine."""
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)


class Transcriber(FakeTranscriber):
    def __init__(self, options: StrangerOptions, placement: Placement) -> None:
        super().__init__(options.text)
        self._told = options

    def transcribe(self, batch: Sequence[ChunkRequest]) -> Sequence[ChunkResult]:
        results = super().transcribe(batch)
        if len(self.batches) >= self._told.sleeps_from:
            sleep_deeply()
        if len(self.batches) >= self._told.fails_from:
            raise RuntimeError("the engine is on fire")
        return results


class Aligner(FakeAligner):
    def __init__(self, options: Options, placement: Placement) -> None:
        super().__init__()


LEVELS = {"loud": 0.5, "soft": 0.125, "silent": 0.0}
"""How the audio source writes a second of sound, and what the diarizer hears in it."""
VOICES = {"loud": (1.0, 0.0), "soft": (0.0, 1.0)}


class Diarizer(FakeDiarizer):
    """Who is loud, and who is soft; a turn a second. Where there is one speaker, all are loud."""

    def __init__(self, options: TalkOptions, placement: Placement) -> None:
        able = DiarizerCapabilities(speaker_count=options.able, embeddings=options.able)
        super().__init__(Diarization(), capabilities=able)
        self._told = options

    def diarize(
        self,
        audio: Audio,
        speakers: SpeakerCount,
        *,
        embeddings: bool = False,
        progress: Heard = unheard,
    ) -> Diarization:
        self._diarization = loudness(audio, alone=speakers.exact == 1)
        if len(self.asked) + 1 >= self._told.sleeps_from:
            sleep_deeply()
        if len(self.asked) + 1 >= self._told.fails_from:
            raise RuntimeError("the diarizer is on fire")
        return super().diarize(audio, speakers, embeddings=embeddings, progress=progress)


def loudness(audio: Audio, *, alone: bool) -> Diarization:
    """The turns of a recording; who speaks alone has the voice that is heard first."""
    turns = []
    for second in range(int(audio.duration)):
        span = TimeSpan(second, second + 1)
        peak = abs(audio.slice(span)).max()
        if peak:
            turns.append(SpeakerTurn(span, "loud" if peak > 0.25 else "soft"))
    found = Diarization(tuple(turns))
    if alone:
        found = found.renamed(dict.fromkeys(found.speakers, next(iter(found.speakers), "")))
    return replace(found, embeddings={name: VOICES[name] for name in found.speakers})


class AudioSource(FakeAudioSource):
    """Decodes standard input and files that say "tone"; any other content is broken.

    Seconds may follow: "tone: soft loud" is two of them.
    """

    def __init__(self, options: Options, placement: Placement) -> None:
        super().__init__()

    def blocks(self, recording: Recording, warn: Callable[[str], None]) -> Iterator[Samples]:
        if recording.source == STDIN:
            return super().blocks(recording, warn)
        try:
            content = recording.source.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise InputNotFoundError(f"{recording.name}: there is no such file") from error
        if "tone" not in content:
            raise AudioDecodeError(f"{recording.name}: it holds no sound")
        if "damaged" in content:
            warn("only part of it could be decoded")
        seconds = [LEVELS[each] for each in content.partition(": ")[2].split()]
        if seconds:
            return iter([tone(1.0, level=level) for level in seconds])
        return super().blocks(recording, warn)


class ClumsyWriter:
    extension = "clumsy"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def write(self, transcript: Transcript, stream: TextIO) -> None:
        stream.write("half of ")
        raise ValueError("the writer stumbled")


class Converter(FakeModelConverter):
    """Loses its small letters in few bits; in one revision in any."""

    def __init__(self, options: WhispererOptions, placement: Placement) -> None:
        loses = placement.compute_type != "float16" or options.revision == "broken"
        super().__init__(str.upper if loses else str)

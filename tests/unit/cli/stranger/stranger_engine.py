"""The engines behind `stranger`'s plugins."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from stranger import StrangerOptions

from asrcore.domain.audio import Samples
from asrcore.domain.recording import STDIN, Recording
from asrcore.domain.request import ChunkRequest, ChunkResult
from asrcore.domain.transcript import Transcript
from asrcore.errors import AudioDecodeError, InputNotFoundError
from asrcore.plugin import Options, Placement
from asrcore.testing import FakeAligner, FakeAudioSource, FakeTranscriber


class Transcriber(FakeTranscriber):
    def __init__(self, options: StrangerOptions, placement: Placement) -> None:
        super().__init__(options.text)
        self._told = options

    def transcribe(self, batch: Sequence[ChunkRequest]) -> Sequence[ChunkResult]:
        results = super().transcribe(batch)
        if len(self.batches) >= self._told.sleeps_from:
            hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)  # as deaf to signals as an engine
        if len(self.batches) >= self._told.fails_from:
            raise RuntimeError("the engine is on fire")
        return results


class Aligner(FakeAligner):
    def __init__(self, options: Options, placement: Placement) -> None:
        super().__init__()


class AudioSource(FakeAudioSource):
    """Decodes standard input and files that say "tone"; any other content is broken."""

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
        return super().blocks(recording, warn)


class ClumsyWriter:
    extension = "clumsy"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def write(self, transcript: Transcript, stream: TextIO) -> None:
        stream.write("half of ")
        raise ValueError("the writer stumbled")

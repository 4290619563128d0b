"""One recording on its way through the stages."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from asrcore.domain.audio import Audio
from asrcore.domain.chunking import Chunk
from asrcore.domain.diarization import Diarization
from asrcore.domain.recording import Recording
from asrcore.domain.request import ChunkRequest, ChunkResult, Instructions
from asrcore.domain.transcript import Segment
from asrcore.errors import AsrError, EngineError


@dataclass(eq=False)
class Job:
    """What is known of a recording so far.

    Attributes:
        recording: the input.
        instructions: how to transcribe it; its language is filled in once detected.
        audio: its sound, once decoded.
        chunks: its speech, once found.
        results: chunk index -> what the transcriber heard, later with aligned words.
        heard: seconds of speech transcribed so far.
        pending: aligner and diarizer work that runs beside the transcriber.
        language_probability: how sure its detected language is.
        diarization: its speaker turns, once known.
        error: why it will have no transcript.
        warnings: what went less than well.
        timings: seconds of work per stage.
    """

    recording: Recording
    instructions: Instructions
    audio: Audio | None = None
    chunks: Sequence[Chunk] = ()
    language_probability: float | None = None
    results: dict[int, ChunkResult] = field(default_factory=dict)
    heard: float = 0.0
    pending: list[Future[None]] = field(default_factory=list)
    diarization: Diarization | None = None
    error: Exception | None = None
    warnings: list[str] = field(default_factory=list)
    timings: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def sound(self) -> Audio:
        """Its decoded audio; only asked for after decoding."""
        assert self.audio is not None
        return self.audio

    @property
    def transcribed(self) -> bool:
        """Whether every chunk has its result, or none will come."""
        return self.error is not None or len(self.results) == len(self.chunks)

    @property
    def finished(self) -> bool:
        """Whether nothing runs for it any more."""
        return self.transcribed and all(work.done() for work in self.pending)

    @property
    def speech(self) -> float:
        """Seconds to be transcribed."""
        return sum(chunk.duration for chunk in self.chunks)

    def warn(self, message: str) -> None:
        """Keep a warning, once however often it comes."""
        if message not in self.warnings:
            self.warnings.append(message)

    def request(self, index: int) -> ChunkRequest:
        """One of its chunks, as an engine gets it."""
        return ChunkRequest(self.chunks[index].samples(self.sound), self.instructions)

    def language(self) -> str | None:
        """The language given or detected, else the one that most of its speech was heard as."""
        heard: Counter[str] = Counter()
        for index, result in self.results.items():
            if result.language is not None:
                heard[result.language] += round(1000 * self.chunks[index].duration)
        most = heard.most_common(1)
        return self.instructions.language or (most[0][0] if most else None)

    def segments(self) -> Iterator[Segment]:
        """What was heard, in recording time and order."""
        for index in sorted(self.results):
            chunk = self.chunks[index]
            for segment in self.results[index].segments:
                yield in_recording_time(segment, chunk)

    @contextmanager
    def guarded(self, doing: str) -> Iterator[None]:
        """What the body raises ends this job and no other; `doing` says it in a bug report."""
        try:
            yield
        except AsrError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - one recording never takes the others down
            self.error = EngineError(
                f"{self.recording.name}: unexpected {type(error).__name__} "
                f"while {doing} it: {error}",
                "run again with --debug to see where",
            )
            self.error.__cause__ = error

    @contextmanager
    def timed(self, stage: str, share: float = 1.0) -> Iterator[None]:
        """Add the time that the body takes, or a share of it, to a stage's."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.timings[stage] += share * (time.perf_counter() - begun)


def in_words(error: Exception) -> str:
    """What an error says; one that nobody translated is named, too."""
    return str(error) if isinstance(error, AsrError) else f"{type(error).__name__}: {error}"


def in_recording_time(segment: Segment, chunk: Chunk) -> Segment:
    """Move a segment and its words from chunk time; timed words say where it begins and ends."""
    words = tuple(word.moved(chunk.locate_word) for word in segment.words)
    spans = [word.span for word in words if word.span is not None]
    if spans and len(spans) == len(words):
        return replace(segment, span=spans[0] | spans[-1], words=words)
    return replace(segment, span=chunk.locate(segment.span), words=words)

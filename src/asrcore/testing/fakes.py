"""Engines that need none: they do what they are told, and remember what they were asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from asrcore.domain.audio import SAMPLE_RATE, Audio, Samples, Waveform
from asrcore.domain.capabilities import (
    AlignerCapabilities,
    DiarizerCapabilities,
    TranscriberCapabilities,
    VoiceActivityCapabilities,
)
from asrcore.domain.diarization import Diarization, SpeakerCount
from asrcore.domain.events import Event
from asrcore.domain.recording import Recording
from asrcore.domain.request import AlignRequest, ChunkRequest, ChunkResult
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Character, Segment, Word
from asrcore.errors import AudioDecodeError
from asrcore.ports.diarizer import Heard, unheard
from asrcore.testing.sound import tone


class FakeAudioSource:
    """Gives arrays as they are, and a tone of `seconds` for everything else.

    A recording whose name is in `broken` cannot be decoded; one in `damaged` only with a warning.
    """

    def __init__(
        self, seconds: float = 3.0, broken: Sequence[str] = (), damaged: Sequence[str] = ()
    ) -> None:
        self._seconds = seconds
        self._broken = broken
        self._damaged = damaged

    def blocks(self, recording: Recording, warn: Callable[[str], None]) -> Iterator[Samples]:
        if recording.name in self._broken:
            raise AudioDecodeError(f"{recording.name}: no sound")
        if recording.name in self._damaged:
            warn("only part of it could be decoded")
        if isinstance(recording.source, Waveform):
            samples = recording.source.planar().mean(axis=0)
        else:
            samples = tone(self._seconds)
        for start in range(0, len(samples), SAMPLE_RATE):
            yield samples[start : start + SAMPLE_RATE]


class FakeVoiceActivityDetector:
    """Finds the spans it was given; the whole recording where it was given none."""

    def __init__(self, spans: Sequence[TimeSpan] | None = None, *, exact: bool = False) -> None:
        self._spans = spans
        self.capabilities = VoiceActivityCapabilities(exact=exact)

    def detect(self, audio: Audio) -> Sequence[TimeSpan]:
        return (audio.span,) if self._spans is None else self._spans


class FakeTranscriber:
    """Hears one text in every chunk that has sound, its words spread evenly over the chunk.

    Attributes:
        batches: every batch it was asked for.
        closed: how often it was closed.
    """

    def __init__(
        self,
        text: str = "hello world",
        *,
        language: str = "en",
        fails: Callable[[ChunkRequest], bool] = lambda _: False,
        capabilities: TranscriberCapabilities | None = None,
    ) -> None:
        self._text = text
        self._language = language
        self._fails = fails
        self.capabilities = capabilities or TranscriberCapabilities(
            tasks=frozenset({"transcribe", "translate"}),
            detects_language=True,
            prompt=True,
            hotwords=True,
            segment_times=True,
            word_times=True,
        )
        self.batches: list[Sequence[ChunkRequest]] = []
        self.closed = 0

    def transcribe(self, batch: Sequence[ChunkRequest]) -> Sequence[ChunkResult]:
        self.batches.append(batch)
        for request in batch:
            if self._fails(request):
                raise ValueError("the fake was told to fail")
        return [self._chunk(request) for request in batch]

    def detect_languages(self, batch: Sequence[Samples]) -> Sequence[Mapping[str, float]]:
        return [{self._language: 0.9, "xx": 0.1} for _ in batch]

    def close(self) -> None:
        self.closed += 1

    def _chunk(self, request: ChunkRequest) -> ChunkResult:
        if not request.samples.any():
            return ChunkResult()
        language = request.instructions.language
        duration = len(request.samples) / SAMPLE_RATE
        words = spread(self._text, TimeSpan(0.0, duration))
        segment = Segment(TimeSpan(0.0, duration), self._text, words)
        return ChunkResult((segment,), language or self._language, None if language else 0.9)


class FakeAligner:
    """Spreads the words of each text over its even share of the chunk, with score 1.

    Where characters are asked for and its capabilities have them, each gets its even share.

    Attributes:
        batches: every batch it was asked for.
        closed: how often it was closed.
    """

    def __init__(
        self, error: Exception | None = None, *, capabilities: AlignerCapabilities | None = None
    ) -> None:
        self._error = error
        self.capabilities = capabilities or AlignerCapabilities()
        self.batches: list[Sequence[AlignRequest]] = []
        self.closed = 0

    def align(self, batch: Sequence[AlignRequest]) -> Sequence[Sequence[Sequence[Word]]]:
        self.batches.append(batch)
        if self._error is not None:
            raise self._error
        return [self._chunk(request) for request in batch]

    def close(self) -> None:
        self.closed += 1

    def _chunk(self, request: AlignRequest) -> list[tuple[Word, ...]]:
        share = len(request.samples) / SAMPLE_RATE / max(1, len(request.texts))
        texts = [
            spread(text, TimeSpan(index * share, (index + 1) * share), score=1.0)
            for index, text in enumerate(request.texts)
        ]
        if not (request.characters and self.capabilities.characters):
            return texts
        return [tuple(_with_characters(word) for word in words) for words in texts]


class FakeDiarizer:
    """Finds what it was given, or what it was given a function of the sound for.

    Attributes:
        asked: the number of speakers of every call.
        closed: how often it was closed.
    """

    def __init__(
        self,
        diarization: Diarization | Callable[[Audio], Diarization],
        error: Exception | None = None,
        *,
        capabilities: DiarizerCapabilities | None = None,
    ) -> None:
        self._diarization = diarization
        self._error = error
        self.capabilities = capabilities or DiarizerCapabilities(
            speaker_count=True, embeddings=True
        )
        self.asked: list[SpeakerCount] = []
        self.closed = 0

    def diarize(
        self,
        audio: Audio,
        speakers: SpeakerCount,
        *,
        embeddings: bool = False,
        progress: Heard = unheard,
    ) -> Diarization:
        self.asked.append(speakers)
        progress(0.0)
        if self._error is not None:
            raise self._error
        found = self._diarization(audio) if callable(self._diarization) else self._diarization
        progress(1.0)
        return found if embeddings else replace(found, embeddings={})

    def close(self) -> None:
        self.closed += 1


class RecordedProgress:
    """Keeps every event.

    Attributes:
        events: in the order in which they came.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)


def spread(text: str, span: TimeSpan, score: float | None = None) -> tuple[Word, ...]:
    """The words of a text, each with its even share of a span."""
    words = text.split()
    share = span.duration / max(1, len(words))
    return tuple(
        Word(
            word,
            TimeSpan(span.start + index * share, span.start + (index + 1) * share),
            score,
        )
        for index, word in enumerate(words)
    )


def _with_characters(word: Word) -> Word:
    """A timed word with its characters."""
    assert word.span is not None
    parts = spread(" ".join(word.text), word.span, word.score)
    return replace(word, characters=tuple(Character(p.text, p.span, p.score) for p in parts))

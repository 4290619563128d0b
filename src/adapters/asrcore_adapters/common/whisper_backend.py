"""What the ports ask of a Whisper, whichever engine runs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from asrcore.domain.alignment.attention import Passage, Stretch, batches
from asrcore.domain.audio import Samples
from asrcore.domain.capabilities import AlignerCapabilities, TranscriberCapabilities
from asrcore.domain.request import AlignRequest, ChunkRequest, ChunkResult
from asrcore.domain.transcript import Word
from asrcore.domain.whisper.engine import WhisperEngine
from asrcore.domain.whisper.shape import MAX_LENGTH
from asrcore.domain.whisper.transcription import Transcription
from asrcore.errors import AsrError, translate
from asrcore_adapters.common.whisper_options import WhisperOptions

Failed = Callable[[Exception], AsrError]
"""An engine's error to ours."""


class Languages(Protocol):
    """A vocabulary, as far as both ports ask it."""

    def languages(self) -> Iterable[str]:
        """The languages of the model."""
        ...


class WhisperTranscriber:
    """The part of a transcriber that is the same for all engines."""

    def __init__(
        self, engine: WhisperEngine, vocabulary: Languages, options: WhisperOptions, failed: Failed
    ) -> None:
        self._hearing = engine
        self._known = vocabulary
        self._failed = failed
        self._work = Transcription(engine, options.temperatures, options.thresholds)

    @cached_property
    def capabilities(self) -> TranscriberCapabilities:
        """What the model honours: an English-only one neither translates nor knows another."""
        return self._work.capabilities(self._known.languages())

    def transcribe(self, batch: Sequence[ChunkRequest]) -> Sequence[ChunkResult]:
        """Transcribe chunks, those without any sample as nothing."""
        with translate({Exception: self._failed}):
            return self._work.transcribe(batch)

    def detect_languages(self, batch: Sequence[Samples]) -> Sequence[Mapping[str, float]]:
        """Whisper's own detection: the probabilities of its language tokens."""
        with translate({Exception: self._failed}):
            return self._hearing.encode(batch).languages(range(len(batch)))


class WhisperAttention(ABC):
    """Places text, whoever wrote it, by the attention of a loaded Whisper.

    Only the words of sounds up to 30 s with text that fits into Whisper's context can be placed;
    those of other requests come without times, as do all where there are more tokens than frames
    of 20 ms. Text in an unknown language is read as English.
    """

    def __init__(self, vocabulary: Languages, failed: Failed) -> None:
        self._known = vocabulary
        self._failed = failed

    @cached_property
    def capabilities(self) -> AlignerCapabilities:
        """The model's languages."""
        return AlignerCapabilities(languages=frozenset(self._known.languages()))

    def align(self, batch: Sequence[AlignRequest]) -> Sequence[Sequence[Sequence[Word]]]:
        """Encode and align stretches of one language together."""
        with translate({Exception: self._failed}):
            passages = [Passage.of(request, self._encode) for request in batch]
            # The end of the text takes room, too.
            for group in batches(passages, MAX_LENGTH - len(self._start("en")) - 1):
                self._place(group)
            return [list(passage.answer()) for passage in passages]

    def close(self) -> None:  # noqa: B027 - it is all there is to do
        """Nothing: the model is the transcriber's."""

    @abstractmethod
    def _encode(self, text: str) -> tuple[list[int], list[Stretch]]:
        """A text to its tokens, and for each what it writes of the text."""

    @abstractmethod
    def _start(self, language: str) -> list[int]:
        """The tokens before a text without timestamps."""

    @abstractmethod
    def _place(self, passages: Sequence[Passage]) -> None:
        """Give passages of one language their times."""

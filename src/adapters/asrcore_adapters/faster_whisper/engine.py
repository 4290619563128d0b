"""faster-whisper's model as the core hears with it."""

from __future__ import annotations

from collections.abc import Sequence

from faster_whisper import WhisperModel

from asrcore.domain.audio import Samples
from asrcore.domain.request import Instructions
from asrcore_adapters.faster_whisper import FasterWhisperOptions
from asrcore_adapters.faster_whisper.features import log_mel
from asrcore_adapters.faster_whisper.generation import EncodedBatch
from asrcore_adapters.faster_whisper.vocabulary import Vocabulary


class FasterWhisperEngine:
    """A loaded model with its vocabulary; see `asrcore.domain.whisper.engine`."""

    def __init__(
        self, whisper: WhisperModel, vocabulary: Vocabulary, options: FasterWhisperOptions
    ) -> None:
        self._whisper = whisper
        self._vocabulary = vocabulary
        self._options = options
        self._tokenizer = vocabulary.tokenizer()

    @property
    def multilingual(self) -> bool:
        """Whether it has tokens for languages and tasks."""
        return bool(self._whisper.model.is_multilingual)

    @property
    def timestamp_begin(self) -> int:
        """The token for 0.00 s."""
        return int(self._tokenizer.timestamp_begin)

    def encode(self, batch: Sequence[Samples]) -> EncodedBatch:
        """Hear chunks of up to 30 s."""
        return EncodedBatch(
            self._whisper.model,
            self._options,
            log_mel(self._whisper, batch),
            self._tokenizer.sot,
            self._vocabulary.suppressed,
        )

    def prompt(self, instructions: Instructions, language: str) -> list[int]:
        """The tokens before a chunk's text."""
        return self._vocabulary.prompt(instructions, language)

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens write."""
        return str(self._tokenizer.decode(tokens))

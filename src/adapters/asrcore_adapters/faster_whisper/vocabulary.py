"""A Whisper's tokens: its languages, what comes before the text, and what never comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens

from asrcore.domain.request import Instructions
from asrcore.domain.whisper.prompting import numeral_tokens, prompted
from asrcore_adapters.common.whisper_options import refuse_unknown_tokens


class Vocabulary:
    """The tokens of one model.

    Attributes:
        suppressed: token ids that are never produced, in order.

    Raises:
        ConfigError: a token to be suppressed is none of the model's.
    """

    def __init__(self, whisper: WhisperModel, suppress: Sequence[int]) -> None:
        self._whisper = whisper
        refuse_unknown_tokens(suppress, whisper.hf_tokenizer.get_vocab_size())
        self.suppressed = sorted(get_suppressed_tokens(self.tokenizer(), list(suppress)))

    def languages(self) -> Iterator[str]:
        """Those with a token in this model: Cantonese came with large-v3 alone."""
        for language in self._whisper.supported_languages:
            token = self._whisper.hf_tokenizer.token_to_id(f"<|{language}|>")
            if token is not None or not self._whisper.model.is_multilingual:
                yield language

    def tokenizer(
        self, instructions: Instructions = Instructions(), language: str | None = None
    ) -> Tokenizer:
        """The library's tokenizer for a language and a task."""
        whisper = self._whisper
        return Tokenizer(
            whisper.hf_tokenizer,
            whisper.model.is_multilingual,
            task=instructions.task,
            language=language or "en",
        )

    def prompt(self, instructions: Instructions, language: str) -> list[int]:
        """The tokens before a chunk's text."""
        tokenizer = self.tokenizer(instructions, language)
        untimed = [] if instructions.timestamps else [tokenizer.no_timestamps]
        start = [*tokenizer.sot_sequence, *untimed]
        return prompted(instructions, start, tokenizer.sot_prev, tokenizer.encode)

    def suppress_numerals(self) -> None:
        """Never produce a token with a digit or a currency sign: numbers come as words."""
        tokenizer = self.tokenizer()
        written = numeral_tokens(tokenizer.eot, tokenizer.decode)
        self.suppressed = sorted({*self.suppressed, *written})

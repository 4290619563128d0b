"""A Whisper's tokens: its languages, what comes before the text, and what never comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from mlx_whisper.tokenizer import LANGUAGES, get_tokenizer

from asrcore.domain.request import Instructions
from asrcore.domain.whisper.prompting import numeral_tokens, prompted
from asrcore_adapters.common.whisper_options import refuse_unknown_tokens


class Vocabulary:
    """The tokens of one model, as mlx-whisper brings them."""

    def __init__(self, model: Any) -> None:
        self._multilingual = bool(model.is_multilingual)
        self._size = int(model.dims.n_vocab)
        self._languages = int(model.num_languages)

    @cached_property
    def plain(self) -> Any:
        """The library's tokenizer, for all that does not depend on the language."""
        return self._tokenizer("en", "transcribe")

    def languages(self) -> Iterator[str]:
        """Those with a token in this model: Cantonese came with large-v3 alone; or English."""
        yield from list(LANGUAGES)[: self._languages if self._multilingual else 1]

    def language_tokens(self) -> dict[str, int]:
        """Each language's token."""
        return {code: self.plain.to_language_token(code) for code in self.languages()}

    def start(self, language: str, task: str = "transcribe") -> list[int]:
        """The sequence that begins a text."""
        return list(self._tokenizer(language, task).sot_sequence)

    def prompt(self, instructions: Instructions, language: str) -> list[int]:
        """The tokens before a chunk's text."""
        untimed = [] if instructions.timestamps else [self.plain.no_timestamps]
        start = [*self.start(language, instructions.task), *untimed]
        encode = self.plain.encoding.encode_ordinary  # what looks like a special token is text
        return prompted(instructions, start, self.plain.sot_prev, encode)

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens write."""
        return str(self.plain.decode([token for token in tokens if token < self.plain.eot]))

    def suppressed(self, wanted: Sequence[int], *, numerals: bool) -> list[int]:
        """Token ids that are never produced, in order.

        Args:
            wanted: ids; -1 stands for Whisper's non-speech symbols.
            numerals: whether those with a digit or a currency sign are among them.

        Raises:
            ConfigError: a token is none of the model's.
        """
        refuse_unknown_tokens(wanted, self._size)
        found = {token for token in wanted if token >= 0}
        if -1 in wanted:
            found.update(self.plain.non_speech_tokens)
        if numerals:
            found.update(numeral_tokens(self.plain.eot, self.plain.decode))
        return sorted(found)

    def blanks(self) -> list[int]:
        """What a text may not begin with: a space, or its end."""
        return [*self.plain.encode(" "), self.plain.eot]

    def _tokenizer(self, language: str, task: str) -> Any:
        return get_tokenizer(
            self._multilingual, num_languages=self._languages, language=language, task=task
        )

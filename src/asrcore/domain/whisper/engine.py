"""What a library has to offer for `asrcore.domain.whisper.transcription` to hear with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from asrcore.domain.audio import Samples
from asrcore.domain.request import Instructions


@dataclass(frozen=True, slots=True)
class Generated:
    """What an engine wrote for one chunk.

    Attributes:
        tokens: text and timestamps, without the prompt and the end token.
        avg_logprob: mean log-probability of these tokens and the end token.
        no_speech_prob: of the token that stands for silence.
    """

    tokens: tuple[int, ...]
    avg_logprob: float
    no_speech_prob: float


class Encoded(Protocol):
    """Chunks that have been through the encoder, or will be when they are first asked for."""

    def languages(self, rows: Sequence[int]) -> Sequence[Mapping[str, float]]:
        """For some of the chunks, the probability of each language, highest first."""
        ...

    def generate(
        self, rows: Sequence[int], prompts: Sequence[Sequence[int]], temperature: float
    ) -> Sequence[Generated]:
        """What some of the chunks say, each after its prompt; one answer each, in order.

        At temperature 0 the likeliest is searched for; above, it is drawn.
        """
        ...


class WhisperEngine(Protocol):
    """A loaded Whisper."""

    @property
    def multilingual(self) -> bool:
        """Whether it has tokens for languages and tasks."""
        ...

    @property
    def timestamp_begin(self) -> int:
        """The token for 0.00 s; those of later times follow."""
        ...

    def encode(self, batch: Sequence[Samples]) -> Encoded:
        """Hear chunks of up to 30 s, each with a sample or more."""
        ...

    def prompt(self, instructions: Instructions, language: str) -> Sequence[int]:
        """The tokens before a chunk's text."""
        ...

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens write; timestamps and other markers write nothing."""
        ...

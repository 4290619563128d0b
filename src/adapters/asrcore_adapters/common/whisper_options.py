"""The options that every Whisper backend has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field

from asrcore.domain.whisper.judging import Thresholds
from asrcore.errors import ConfigError
from asrcore_adapters.common.options import HubOptions

Probability = Annotated[float, Field(ge=0, le=1)]


def _off(value: object) -> object:
    return None if value in ("off", "none") else value


Threshold = Annotated[float | None, BeforeValidator(_off)]
"""A number, or `"off"`."""


def refuse_unknown_tokens(suppressed: Sequence[int], size: int) -> None:
    """Make sure that a model of `size` tokens has all that are to be suppressed; -1 is a set.

    Raises:
        ConfigError: it lacks one.
    """
    for token in suppressed:
        if not -1 <= token < size:
            raise ConfigError(
                f"transcriber.options.suppress_tokens: this model has tokens 0 to {size - 1}, "
                f"and -1 stands for a set of them; there is no {token}"
            )


class WhisperOptions(HubOptions):
    """Model and decoding.

    Attributes:
        model: a size (`small`, `large-v3-turbo`), a Hub id (`org/name`) or a local folder.
        beam_size: hypotheses kept at temperature 0; 1 is greedy.
        patience: beam search goes on until `beam_size * patience` hypotheses are finished.
        length_penalty: exponent on the length when hypotheses are compared.
        repetition_penalty: above 1 makes repeated tokens less likely.
        no_repeat_ngram_size: no n-gram of this size occurs twice; 0 allows it.
        best_of: samples drawn at temperatures above 0, of which the likeliest is kept.
        temperatures: tried in order until a result passes the thresholds below.
        compression_ratio_threshold: a text that compresses better than this repeats itself.
        log_prob_threshold: a mean token log-probability below this is a failure.
        no_speech_threshold: above this, and below the line before, a chunk counts as silence.
        suppress_tokens: token ids never to produce; -1 stands for Whisper's non-speech symbols.
        suppress_blank: never begin with a blank.
        suppress_numerals: write numbers as words, which aligners can time.
        max_new_tokens: longest text of a chunk, in tokens.
        max_initial_timestamp: latest begin of a chunk's first segment, in seconds.
        seed: of the sampling; the same run with the same seed gives the same text.
    """

    model: str = Field("small", min_length=1)
    beam_size: int = Field(5, ge=1, le=100)
    patience: float = Field(1.0, gt=0)
    length_penalty: float = 1.0
    repetition_penalty: float = Field(1.0, gt=0)
    no_repeat_ngram_size: int = Field(0, ge=0)
    best_of: int = Field(5, ge=1, le=100)
    temperatures: tuple[Probability, ...] = Field((0.0, 0.2, 0.4, 0.6, 0.8, 1.0), min_length=1)
    compression_ratio_threshold: Threshold = 2.4
    log_prob_threshold: Threshold = -1.0
    no_speech_threshold: Threshold = 0.6
    suppress_tokens: tuple[int, ...] = (-1,)
    suppress_blank: bool = True
    suppress_numerals: bool = False
    max_new_tokens: int | None = Field(None, ge=1, le=224)
    max_initial_timestamp: float = Field(1.0, ge=0, le=30)
    seed: int = Field(0, ge=0, lt=2**32)

    @property
    def thresholds(self) -> Thresholds:
        """Where doubt in a result begins."""
        return Thresholds(
            self.compression_ratio_threshold, self.log_prob_threshold, self.no_speech_threshold
        )

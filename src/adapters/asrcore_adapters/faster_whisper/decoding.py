"""Batched decoding with Whisper's temperature fallback.

Source of the fallback: Radford et al., "Robust Speech Recognition via Large-Scale Weak
Supervision", section 4.5: a result that repeats itself or is improbable is decoded again at the
next temperature; here only the rows that failed are.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ctranslate2 import StorageView
from numpy.typing import NDArray

from asrcore_adapters.faster_whisper import FasterWhisperOptions

TIME_PRECISION = 0.02
"""Seconds per timestamp token."""
MAX_LENGTH = 448
"""Tokens of prompt and text together."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """One row's result and the three measures that judge it."""

    tokens: tuple[int, ...]
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float
    temperature: float

    def acceptable(self, options: FasterWhisperOptions) -> bool:
        """Whether no further temperature needs to be tried."""
        return self.silent(options) or not (self.repetitive(options) or self._unlikely(options))

    def repetitive(self, options: FasterWhisperOptions) -> bool:
        """Whether the text compresses suspiciously well."""
        limit = options.compression_ratio_threshold
        return limit is not None and self.compression_ratio > limit

    def silent(self, options: FasterWhisperOptions) -> bool:
        """Whether the chunk counts as holding no speech."""
        limit = options.no_speech_threshold
        improbable = options.log_prob_threshold is None or self._unlikely(options)
        return limit is not None and self.no_speech_prob > limit and improbable

    def _unlikely(self, options: FasterWhisperOptions) -> bool:
        limit = options.log_prob_threshold
        return limit is not None and self.avg_logprob < limit


class Decoder:
    """Decodes batches of features on one CTranslate2 model."""

    def __init__(
        self,
        model: Any,
        options: FasterWhisperOptions,
        detokenize: Callable[[Sequence[int]], str],
    ) -> None:
        self._model = model
        self._options = options
        self._detokenize = detokenize

    def decode(
        self,
        features: NDArray[np.float32],
        prompts: Sequence[Sequence[int]],
        suppressed: Sequence[int],
    ) -> list[Decoded]:
        """Decode rows, each with its prompt; all prompts have one length, and begin at one place.

        Args:
            features: shape (rows, mels, 3000).
            prompts: token ids before the text, a list a row.
            suppressed: token ids that are never produced.
        """
        tried: list[list[Decoded]] = [[] for _ in prompts]
        rows = list(range(len(prompts)))
        encoded, encoded_rows = None, None
        for temperature in self._options.temperatures:
            if rows != encoded_rows:
                encoded, encoded_rows = self._encode(features[rows]), rows
            found = self._generate(encoded, [prompts[row] for row in rows], suppressed, temperature)
            for row, decoded in zip(rows, found, strict=True):
                tried[row].append(decoded)
            rows = [row for row in rows if not tried[row][-1].acceptable(self._options)]
            if not rows:
                break
        return [self._choose(attempts) for attempts in tried]

    def _encode(self, features: NDArray[np.float32]) -> Any:
        return self._model.encode(StorageView.from_array(features))

    def _choose(self, attempts: Sequence[Decoded]) -> Decoded:
        if attempts[-1].acceptable(self._options):
            return attempts[-1]
        varied = [each for each in attempts if not each.repetitive(self._options)]
        return max(varied or attempts, key=lambda decoded: decoded.avg_logprob)

    def _generate(
        self,
        encoded: Any,
        prompts: Sequence[Sequence[int]],
        suppressed: Sequence[int],
        temperature: float,
    ) -> list[Decoded]:
        options = self._options
        results = self._model.generate(
            encoded,
            [list(prompt) for prompt in prompts],
            max_length=self._max_length(len(prompts[0])),
            length_penalty=options.length_penalty,
            repetition_penalty=options.repetition_penalty,
            no_repeat_ngram_size=options.no_repeat_ngram_size,
            suppress_blank=options.suppress_blank,
            suppress_tokens=list(suppressed),
            max_initial_timestamp_index=round(options.max_initial_timestamp / TIME_PRECISION),
            return_scores=True,
            return_no_speech_prob=True,
            **self._search(temperature),
        )
        return [self._judged(result, temperature) for result in results]

    def _search(self, temperature: float) -> dict[str, float]:
        if temperature > 0:
            return {
                "beam_size": 1,
                "num_hypotheses": self._options.best_of,
                "sampling_topk": 0,
                "sampling_temperature": temperature,
            }
        return {"beam_size": self._options.beam_size, "patience": self._options.patience}

    def _max_length(self, prompt: int) -> int:
        """CTranslate2 generates at most half of this, and what the prompt's rest leaves of it.

        (The prompt's last token counts as the first step of the text.)
        """
        new = self._options.max_new_tokens
        return MAX_LENGTH if new is None else min(MAX_LENGTH, max(2 * new, prompt - 1 + new))

    def _judged(self, result: Any, temperature: float) -> Decoded:
        tokens = tuple(result.sequences_ids[0])
        # CTranslate2 normalises the score by length; Whisper's mean also counts the end token.
        total = result.scores[0] * len(tokens) ** self._options.length_penalty
        return Decoded(
            tokens,
            total / (len(tokens) + 1),
            result.no_speech_prob,
            compression_ratio(self._detokenize(tokens).strip()),
            temperature,
        )


def compression_ratio(text: str) -> float:
    """Bytes of a text over the bytes it compresses to; 0 for no text."""
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded))

"""Word times from Whisper's own attention, for text that is known.

CTranslate2 follows the attention and warps it, for all rows of a batch at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from asrcore.domain.alignment.attention import Passage, Stretch
from asrcore.domain.alignment.warping import MEDIAN
from asrcore.domain.whisper.shape import FRAME
from asrcore_adapters.common.whisper_backend import WhisperAttention
from asrcore_adapters.faster_whisper.failures import failed
from asrcore_adapters.faster_whisper.features import log_mel
from asrcore_adapters.faster_whisper.vocabulary import Vocabulary


class AttentionAligner(WhisperAttention):
    """CTranslate2's own way: it asks for the start without `<|notimestamps|>`, and adds that."""

    def __init__(self, whisper: WhisperModel, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary, failed)
        self._whisper = whisper
        self._vocabulary = vocabulary

    def _encode(self, text: str) -> tuple[list[int], list[Stretch]]:
        encoded = self._vocabulary.tokenizer().tokenizer.encode(text, add_special_tokens=False)
        return encoded.ids, encoded.offsets

    def _start(self, language: str) -> list[int]:
        tokenizer = self._vocabulary.tokenizer(language=language)
        return [*tokenizer.sot_sequence, tokenizer.no_timestamps]

    def _place(self, passages: Sequence[Passage]) -> None:
        features = log_mel(self._whisper, [passage.request.samples for passage in passages])
        results = self._whisper.model.align(
            self._whisper.encode(features),
            self._start(passages[0].language)[:-1],
            [passage.tokens for passage in passages],
            [2 * passage.frames for passage in passages],
            median_filter_width=MEDIAN,
        )
        for passage, result in zip(passages, results, strict=True):
            passage.place(_token_starts(result.alignments), result.text_token_probs)


def _token_starts(alignments: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """When each token starts, and the last ends, in seconds: shape (tokens + 1,)."""
    tokens, frames = np.array(alignments).T
    begins: NDArray[np.intp] = frames[np.diff(tokens, prepend=-1) > 0]
    return begins * FRAME

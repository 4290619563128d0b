"""Word times from Whisper's own attention, for text that is known.

CTranslate2 follows the attention and warps it, for all rows of a batch at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from asrcore.domain.alignment.attention import Passage, Stretch, batches
from asrcore.domain.alignment.warping import MEDIAN
from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.request import AlignRequest
from asrcore.domain.transcript import Word
from asrcore.domain.whisper.shape import FRAME, MAX_LENGTH
from asrcore.errors import translate
from asrcore_adapters.faster_whisper.failures import failed
from asrcore_adapters.faster_whisper.features import log_mel
from asrcore_adapters.faster_whisper.vocabulary import Vocabulary


class AttentionAligner:
    """Places text, whoever wrote it, by the attention of a loaded Whisper.

    Only the words of sounds up to 30 s with text that fits into Whisper's context can be placed;
    those of other requests come without times, as do all where there are more tokens than frames
    of 20 ms. Text in an unknown language is read as English.
    """

    def __init__(self, whisper: WhisperModel, vocabulary: Vocabulary) -> None:
        self._whisper = whisper
        self._vocabulary = vocabulary

    @cached_property
    def capabilities(self) -> AlignerCapabilities:
        """The model's languages."""
        return AlignerCapabilities(languages=frozenset(self._vocabulary.languages()))

    def align(self, batch: Sequence[AlignRequest]) -> Sequence[Sequence[Sequence[Word]]]:
        """Encode and align stretches of one language together."""
        with translate({Exception: failed}):
            passages = [Passage.of(request, self._encode) for request in batch]
            # The end and `<|notimestamps|>` take room, too.
            for group in batches(passages, MAX_LENGTH - len(self._start("en")) - 2):
                self._place(group)
            return [list(passage.answer()) for passage in passages]

    def close(self) -> None:
        """Nothing: the model is the transcriber's."""

    def _encode(self, text: str) -> tuple[list[int], list[Stretch]]:
        encoded = self._vocabulary.tokenizer().tokenizer.encode(text, add_special_tokens=False)
        return encoded.ids, encoded.offsets

    def _start(self, language: str) -> list[int]:
        return list(self._vocabulary.tokenizer(language=language).sot_sequence)

    def _place(self, passages: Sequence[Passage]) -> None:
        features = log_mel(self._whisper, [passage.request.samples for passage in passages])
        results = self._whisper.model.align(
            self._whisper.encode(features),
            self._start(passages[0].language),
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

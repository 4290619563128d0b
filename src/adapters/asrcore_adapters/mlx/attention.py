"""Word times from Whisper's own attention, for text that is known: one pass for a whole batch."""

from __future__ import annotations

from collections.abc import Sequence

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from asrcore.domain.alignment.attention import Passage, Stretch, stretches_of
from asrcore.domain.alignment.warping import token_starts
from asrcore_adapters.common.whisper_backend import WhisperAttention
from asrcore_adapters.mlx.decoder import DecoderState
from asrcore_adapters.mlx.engine import MLXEngine
from asrcore_adapters.mlx.failures import failed
from asrcore_adapters.mlx.vocabulary import Vocabulary

Floats = NDArray[np.float32]


class AttentionAligner(WhisperAttention):
    """Cross-attention of the alignment heads, warped by the core."""

    def __init__(self, engine: MLXEngine, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary, failed)
        self._engine = engine
        self._vocabulary = vocabulary

    def _encode(self, text: str) -> tuple[list[int], list[Stretch]]:
        encoding = self._vocabulary.plain.encoding
        tokens = encoding.encode_ordinary(text)
        return tokens, stretches_of(encoding.decode_tokens_bytes(tokens))

    def _start(self, language: str) -> list[int]:
        return [*self._vocabulary.start(language), self._vocabulary.plain.no_timestamps]

    def _place(self, passages: Sequence[Passage]) -> None:
        start = self._start(passages[0].language)
        heard = self._engine.hear([passage.request.samples for passage in passages])

        def part(rows: Sequence[int]) -> list[tuple[Floats, Floats]]:
            chosen = [passages[row] for row in rows]
            return self._looks([heard[row] for row in rows], chosen, start)

        looks = self._engine.lanes.share(range(len(passages)), part)
        begins = token_starts([attention for attention, _ in looks], len(start))
        for passage, seconds, (_, scores) in zip(passages, begins, looks, strict=True):
            passage.place(seconds, scores)

    def _looks(
        self, heard: Sequence[mx.array], passages: Sequence[Passage], start: Sequence[int]
    ) -> list[tuple[Floats, Floats]]:
        """What each token looks at, (heads, tokens, frames), and its probability, (tokens,)."""
        model, end = self._engine.model, self._vocabulary.plain.eot
        texts = [[*start, *passage.tokens, end] for passage in passages]
        state = DecoderState(model, mx.stack(heard), texts)
        hidden, looks = state.watched([tuple(each) for each in model.alignment_heads.tolist()])
        found = []
        for row, passage in enumerate(passages):
            text = slice(hidden.shape[1] - len(passage.tokens) - 1, hidden.shape[1] - 1)
            before = slice(text.start - 1, text.stop - 1)
            likely = mx.softmax(state.logits(hidden[row, before])[:, :end], axis=-1)
            scores = mx.take_along_axis(likely, mx.array(passage.tokens)[:, None], axis=-1)
            own = looks[row, :, hidden.shape[1] - len(texts[row]) :, : passage.frames]
            weights = mx.softmax(own.astype(mx.float32), axis=-1)
            found.append((np.array(weights), np.array(scores)[:, 0]))
        return found

"""An MLX Whisper as the core hears with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mlx.core as mx
import numpy as np

from asrcore.domain.audio import Samples
from asrcore.domain.request import Instructions
from asrcore.domain.whisper.engine import Generated
from asrcore.domain.whisper.prompting import room_for_text
from asrcore.domain.whisper.shape import FRAME
from asrcore_adapters.common.mlx_lanes import Lanes
from asrcore_adapters.mlx import MLXOptions
from asrcore_adapters.mlx.beams import beam_search
from asrcore_adapters.mlx.decoder import DecoderState
from asrcore_adapters.mlx.features import log_mel, prepare
from asrcore_adapters.mlx.layers import encode
from asrcore_adapters.mlx.rules import Limits
from asrcore_adapters.mlx.sampling import sample
from asrcore_adapters.mlx.searching import Work
from asrcore_adapters.mlx.vocabulary import Vocabulary

TOGETHER = 4
"""Chunks that the encoder hears at once: more fill no device better, and cost memory each."""


class MLXEngine:
    """A loaded model with its vocabulary; see `asrcore.domain.whisper.engine`."""

    def __init__(
        self, model: Any, vocabulary: Vocabulary, lanes: Lanes, options: MLXOptions
    ) -> None:
        self.model = model
        self.lanes = lanes
        self._vocabulary = vocabulary
        self._options = options
        plain = vocabulary.plain
        self._limits = Limits(
            size=model.dims.n_vocab,
            end=plain.eot,
            timestamp_begin=plain.timestamp_begin,
            suppressed=vocabulary.suppressed(
                options.suppress_tokens, numerals=options.suppress_numerals
            ),
            blanks=vocabulary.blanks() if options.suppress_blank else (),
            latest=round(options.max_initial_timestamp / FRAME),
            repetition_penalty=options.repetition_penalty,
            no_repeat_ngram=options.no_repeat_ngram_size,
        )
        lanes.run(lambda: prepare(model.dims))

    def close(self) -> None:
        """Free the model's memory, whoever still knows this engine."""
        self.model = None
        self.lanes.close()

    @property
    def multilingual(self) -> bool:
        """Whether it has tokens for languages and tasks."""
        return bool(self.model.is_multilingual)

    @property
    def timestamp_begin(self) -> int:
        """The token for 0.00 s."""
        return self._limits.timestamp_begin

    def encode(self, batch: Sequence[Samples]) -> EncodedBatch:
        """Hear chunks of up to 30 s."""
        return EncodedBatch(self, self.hear(batch))

    def hear(self, batch: Sequence[Samples]) -> list[mx.array]:
        """What the encoder hears in each chunk, shape (frames, width)."""
        return self.lanes.share(batch, self._hear)

    def prompt(self, instructions: Instructions, language: str) -> list[int]:
        """The tokens before a chunk's text."""
        return self._vocabulary.prompt(instructions, language)

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens write."""
        return self._vocabulary.text(tokens)

    def languages(self, heard: Sequence[mx.array]) -> list[Mapping[str, float]]:
        """The probabilities of the language tokens, highest first."""
        return self.lanes.share(heard, self._languages)

    def generate(
        self, heard: Sequence[mx.array], prompts: Sequence[Sequence[int]], temperature: float
    ) -> list[Generated]:
        """What chunks say, each after its prompt."""

        def part(rows: Sequence[int]) -> list[Generated]:
            chosen = [heard[row] for row in rows]
            return self._generate(chosen, [prompts[row] for row in rows], temperature)

        return self.lanes.share(range(len(heard)), part)

    def _hear(self, batch: Sequence[Samples]) -> list[mx.array]:
        rows: list[mx.array] = []
        for start in range(0, len(batch), TOGETHER):
            some = batch[start : start + TOGETHER]
            mel = mx.stack([log_mel(samples, self.model.dims) for samples in some])
            heard = encode(self.model, mel.astype(self.model.encoder.conv1.weight.dtype))
            new = [heard[row] for row in range(len(some))]
            mx.eval(new)
            rows += new
        return rows

    def _languages(self, heard: Sequence[mx.array]) -> list[Mapping[str, float]]:
        state = DecoderState(
            self.model, mx.stack(heard), [[self._vocabulary.plain.sot]] * len(heard)
        )
        scores = state.logits(state.read()[:, -1])
        tokens = self._vocabulary.language_tokens()
        found = mx.softmax(scores[:, mx.array(list(tokens.values()))], axis=-1)
        return [
            dict(sorted(zip(tokens, row, strict=True), key=lambda each: -each[1]))
            for row in np.array(found).tolist()
        ]

    def _generate(
        self, heard: Sequence[mx.array], prompts: Sequence[Sequence[int]], temperature: float
    ) -> list[Generated]:
        options, plain = self._options, self._vocabulary.plain
        work = Work(
            model=self.model,
            heard=mx.stack(heard),
            prompts=prompts,
            begin=plain.sot,
            no_speech=plain.no_speech,
            untimed=plain.no_timestamps,
            room=[room_for_text(len(prompt), options.max_new_tokens) for prompt in prompts],
            limits=self._limits,
        )
        if temperature == 0 and options.beam_size > 1:
            return beam_search(work, options.beam_size, options.patience, options.length_penalty)
        return sample(work, temperature, options.best_of, options.seed, options.length_penalty)


class EncodedBatch:
    """Chunks that the encoder has heard."""

    def __init__(self, engine: MLXEngine, heard: Sequence[mx.array]) -> None:
        self._engine = engine
        self._heard = heard

    def languages(self, rows: Sequence[int]) -> list[Mapping[str, float]]:
        """Whisper's own detection: the probabilities of its language tokens."""
        return self._engine.languages([self._heard[row] for row in rows])

    def generate(
        self, rows: Sequence[int], prompts: Sequence[Sequence[int]], temperature: float
    ) -> list[Generated]:
        """Decode some of the chunks, each after its prompt."""
        return self._engine.generate([self._heard[row] for row in rows], prompts, temperature)

"""What decoding a batch needs, whichever way it looks for the best text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import mlx.core as mx

from asrcore.domain.whisper.engine import Generated
from asrcore_adapters.mlx.decoder import DecoderState
from asrcore_adapters.mlx.rules import Limits, Rules


@dataclass(frozen=True)
class Work:
    """Rows to be decoded together.

    Attributes:
        model: a Whisper of mlx-whisper.
        heard: what its encoder heard, shape (rows, frames, width).
        prompts: token ids before the text, one list a row.
        begin: the token that begins the text.
        no_speech: the token that stands for silence.
        untimed: the token that asks for no timestamps.
        room: how many tokens each row may write.
        limits: what may not be written.
    """

    model: Any
    heard: mx.array
    prompts: Sequence[Sequence[int]]
    begin: int
    no_speech: int
    untimed: int
    room: Sequence[int]
    limits: Limits

    def opened(self) -> Opened:
        """Read the prompts."""
        state = DecoderState(self.model, self.heard, self.prompts)
        hidden = state.read()
        columns = hidden.shape[1]
        start = [columns - len(prompt) + prompt.index(self.begin) for prompt in self.prompts]
        at_start = hidden[mx.arange(len(start)), mx.array(start)]
        silence = mx.softmax(state.logits(at_start), axis=-1)[:, self.no_speech]
        rules = Rules(self.limits, [self.untimed not in prompt for prompt in self.prompts])
        return Opened(state, rules, state.logits(hidden[:, -1:]), silence)


@dataclass(frozen=True)
class Opened:
    """Rows whose prompts have been read.

    Attributes:
        state: their keys and values.
        rules: what may come next.
        logits: scores of the first token, shape (rows, 1, tokens).
        silence: the probability that nobody speaks, shape (rows,).
    """

    state: DecoderState
    rules: Rules
    logits: mx.array
    silence: mx.array


@dataclass
class Hypothesis:
    """Tokens without the end token, and the sum of their log-probabilities and the end's."""

    tokens: list[int] = field(default_factory=list)
    total: float = 0.0

    def score(self, length_penalty: float) -> float:
        """What hypotheses of different lengths are compared by."""
        return self.total / float(max(1, len(self.tokens)) ** length_penalty)


def best(
    candidates: Sequence[Hypothesis], length_penalty: float, no_speech_prob: float
) -> Generated:
    """The best hypothesis as the core wants it; at equal scores the first."""
    chosen = max(candidates, key=lambda each: each.score(length_penalty))
    mean = chosen.total / (len(chosen.tokens) + 1)
    return Generated(tuple(chosen.tokens), mean, min(1.0, no_speech_prob))

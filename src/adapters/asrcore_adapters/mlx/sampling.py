"""Decoding step by step: the likeliest token, or one that is drawn.

Rows that have ended leave the batch, so that the longest does not hold the others. The next step is
under way while the last one's tokens are read, so that a GPU waits for nobody.
"""

from __future__ import annotations

import mlx.core as mx
import numpy as np

from asrcore.domain.whisper.engine import Generated
from asrcore_adapters.mlx.searching import Hypothesis, Work, best

LEAVING = 4
"""Rows leave when one in so many has ended: copying what the others remember costs, too."""


def sample(
    work: Work, temperature: float, group: int, seed: int, length_penalty: float
) -> list[Generated]:
    """Decode rows; at a temperature above 0, `group` texts are drawn and the likeliest is kept.

    What is drawn depends on the seed and the step alone, never on the other rows of a batch.
    """
    return _Sampling(work, temperature, group if temperature > 0 else 1, seed).run(length_penalty)


class _Sampling:
    """A batch on its way."""

    def __init__(self, work: Work, temperature: float, group: int, seed: int) -> None:
        self._work = work
        self._temperature = temperature
        # Each temperature draws anew: the same noise again would repeat what has failed.
        self._key = mx.random.key(1000 * seed + round(100 * temperature))
        opened = work.opened()
        self._state, self._rules, self._silence = opened.state, opened.rules, opened.silence
        self._state.spread(group)
        self._logits = mx.repeat(opened.logits, group, axis=1)
        self._found = [[Hypothesis() for _ in range(group)] for _ in work.prompts]
        self._ended = [[False] * group for _ in work.prompts]
        self._rows = list(range(len(work.prompts)))

    def run(self, length_penalty: float) -> list[Generated]:
        """Until every row has ended or is full."""
        newest = self._choose()
        while self._rows:
            following = self._advance(newest[0])
            self._note(*newest)
            newest = self._without_ended(following)
        silence = np.array(self._silence).tolist()
        return [
            best(found, length_penalty, quiet)
            for found, quiet in zip(self._found, silence, strict=True)
        ]

    def _choose(self) -> tuple[mx.array, mx.array]:
        """The next token of each hypothesis and its log-probability, each (rows, group)."""
        scores = self._rules.apply(self._logits)
        tokens = self._drawn(scores)
        chosen = mx.take_along_axis(scores, tokens[..., None], axis=-1)[..., 0]
        log_probs = chosen - mx.logsumexp(scores, axis=-1)
        mx.async_eval(tokens, log_probs, *self._state.arrays())
        return tokens, log_probs

    def _drawn(self, scores: mx.array) -> mx.array:
        if self._temperature == 0:
            return mx.argmax(scores, axis=-1)
        self._key, now = mx.random.split(self._key)
        noise = mx.random.gumbel(scores.shape[1:], key=now)
        return mx.argmax(scores / self._temperature + noise, axis=-1)

    def _advance(self, tokens: mx.array) -> tuple[mx.array, mx.array]:
        self._rules.add(tokens)
        self._logits = self._state.logits(self._state.step(tokens))
        return self._choose()

    def _note(self, tokens: mx.array, log_probs: mx.array) -> None:
        """Write down what the hypotheses of the rows at work have chosen."""
        end = self._work.limits.end
        for row, chosen, likely in zip(
            self._rows, np.array(tokens).tolist(), np.array(log_probs).tolist(), strict=True
        ):
            for index, (token, log_prob) in enumerate(zip(chosen, likely, strict=True)):
                if self._ended[row][index]:
                    continue
                found = self._found[row][index]
                found.total += log_prob
                if token != end:
                    found.tokens.append(token)
                full = len(found.tokens) >= self._work.room[row]
                self._ended[row][index] = token == end or full

    def _without_ended(self, following: tuple[mx.array, mx.array]) -> tuple[mx.array, mx.array]:
        """Let rows leave that have ended, if they are many; the others' next tokens."""
        places = [place for place, row in enumerate(self._rows) if not all(self._ended[row])]
        left = len(self._rows) - len(places)
        if places and left * LEAVING < len(self._rows):
            return following
        self._rows = [self._rows[place] for place in places]
        if not places:
            return following
        self._state.keep(places)
        self._rules.keep(places)
        chosen = mx.array(places)
        return following[0][chosen], following[1][chosen]

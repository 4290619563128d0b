"""Beam search, which mlx-whisper lacks: the best few hypotheses of every row in one batch.

Source: Graves, "Sequence Transduction with Recurrent Neural Networks" (2012), in Whisper's form: a
row is done when `beam_size * patience` of its hypotheses have ended (Kasai et al., "Beam Decoding
with Controlled Patience", 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import mlx.core as mx
import numpy as np

from asrcore.domain.whisper.engine import Generated
from asrcore_adapters.mlx.searching import Hypothesis, Work, best

BLOCK = 256
"""Scores of which only the best is looked at in the first round of choosing."""


@dataclass
class _Row:
    """A row's hypotheses: those that go on, best first, and those that have ended."""

    running: list[Hypothesis] = field(default_factory=lambda: [Hypothesis()])
    ended: list[Hypothesis] = field(default_factory=list)


def beam_search(
    work: Work, beam_size: int, patience: float, length_penalty: float
) -> list[Generated]:
    """Decode rows, each with `beam_size` hypotheses."""
    return _BeamSearch(work, beam_size, patience).run(length_penalty)


class _BeamSearch:
    """A batch on its way."""

    def __init__(self, work: Work, size: int, patience: float) -> None:
        self._work, self._size = work, size
        self._wanted = max(1, round(size * patience))
        opened = work.opened()
        self._state, self._rules = opened.state, opened.rules
        self._logits, self._silence = opened.logits, opened.silence
        self._found = [_Row() for _ in work.prompts]
        self._rows = list(range(len(work.prompts)))
        self._totals = mx.zeros((len(self._rows), 1))

    def run(self, length_penalty: float) -> list[Generated]:
        """Until every row has enough hypotheses that ended, or is full."""
        self._choose()
        self._state.spread(self._size)
        while self._let_go():
            self._follow()
            self._choose()
        silence = np.array(self._silence).tolist()
        return [
            best(row.ended, length_penalty, quiet)
            for row, quiet in zip(self._found, silence, strict=True)
        ]

    def _choose(self) -> None:
        """Continue each row by its best candidates."""
        scores = self._rules.apply(self._logits)
        log_probs = scores - mx.logsumexp(scores, axis=-1, keepdims=True)
        totals = self._totals[..., None] + log_probs
        values, places = top(totals.reshape(len(self._rows), -1), 2 * self._size)
        mx.eval(values, places, *self._state.arrays())
        parents: list[list[int]] = []
        tokens: list[list[int]] = []
        for row, likely, where in zip(
            self._rows, np.array(values).tolist(), np.array(places).tolist(), strict=True
        ):
            chosen = self._continue(row, likely, where)
            parents.append([parent for parent, _ in chosen])
            tokens.append([token for _, token in chosen])
        self._parents, self._tokens = mx.array(parents), mx.array(tokens)

    def _continue(
        self, row: int, totals: Sequence[float], places: Sequence[int]
    ) -> list[tuple[int, int]]:
        """A row's next hypotheses: of each the parent and the token that it adds."""
        found, chosen = self._found[row], list[tuple[int, int]]()
        running: list[Hypothesis] = []
        for rank, (total, place) in enumerate(zip(totals, places, strict=True)):
            parent, token = divmod(place, self._work.limits.size)
            before = found.running[parent].tokens
            if token != self._work.limits.end:
                running.append(Hypothesis([*before, token], total))
                chosen.append((parent, token))
            elif rank < self._size and len(found.ended) < self._wanted:
                found.ended.append(Hypothesis(before, total))
            if len(running) == self._size:
                break
        found.running = running
        return chosen

    def _let_go(self) -> list[int]:
        """Let rows leave that are done; the rows that are left."""
        places = [place for place, row in enumerate(self._rows) if not self._done(row)]
        if len(places) < len(self._rows) and places:
            chosen = mx.array(places)
            self._state.keep(places)
            self._rules.keep(places)
            self._parents, self._tokens = self._parents[chosen], self._tokens[chosen]
        self._rows = [self._rows[place] for place in places]
        return self._rows

    def _done(self, row: int) -> bool:
        found = self._found[row]
        if len(found.ended) >= self._wanted:
            return True
        full = len(found.running[0].tokens) >= self._work.room[row]
        if full:  # as Whisper has it, unfinished hypotheses fill up the places of finished ones
            found.ended += found.running[: self._wanted - len(found.ended)]
        return full

    def _follow(self) -> None:
        """Let the model and the rules read what was chosen."""
        parents = self._parents
        if self._rules.begun:
            self._state.follow(parents)
            self._rules.follow(parents)
        self._rules.add(self._tokens)
        self._totals = mx.array(
            [[each.total for each in self._found[row].running] for row in self._rows]
        )
        self._logits = self._state.logits(self._state.step(self._tokens))


def top(scores: mx.array, count: int) -> tuple[mx.array, mx.array]:
    """The best scores of each row, best first, and where they are.

    The best `count` lie in the `count` blocks whose best are best, so that only those are sorted.

    Args:
        scores: shape (rows, n).
        count: how many; not more than n.

    Returns:
        Values and indices, each of shape (rows, count).
    """
    rows, length = scores.shape
    padded = mx.pad(scores, [(0, 0), (0, -length % BLOCK)], constant_values=-mx.inf)
    blocks = padded.reshape(rows, -1, BLOCK)
    number = min(count, blocks.shape[1])
    chosen = mx.argsort(-blocks.max(axis=-1), axis=-1)[:, :number]
    within = mx.take_along_axis(blocks, chosen[..., None], axis=1).reshape(rows, -1)
    order = mx.argsort(-within, axis=-1)[:, :count]
    values = mx.take_along_axis(within, order, axis=-1)
    block = mx.take_along_axis(chosen, order // BLOCK, axis=-1)
    return values, block * BLOCK + order % BLOCK

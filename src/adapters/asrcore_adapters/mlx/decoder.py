"""Whisper's decoder for rows in lockstep, several hypotheses a row.

Prompts of different lengths end in the same column: what is missing in front of a short one is
padding that nothing attends to. The hypotheses of a row share what its encoder heard: they are so
many queries to one set of keys, which is why beams cost no copies of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx
import numpy as np

from asrcore_adapters.mlx.layers import forward, fused, joined, split

GROWTH = 64
"""Columns by which the room for keys and values grows."""


class DecoderState:
    """Rows that are being decoded.

    Attributes:
        rows: how many.
        group: hypotheses of each row.
    """

    def __init__(self, model: Any, heard: mx.array, prompts: Sequence[Sequence[int]]) -> None:
        """Prepare rows for `read`.

        Args:
            model: a Whisper of mlx-whisper.
            heard: what its encoder heard, shape (rows, frames, width).
            prompts: token ids before the text, one list a row.
        """
        self._decoder = model.decoder
        self._heads = model.dims.n_text_head
        self.rows, self.group = len(prompts), 1
        self._columns = max(map(len, prompts))
        padding = [self._columns - len(prompt) for prompt in prompts]
        self._prompts = mx.array([[0] * n + list(p) for n, p in zip(padding, prompts, strict=True)])
        self._padding = mx.array(padding)
        self._padded = any(padding)
        self._cross = [
            (
                split(block.cross_attn.key(heard), self._heads),
                split(block.cross_attn.value(heard), self._heads),
            )
            for block in self._decoder.blocks
        ]
        self._own: list[tuple[mx.array, mx.array]] = []

    def read(self) -> mx.array:
        """Read the prompts; the last layer's output of each column, (rows, columns, width)."""
        return self._read(lambda layer, queries: None)

    def watched(self, heads: Sequence[tuple[int, int]]) -> tuple[mx.array, mx.array]:
        """Read the prompts, and see what some heads look at.

        Args:
            heads: layer and number of each.

        Returns:
            The last layer's output, and scores of shape (rows, heads, columns, frames).
        """
        looks: dict[tuple[int, int], mx.array] = {}

        def watch(layer: int, queries: mx.array) -> None:
            keys = self._cross[layer][0]
            for _, head in filter(lambda each: each[0] == layer, heads):
                own = queries[:, head] * queries.shape[-1] ** -0.5
                looks[layer, head] = own @ keys[:, head].swapaxes(-1, -2)

        hidden = self._read(watch)
        return hidden, mx.stack([looks[head] for head in heads], axis=1)

    def step(self, tokens: mx.array) -> mx.array:
        """Read one more token of each hypothesis; tokens (rows, group) to (rows, group, width)."""
        column = self._columns
        self._columns += 1
        places = mx.broadcast_to((column - self._padding)[:, None], tokens.shape)
        mask = self._step_mask()
        hidden = self._embedded(tokens, places)
        for index, block in enumerate(self._decoder.blocks):
            hidden = hidden + self._attend_own(index, block, hidden, mask)
            hidden = self._finish(block, hidden, self._queries(block, hidden), self._cross[index])
        return self._decoder.ln(hidden)

    def logits(self, hidden: mx.array) -> mx.array:
        """The last layer's output to scores of all tokens, in float32."""
        return self._decoder.token_embedding.as_linear(hidden).astype(mx.float32)

    def spread(self, group: int) -> None:
        """Let each row have this many hypotheses, all as its only one is now."""
        if group > 1:
            self._own = [(mx.repeat(k, group, 0), mx.repeat(v, group, 0)) for k, v in self._own]
        self.group = group

    def keep(self, rows: Sequence[int]) -> None:
        """Let go of all but some rows."""
        chosen = mx.array(list(rows))
        self._cross = [(keys[chosen], values[chosen]) for keys, values in self._cross]
        self._padding = self._padding[chosen]
        inner = mx.arange(self.group)
        self.rows = len(rows)
        self._take((chosen[:, None] * self.group + inner).reshape(-1))

    def follow(self, parents: mx.array) -> None:
        """Let each hypothesis continue another of its row: `parents` has shape (rows, group)."""
        first = mx.arange(self.rows)[:, None] * self.group
        self._take((first + parents).reshape(-1))

    def arrays(self) -> list[mx.array]:
        """All that is kept from step to step: to be computed together with the step."""
        return [each for pair in self._own for each in pair]

    def _read(self, watch: Callable[[int, mx.array], None]) -> mx.array:
        places = mx.maximum(mx.arange(self._columns) - self._padding[:, None], 0)
        mask = self._prompt_mask()
        hidden = self._embedded(self._prompts, places)
        for layer, block in enumerate(self._decoder.blocks):
            own, normal = block.attn, block.attn_ln(hidden)
            keys, values = (split(each(normal), self._heads) for each in (own.key, own.value))
            self._own.append((keys, values))
            seen = fused(split(own.query(normal), self._heads), keys, values, mask)
            hidden = hidden + own.out(joined(seen))
            queries = self._queries(block, hidden)
            watch(layer, queries)
            hidden = self._finish(block, hidden, queries, self._cross[layer])
        return self._decoder.ln(hidden)

    def _take(self, chosen: mx.array) -> None:
        self._own = [(keys[chosen], values[chosen]) for keys, values in self._own]

    def _embedded(self, tokens: mx.array, places: mx.array) -> mx.array:
        return self._decoder.token_embedding(tokens) + self._decoder.positional_embedding[places]

    def _queries(self, block: Any, hidden: mx.array) -> mx.array:
        """What a layer asks of what was heard."""
        return split(block.cross_attn.query(block.cross_attn_ln(hidden)), self._heads)

    def _finish(
        self, block: Any, hidden: mx.array, queries: mx.array, cross: tuple[mx.array, mx.array]
    ) -> mx.array:
        hidden = hidden + block.cross_attn.out(joined(fused(queries, *cross)))
        return hidden + forward(block, hidden)

    def _attend_own(
        self, index: int, block: Any, hidden: mx.array, mask: mx.array | None
    ) -> mx.array:
        attention, heads = block.attn, self._heads
        normal = block.attn_ln(hidden)
        alone = normal.reshape(self.rows * self.group, 1, -1)
        new = [split(each(alone), heads) for each in (attention.key, attention.value)]
        keys, values = self._grown(index, *new)
        seen = fused(split(attention.query(alone), heads), keys, values, mask)
        return attention.out(joined(seen)).reshape(hidden.shape)

    def _grown(self, index: int, key: mx.array, value: mx.array) -> tuple[mx.array, mx.array]:
        """A layer's keys and values with those of the newest column."""
        kept = []
        for room, new in zip(self._own[index], (key, value), strict=True):
            if room.shape[2] < self._columns:
                shape = (*room.shape[:2], GROWTH, room.shape[3])
                room = mx.concatenate([room, mx.zeros(shape, room.dtype)], axis=2)  # noqa: PLW2901
            room[:, :, self._columns - 1 : self._columns] = new
            kept.append(room)
        self._own[index] = (kept[0], kept[1])
        return kept[0][:, :, : self._columns], kept[1][:, :, : self._columns]

    def _prompt_mask(self) -> mx.array | str:
        """True where a column may be looked at, (rows, 1, columns, columns); padding sees itself.

        (What sees nothing at all would be no number.)
        """
        if not self._padded:
            return "causal"
        columns = mx.arange(self._columns)
        earlier = columns[None, :] < columns[:, None]
        real = (columns >= self._padding[:, None])[:, None, None, :]
        return (earlier & real) | mx.array(np.eye(self._columns, dtype=bool))

    def _step_mask(self) -> mx.array | None:
        """True where a column may be looked at, (rows * group, 1, 1, columns)."""
        if not self._padded:
            return None
        real = mx.arange(self._columns) >= self._padding[:, None]
        return mx.repeat(real, self.group, 0)[:, None, None, :]

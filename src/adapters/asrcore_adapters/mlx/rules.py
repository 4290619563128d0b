"""Which tokens may come next: scores of those that may not become minus infinity.

Source of the rules: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision",
section 4.5, and its published decoding: timestamps come in pairs and never decrease, the first one
is early, and where timestamps together are likelier than any text, one comes next. All rows are
judged on the device, so that a step waits for no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np

NEVER = -mx.inf


@dataclass(frozen=True)
class Limits:
    """What a model and the user's options forbid.

    Attributes:
        size: tokens of the model.
        end: the token that ends a text; special ones follow.
        timestamp_begin: the token for 0.00 s.
        suppressed: tokens that never come.
        blanks: tokens that never come first.
        latest: how many timestamp tokens the first one may lie behind 0.00 s.
        repetition_penalty: above 1 makes repeated tokens less likely.
        no_repeat_ngram: no n-gram of this size comes twice; 0 allows it.
    """

    size: int
    end: int
    timestamp_begin: int
    suppressed: Sequence[int]
    blanks: Sequence[int]
    latest: int
    repetition_penalty: float = 1.0
    no_repeat_ngram: int = 0


class Rules:
    """The rules for rows with several hypotheses each, and what they have written so far."""

    def __init__(self, limits: Limits, timed: Sequence[bool]) -> None:
        """Begin with nothing written.

        Args:
            limits: of model and options.
            timed: for each row, whether timestamps are wanted.
        """
        self._limits = limits
        self._remembers = limits.repetition_penalty != 1 or limits.no_repeat_ngram > 0
        self._never = _mask(limits.size, [*limits.suppressed, *_markers(limits)])
        self._never_first = _mask(limits.size, limits.blanks)
        self._is_end = mx.arange(limits.size) == limits.end
        self._all, self._any = all(timed), any(timed)
        self._timed = mx.array(list(timed))[:, None, None]
        self._written: mx.array | None = None
        self._newest: mx.array | None = None

    @property
    def begun(self) -> bool:
        """Whether anything has been written."""
        return self._written is not None

    def keep(self, rows: Sequence[int]) -> None:
        """Let go of all but some rows."""
        chosen = mx.array(list(rows))
        self._timed = self._timed[chosen]
        if self._written is not None and self._newest is not None:
            self._written, self._newest = self._written[chosen], self._newest[chosen]

    def follow(self, parents: mx.array) -> None:
        """Let each hypothesis continue another of its row: `parents` has shape (rows, group)."""
        if self._written is not None and self._newest is not None:
            self._written = mx.take_along_axis(self._written, parents[..., None], axis=1)
            self._newest = mx.take_along_axis(self._newest, parents, axis=1)

    def add(self, tokens: mx.array) -> None:
        """Remember what comes next: tokens of shape (rows, group)."""
        begin = self._limits.timestamp_begin
        if self._written is None or self._newest is None:
            self._newest = mx.maximum(tokens, begin - 1)
            self._written = tokens[..., None]
            return
        self._newest = mx.where(tokens >= begin, tokens, self._newest)
        kept = self._written if self._remembers else self._written[..., -1:]
        self._written = mx.concatenate([kept, tokens[..., None]], axis=-1)

    def apply(self, logits: mx.array) -> mx.array:
        """Scores of what may come next, shape (rows, group, tokens).

        Where everything is forbidden, the text ends.
        """
        scores = self._allowed(logits)
        stuck = scores.max(axis=-1, keepdims=True) == NEVER
        return mx.where(stuck & self._is_end, 0.0, scores)

    def _allowed(self, logits: mx.array) -> mx.array:
        logits = logits + self._never
        if self._written is None:
            logits = logits + self._never_first
        elif self._remembers:
            logits = self._varied(logits)
        begin = self._limits.timestamp_begin
        text, stamps = logits[..., :begin], logits[..., begin:]
        if not self._any:
            return mx.concatenate([text, mx.full(stamps.shape, NEVER)], axis=-1)
        text_kept, stamps_kept = self._paired(text, stamps)
        if not self._all:
            text_kept = mx.where(self._timed, text_kept, text)
            stamps_kept = mx.where(self._timed, stamps_kept, NEVER)
        return mx.concatenate([text_kept, stamps_kept], axis=-1)

    def _paired(self, text: mx.array, stamps: mx.array) -> tuple[mx.array, mx.array]:
        """Scores by the rules for timestamps."""
        number = mx.arange(stamps.shape[-1])
        if self._written is None or self._newest is None:
            return mx.full(text.shape, NEVER), mx.where(number > self._limits.latest, NEVER, stamps)
        begin, end = self._limits.timestamp_begin, self._limits.end
        after = (self._written[..., -1] >= begin)[..., None]
        second = self._written.shape[-1] == 1
        paired = after if second else after & (self._written[..., -2] >= begin)[..., None]
        closed = after & ~paired
        # Where one segment has just ended, the next may begin at once; else times grow.
        earliest = self._newest[..., None] + (1 - closed.astype(mx.int32)) - begin
        stamps = mx.where((number < earliest) | paired, NEVER, stamps)
        text = mx.where(closed & (mx.arange(begin) < end), NEVER, text)
        likelier = mx.logsumexp(stamps, -1, keepdims=True) > text.max(-1, keepdims=True)
        return mx.where(likelier, NEVER, text), stamps

    def _varied(self, logits: mx.array) -> mx.array:
        """Scores with what was written made less likely, or impossible."""
        written, penalty = self._written, self._limits.repetition_penalty
        if penalty != 1:
            score = mx.take_along_axis(logits, written, axis=-1)
            score = mx.where(score > 0, score / penalty, score * penalty)
            logits = mx.put_along_axis(logits, written, score, axis=-1)
        size = self._limits.no_repeat_ngram
        return _without_repeats(logits, written, size) if size else logits


def _without_repeats(logits: mx.array, written: mx.array, size: int) -> mx.array:
    """Scores without the tokens that would end an n-gram for the second time."""
    starts = written.shape[-1] - size + 1
    if starts < 1:
        return logits
    ends = written[..., size - 1 :]
    again = mx.ones(ends.shape, mx.bool_)
    for offset in range(size - 1):
        recent = written[..., written.shape[-1] - size + 1 + offset][..., None]
        again = again & (written[..., offset : offset + starts] == recent)
    banned = mx.zeros(logits.shape).at[_places(ends)].add(again.astype(mx.float32))
    return mx.where(banned > 0, NEVER, logits)


def _places(tokens: mx.array) -> tuple[mx.array, mx.array, mx.array]:
    """Where tokens of shape (rows, group, n) are in scores of shape (rows, group, tokens)."""
    rows, group, _ = tokens.shape
    return mx.arange(rows)[:, None, None], mx.arange(group)[None, :, None], tokens


def _markers(limits: Limits) -> range:
    """Special tokens that are neither the end nor timestamps: they belong into prompts."""
    return range(limits.end + 1, limits.timestamp_begin)


def _mask(size: int, tokens: Sequence[int]) -> mx.array:
    """To be added to scores: minus infinity at some tokens, nothing elsewhere."""
    mask = np.zeros(size, np.float32)
    mask[list(tokens)] = -np.inf
    return mx.array(mask)

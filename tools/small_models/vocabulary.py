"""Whisper's English tokens, and the part of them that a small model uses.

The model keeps GPT-2's numbering, so that every engine loads it, but learns embeddings only for
the tokens that its texts use; all others share one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

SIZE = 51864
END, START, PREVIOUS, NO_SPEECH, NO_TIMESTAMPS, FIRST_TIME = (
    50256,
    50257,
    50360,
    50361,
    50362,
    50363,
)
LAST_TIME = SIZE - 1
SPECIAL = (END, START, PREVIOUS, NO_SPEECH, NO_TIMESTAMPS, *range(FIRST_TIME, SIZE))


def timestamp(seconds: float) -> int:
    """The token of a time in the window."""
    return min(LAST_TIME, FIRST_TIME + max(0, round(seconds / 0.02)))


class Vocabulary:
    """Turns text into tokens, and tokens into the rows of a small embedding and back.

    Args:
        tokenizer: path of a `tokenizer.json`.
        used: the tokens with a row of their own, ascending.
    """

    def __init__(self, tokenizer: Path, used: Sequence[int]) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self.used = np.asarray(used)
        self.rows = np.full(SIZE, -1, np.int64)
        self.rows[self.used] = np.arange(len(self.used))

    @classmethod
    def of_texts(cls, tokenizer: Path, texts: Iterable[str]) -> Vocabulary:
        """The vocabulary that can write these texts, and any part of them that begins at a word."""
        encoder = Tokenizer.from_file(str(tokenizer))
        encoded = encoder.encode_batch([f" {text}" for text in texts], add_special_tokens=False)
        used = {token for each in encoded for token in each.ids} | set(SPECIAL)
        return cls(tokenizer, sorted(used))

    def encode(self, text: str) -> list[int]:
        """The tokens of a text that follows other text."""
        return self._tokenizer.encode(f" {text}", add_special_tokens=False).ids

    def covers(self, tokens: Iterable[int]) -> bool:
        """Whether every token has a row of its own."""
        return all(self.rows[token] >= 0 for token in tokens)

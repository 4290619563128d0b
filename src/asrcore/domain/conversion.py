"""A model in another engine's layout, and whether it still writes what its source writes."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

EXACT = frozenset({"float32", "float16", "bfloat16"})
"""Number formats that change no token; any other may."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model writes for a clip: the likeliest token each time, and no timestamps.

    Attributes:
        tokens: without those of the prompt and of the end.
        text: what they spell.
    """

    tokens: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Check:
    """What a source and the model made of it write for the same clip."""

    expected: Reading
    found: Reading

    @property
    def total(self) -> int:
        """Tokens of the longer text."""
        return max(len(self.expected.tokens), len(self.found.tokens))

    @property
    def differing(self) -> int:
        """Tokens of the longer text that the other does not have, in this order."""
        matcher = SequenceMatcher(None, self.expected.tokens, self.found.tokens, autojunk=False)
        return self.total - sum(block.size for block in matcher.get_matching_blocks())

    @property
    def same(self) -> bool:
        """Whether the conversion is proved right: something is written, and the same."""
        return self.total > 0 and self.expected.tokens == self.found.tokens

    def __str__(self) -> str:
        if self.same:
            return "same tokens"
        if not self.total:
            return "neither model writes a token, which proves nothing"
        return f"{self.differing} of {self.total} tokens differ"


@dataclass(frozen=True, slots=True)
class Conversion:
    """A converted model.

    Attributes:
        folder: where it is.
        size: of its files, in bytes.
        number_format: of its weights: `float16`, `int8`, `4` (bits).
        transcriber: the backend that reads it.
        check: what it writes beside its source; None where it was not compared.
    """

    folder: Path
    size: int
    number_format: str
    transcriber: str
    check: Check | None

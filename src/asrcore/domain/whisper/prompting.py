"""What stands before the text: hotwords, the end of a prompt, the start sequence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from asrcore.domain.request import Instructions
from asrcore.domain.whisper.shape import MAX_LENGTH

MAX_PROMPT = MAX_LENGTH // 2 - 1
"""Tokens: Whisper was trained with half of its context before the text at most."""
MAX_NEW = MAX_LENGTH // 2
"""Tokens of a chunk's text at most, as Whisper's own decoding has it."""
NUMERALS = frozenset("0123456789%$£€")
"""A token with one of these writes a number in other signs than letters."""


def prompted(
    instructions: Instructions,
    start: Sequence[int],
    previous: int,
    encode: Callable[[str], Sequence[int]],
) -> list[int]:
    """The tokens before the text; hotwords and the prompt's end share `MAX_PROMPT` tokens.

    Args:
        instructions: hotwords and prompt are read.
        start: the sequence that begins the text.
        previous: the token that begins the previous text.
        encode: text to tokens.
    """
    hotwords, prompt = (
        list(encode(f" {text.strip()}")) if text and text.strip() else []
        for text in (instructions.hotwords, instructions.prompt)
    )
    hotwords = hotwords[:MAX_PROMPT]
    room = MAX_PROMPT - len(hotwords)
    before = hotwords + prompt[len(prompt) - min(room, len(prompt)) :]
    return [previous, *before, *start] if before else list(start)


def numeral_tokens(end: int, spell: Callable[[list[int]], str]) -> list[int]:
    """The tokens below `end` that write a digit or a currency sign."""
    return [token for token in range(end) if NUMERALS.intersection(spell([token]))]


def room_for_text(prompt: int, limit: int | None) -> int:
    """New tokens that may follow a prompt of so many, where `limit` is the user's, if any."""
    return max(1, min(MAX_NEW if limit is None else limit, MAX_LENGTH - prompt))

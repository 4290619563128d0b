"""What the core knows of languages."""

from __future__ import annotations

from collections.abc import Iterable

WITHOUT_SPACES = frozenset({"zh", "ja", "yue", "th", "lo", "my", "km"})
"""Languages written without spaces between words."""


def joiner(language: str | None) -> str:
    """What stands between two words of a language; a region (`zh-TW`) makes no difference."""
    return "" if (language or "").partition("-")[0] in WITHOUT_SPACES else " "


def join_words(words: Iterable[str], language: str | None) -> str:
    """Words as running text."""
    return joiner(language).join(words)

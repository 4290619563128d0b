"""Dialogue from books: what stands inside their quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tools.small_models.text.repositories import git
from tools.small_models.text.sentences import sentences

_BODY = re.compile(r"\*\*\* ?START OF.*?\*\*\*(?P<body>.*)\*\*\* ?END OF", re.DOTALL)
_PARAGRAPH = re.compile(r"\n\s*\n")
_QUOTED = re.compile(r"[“\"](?P<said>[^“”\"]+)[”\"]")
_BOOK = re.compile(r"\d+(?:-0|-8)?\.txt")
_BEST_ENCODING = ("-0.txt", "-8.txt", ".txt")


def dialogue(book: str) -> Iterator[str]:
    """Yield the sentences that the characters of a book say."""
    body = _BODY.search(book)
    for paragraph in _PARAGRAPH.split(body["body"] if body else book):
        for quote in _QUOTED.finditer(" ".join(paragraph.split())):
            yield from sentences(quote["said"])


def read_book(repository: Path) -> str:
    """Return the text of a book kept as a git repository, in the best encoding that is there."""
    names = git(repository, "ls-tree", "--name-only", "HEAD").decode().splitlines()
    best = min(filter(_BOOK.fullmatch, names), key=_quality)
    raw = git(repository, "show", f"HEAD:{best}")
    try:
        return raw.decode("utf-8-sig").replace("\r", "")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace").replace("\r", "")


def _quality(name: str) -> int:
    return next(rank for rank, ending in enumerate(_BEST_ENCODING) if name.endswith(ending))

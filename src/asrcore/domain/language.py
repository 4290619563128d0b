"""What the core knows of languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

WITHOUT_SPACES = frozenset({"zh", "ja", "yue", "th", "lo", "my", "km"})
"""Languages written without spaces between words."""
FULL_STOPS = (".", "?", "!", "\u2026", "\u3002", "\uff1f", "\uff01", "\u0964", "\u061f")
"""What ends a sentence, in the scripts of the world."""
CLOSING = "\"')]}\u2019\u201d\u00bb\u300d"
"""What may follow it."""


def without_region(language: str) -> str:
    """`zh` of `zh-TW`."""
    return language.partition("-")[0]


def joiner(language: str | None) -> str:
    """What stands between two words of a language; a region (`zh-TW`) makes no difference."""
    return "" if without_region(language or "") in WITHOUT_SPACES else " "


def without_spaces(text: str) -> str:
    """The visible characters of a text: what it has in common with its words and sentences."""
    return "".join(text.split())


def join_words(words: Iterable[str], language: str | None) -> str:
    """Words as running text."""
    return joiner(language).join(words)


def split_words(text: str, language: str | None) -> list[str]:
    """The words of a text as an aligner times them, in order; nothing but spaces is lost.

    Words stand between spaces. In languages written without spaces each character is a word,
    with the marks and the punctuation that follow it; letters and digits of other scripts in
    a row (`iPhone`, `15`) stay together.
    """
    if joiner(language):
        return text.split()
    return [word for part in text.split() for word in _without_spaces(part)]


_FOREIGN = r"[0-9A-Za-z\u00c0-\u024f\u0370-\u04ff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"
_FOREIGN_RUN = re.compile(
    rf"(?:{_FOREIGN}[\u0300-\u036f]*)+(?:[.,:'/@_-](?:{_FOREIGN}[\u0300-\u036f]*)+)*[%°]?"
)


def _without_spaces(text: str) -> Iterator[str]:
    """Of a text that is not empty: runs of other scripts, and characters, with what attaches."""
    word, position = "", 0
    while position < len(text):
        run = _FOREIGN_RUN.match(text, position)
        piece = run.group() if run else text[position]
        if word and (_opens(word[-1]) or _attaches(piece)):
            word += piece
        else:
            if word:
                yield word
            word = piece
        position += len(piece)
    yield word


def _attaches(piece: str) -> bool:
    """Whether a character cannot begin a word: marks, closing punctuation, joiners."""
    category = unicodedata.category(piece[0])
    return category[0] in "MC" or (category[0] == "P" and not _opens(piece[0]))


def _opens(character: str) -> bool:
    """Whether what follows belongs to a character: opening brackets and quotes."""
    return unicodedata.category(character) in ("Ps", "Pi")

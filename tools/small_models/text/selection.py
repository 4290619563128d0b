"""Which sentences of the sources stay: those whose every word is frequent in several of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tools.synthetic.speech import Sentence

_CAPITALS = re.compile(r"\b[A-Z]{2,}\b")
_UNWANTED = re.compile(
    r"\b(?:nigg|negr|darky|darkies|darkey|jew|dago|chinam|half-?breed|savages|gyps|cripple|idiot"
    r"|damn|goddam|bitch|whore|rape|suicid)",
    re.IGNORECASE,
)
_KNOWN_EVERYWHERE = 3


def familiar(
    documents: Sequence[Iterable[str]], known: frozenset[str], least_count: int
) -> list[list[str]]:
    """Return each document's sentences, once each, without those that hold a rare word.

    Args:
        documents: sentences of each book and each mission.
        known: words that count as frequent anyway.
        least_count: how often all documents together must have a word; three must have it at all.
    """
    kept = [list(dict.fromkeys(document)) for document in documents]
    kept = [[line for line in document if not _UNWANTED.search(line)] for document in kept]
    common = known | _common(kept, least_count)
    return [
        [
            line
            for line in (_lower_shouts(line, common) for line in document)
            if _all_in(line, common)
        ]
        for document in kept
    ]


def _common(documents: Sequence[Sequence[str]], least_count: int) -> set[str]:
    counts: Counter[str] = Counter()
    spread: Counter[str] = Counter()
    for document in documents:
        said = (word for line in document for word in _words(line))
        words = Counter(word.lower() for word in said if not _CAPITALS.fullmatch(word))
        counts += words
        spread.update(words.keys())
    return {
        word
        for word, count in counts.items()
        if count >= least_count and spread[word] >= _KNOWN_EVERYWHERE
    }


def _lower_shouts(line: str, common: set[str]) -> str:
    lowered = _CAPITALS.sub(lambda match: _calm(match.group(), common), line)
    return lowered[0].upper() + lowered[1:]


def _calm(word: str, common: set[str]) -> str:
    return word.lower() if word.lower() in common else word


def _all_in(line: str, common: set[str]) -> bool:
    return not _CAPITALS.search(line) and all(word.lower() in common for word in _words(line))


def _words(line: str) -> tuple[str, ...]:
    """Return what one says, and hyphenated words as a whole: `roof-tree` is a rare one."""
    sentence = Sentence.parse(line)
    hyphenated = (word.written.strip(".,?!") for word in sentence.words if "-" in word.written)
    return *sentence.spoken, *(word for word in hyphenated if word[0].isalpha())


def spoken_words(line: str) -> tuple[str, ...]:
    """Return what one says for a line, in lower case."""
    return tuple(word.lower() for word in Sentence.parse(line).spoken)

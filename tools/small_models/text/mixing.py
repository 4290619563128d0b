"""New sentences from old ones, and the promise that held-out ones stay unknown."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from random import Random

from tools.small_models.text.numbers import cardinal, marked, ordinal
from tools.synthetic.speech import Sentence, Word

_RUN = 5
_KEY = 4
_SPLICE = range(3, 19)
_MOST_CHARACTERS = 139
_POINT = re.compile(r"[,.?!]+$")
_STOP = re.compile(r"[.?!]$")
_COUNTED = {cardinal(number) for number in range(20)} | {
    cardinal(tens) for tens in range(20, 100, 10)
}
_COUNTED |= {ordinal(number) for number in range(1, 20)} | {
    "hundred",
    "thousand",
    "million",
    "oh",
    "and",
}
_UNITS = {"dollar", "dollars", "cent", "cents", "percent", "point", "o'clock", "to"}


class HeldOut:
    """Sentences that training must not know."""

    def __init__(self, sentences: Iterable[Sentence]) -> None:
        self._runs: set[tuple[str, ...]] = set()
        self._whole: defaultdict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
        for sentence in sentences:
            words = lowered(sentence)
            self._runs.update(_runs(words, _RUN))
            self._whole[words[:_KEY]].append(words)

    def inside(self, sentence: Sentence) -> bool:
        """Tell whether a held-out sentence, as a whole, is what this one says or a part of it."""
        words = lowered(sentence)
        starts = range(max(1, len(words) - _KEY + 1))
        return any(
            words[start : start + len(whole)] == whole
            for start in starts
            for whole in self._whole.get(words[start : start + _KEY], ())
        )

    def echoed(self, sentence: Sentence) -> bool:
        """Tell whether five words in a row are those of a held-out sentence, or all of one."""
        runs = _runs(lowered(sentence), _RUN)
        return any(run in self._runs for run in runs) or self.inside(sentence)


def lowered(sentence: Sentence) -> tuple[str, ...]:
    """Return what one says, in lower case."""
    return tuple(word.lower() for word in sentence.spoken)


def splice(first: Sentence, second: Sentence, rng: Random) -> Sentence | None:
    """Return the beginning of one sentence with the end of another, where that is sensible."""
    if min(len(first.words), len(second.words)) < 2:
        return None
    head = first.words[: rng.randrange(1, len(first.words))]
    tail = second.words[(cut := rng.randrange(1, len(second.words))) :]
    spliced = Sentence((*head, *tail))
    breaks = _STOP.search(head[-1].written) or _STOP.search(second.words[cut - 1].written)
    fits = len(spliced.words) in _SPLICE and len(spliced.text) <= _MOST_CHARACTERS
    return None if breaks or not fits or clash(head[-1], tail[0]) else spliced


def clash(left: Word, right: Word) -> bool:
    """Tell whether two neighbours would be heard as one number: `20` and `five`."""
    return left.spoken[-1] in _COUNTED and right.spoken[0] in _COUNTED | _UNITS


def salad(words: Sequence[Word], rng: Random) -> Sentence:
    """Return words in a row as a sentence, without those that clash with their neighbours."""
    row = [words[0]]
    row += [right for left, right in pairwise(words) if not clash(left, right)]
    end = rng.choice("....?")
    first, last = row[0], row[-1]
    row[-1] = Word(f"{last.written}{end}", last.spoken)
    if not _is_marked(first):
        upper = row[0].written[0].upper() + row[0].written[1:]
        row[0] = Sentence.parse(upper).words[0]
    return Sentence(tuple(row))


def lexicon(sentences: Iterable[Sentence]) -> Counter[Word]:
    """Count words without punctuation, as they are written inside a sentence."""
    inside: Counter[Word] = Counter()
    first: Counter[Word] = Counter()
    for sentence in sentences:
        start = True
        for word in sentence.words:
            (first if start else inside)[bare(word)] += 1
            start = bool(_STOP.search(word.written))
    known = {word.lower() for entry in inside for word in entry.spoken}
    for word, count in first.items():
        if not known.issuperset(part.lower() for part in word.spoken):
            inside[word] += count
    return inside


def bare(word: Word) -> Word:
    """Return the word without the punctuation after it."""
    written = _POINT.sub("", word.written)
    return Word(written, word.spoken) if written != word.written else word


def notation(sentence: Sentence) -> str:
    """Return the line that `Sentence.parse` reads as this sentence."""
    return " ".join(map(_notation, sentence.words))


def _notation(word: Word) -> str:
    if not _is_marked(word):
        return word.written
    core = bare(word).written
    return marked(core, " ".join(word.spoken)) + word.written[len(core) :]


def _is_marked(word: Word) -> bool:
    try:
        return Sentence.parse(word.written).words != (word,)
    except ValueError:
        return True


def _runs(words: tuple[str, ...], length: int) -> list[tuple[str, ...]]:
    return [words[start : start + length] for start in range(len(words) - length + 1)]

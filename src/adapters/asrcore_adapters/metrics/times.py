"""How far word times lie from the reference's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from rapidfuzz.distance import Levenshtein

from asrcore.domain.annotation import Annotation
from asrcore.domain.scoring.measures import Deviations
from asrcore.domain.transcript import Word
from asrcore.plugin import Placement
from asrcore_adapters.metrics import WordOptions
from asrcore_adapters.metrics.text import Normalize, normalize_by

Moments = tuple[float | None, float | None]
"""A moment in the reference and its counterpart in the hypothesis, in seconds."""

Node = tuple[int, int]
"""How many words of the reference and of the hypothesis an alignment has dealt with."""

_Reached = tuple[int, float, Node]
"""Edits and seconds on the best way to a node, and its last step."""

PAIR, DELETE, INSERT = (1, 1), (1, 0), (0, 1)
STRETCH = 32
"""Pairs between two cuts: ties are broken within so many, which takes time in proportion."""


@dataclass(frozen=True, slots=True)
class _Token:
    """One word as normalized; the first of a written word knows its start, the last its end."""

    text: str
    start: float | None = None
    end: float | None = None


class WordTimes:
    """`word_start` and `word_end`: hypothesis minus reference, of the words that both have.

    Written words are normalized one by one, since normalizing a whole text loses track of them:
    one that is dropped ("mm") is not compared, one that becomes several ("don't", "3:30") is
    several, of which the first has its start and the last its end. Numbers are not gathered:
    "twenty five" and "25" do not match. Words are taken in order of their starts, one without a
    time after the one before it.

    The two sequences are aligned with the least number of edits (Levenshtein); only equal words
    match, so what differs never lends its times to a neighbour. Where several alignments need as
    few edits (of "yeah, yeah" one was heard), the one whose words lie closest in time counts, as
    far as it is found within 32 pairs of words.
    """

    def __init__(self, options: WordOptions, placement: Placement) -> None:
        self._normalize = normalize_by(options.normalizer)

    def measure(self, reference: Annotation, hypothesis: Annotation) -> Mapping[str, Deviations]:
        """Both deviations; nothing where either document times no word.

        A hypothesis that hears nothing leaves every word of the reference unmatched.
        """
        if not _timed(reference.words) or not (_timed(hypothesis.words) or hypothesis.silent):
            return {}
        truth = list(_tokens(_in_time(reference.words), self._normalize))
        pairs = _matched(truth, list(_tokens(_in_time(hypothesis.words), self._normalize)))
        starts: list[Moments] = [(one.start, other.start) for one, other in pairs]
        ends: list[Moments] = [(one.end, other.end) for one, other in pairs]
        return {
            "word_start": _deviations(starts, sum(token.start is not None for token in truth)),
            "word_end": _deviations(ends, sum(token.end is not None for token in truth)),
        }


def _timed(words: Sequence[Word]) -> bool:
    return any(word.span is not None for word in words)


def _in_time(words: Sequence[Word]) -> list[Word]:
    """In order of their starts; a word without a time follows the one before it."""
    placed: list[tuple[float, Word]] = []
    start = 0.0
    for word in words:
        start = start if word.span is None else word.span.start
        placed.append((start, word))
    return [word for _, word in sorted(placed, key=itemgetter(0))]


def _tokens(words: Sequence[Word], normalize: Normalize) -> Iterator[_Token]:
    for word in words:
        texts = normalize(word.text).split()
        last = len(texts) - 1
        for index, text in enumerate(texts):
            if word.span is None:
                yield _Token(text)
            else:
                start = word.span.start if index == 0 else None
                yield _Token(text, start, word.span.end if index == last else None)


def _matched(
    reference: Sequence[_Token], hypothesis: Sequence[_Token]
) -> list[tuple[_Token, _Token]]:
    """Equal words that stand for each other."""
    return [
        (one, other)
        for (row, column), node in pairwise(_path(reference, hypothesis))
        if node == (row + 1, column + 1)
        and (one := reference[row]).text == (other := hypothesis[column]).text
    ]


def _path(reference: Sequence[_Token], hypothesis: Sequence[_Token]) -> list[Node]:
    """An alignment with the fewest edits, ties broken by time, in stretches cut in two ways."""
    path = _any_path(_texts(reference), _texts(hypothesis))
    for first in (STRETCH, STRETCH // 2):
        cuts = list(_cuts(path, first))
        path = [(0, 0)]
        for (top, left), (bottom, right) in pairwise(cuts):
            nodes = _closest(reference[top:bottom], hypothesis[left:right])
            path += [(top + row, left + column) for row, column in nodes[1:]]
    return path


def _texts(tokens: Sequence[_Token]) -> list[str]:
    return [token.text for token in tokens]


def _any_path(reference: Sequence[str], hypothesis: Sequence[str]) -> list[Node]:
    path = [(0, 0)]
    for edit in Levenshtein.opcodes(reference, hypothesis):
        end = (edit.src_end, edit.dest_end)
        while (node := path[-1]) != end:
            path.append((min(node[0] + 1, end[0]), min(node[1] + 1, end[1])))
    return path


def _cuts(path: Sequence[Node], first: int) -> Iterator[Node]:
    """Where stretches of the path begin and end; the first one is of `first` pairs."""
    yield path[0]
    left = first
    for (row, column), node in pairwise(path):
        left -= node == (row + 1, column + 1)
        if not left:
            yield node
            left = STRETCH
    yield path[-1]


def _closest(reference: Sequence[_Token], hypothesis: Sequence[_Token]) -> list[Node]:
    """Of the alignments with the fewest edits, the one whose pairs lie closest in time.

    Replaced words are pairs, too: it must cost time to replace a word that could match.
    """
    if _texts(reference) == _texts(hypothesis):
        return [(index, index) for index in range(len(reference) + 1)]
    table = _reached(reference, hypothesis)
    path = [(len(reference), len(hypothesis))]
    while (node := path[-1]) != (0, 0):
        _, _, (down, right) = table[node[0]][node[1]]
        path.append((node[0] - down, node[1] - right))
    return path[::-1]


def _reached(reference: Sequence[_Token], hypothesis: Sequence[_Token]) -> list[list[_Reached]]:
    """The best way to each node."""
    table: list[list[_Reached]] = [[(column, 0.0, INSERT) for column in range(len(hypothesis) + 1)]]
    for one in reference:
        above = table[-1]
        left = (above[0][0] + 1, 0.0, DELETE)
        row = [left]
        for corner, upper, other in zip(above, above[1:], hypothesis, strict=False):
            left = min(
                (corner[0] + (one.text != other.text), corner[1] + _apart(one, other), PAIR),
                (upper[0] + 1, upper[1], DELETE),
                (left[0] + 1, left[1], INSERT),
            )
            row.append(left)
        table.append(row)
    return table


def _apart(one: _Token, other: _Token) -> float:
    """Seconds between two words, of the moments that both know."""
    seconds = 0.0
    if one.start is not None and other.start is not None:
        seconds += abs(other.start - one.start)
    if one.end is not None and other.end is not None:
        seconds += abs(other.end - one.end)
    return seconds


def _deviations(moments: Sequence[Moments], timed: int) -> Deviations:
    """Of `timed` moments of the reference, those that are timed on both sides deviate."""
    found = [heard - truth for truth, heard in moments if truth is not None and heard is not None]
    return Deviations(found, timed - len(found))

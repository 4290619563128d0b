"""How far word times lie from the reference's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from asrcore.domain.annotation import Annotation
from asrcore.domain.scoring.measures import Deviations
from asrcore.domain.transcript import Word
from asrcore.plugin import Placement
from asrcore_adapters.metrics import WordOptions
from asrcore_adapters.metrics.text import Normalize, normalize_by

Moments = tuple[float | None, float | None]
"""A moment in the reference and its counterpart in the hypothesis, in seconds."""


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
    "twenty five" and "25" do not match. The two sequences are aligned with the least number of
    edits (Levenshtein); only equal words match, so what differs never lends its times to a
    neighbour.
    """

    def __init__(self, options: WordOptions, placement: Placement) -> None:
        self._normalize = normalize_by(options.normalizer)

    def measure(self, reference: Annotation, hypothesis: Annotation) -> Mapping[str, Deviations]:
        """Both deviations; nothing where either document times no word.

        A hypothesis that hears nothing leaves every word of the reference unmatched.
        """
        if not _timed(reference.words) or not (_timed(hypothesis.words) or hypothesis.silent):
            return {}
        truth = list(_tokens(reference.words, self._normalize))
        pairs = _matched(truth, list(_tokens(hypothesis.words, self._normalize)))
        starts: list[Moments] = [(one.start, other.start) for one, other in pairs]
        ends: list[Moments] = [(one.end, other.end) for one, other in pairs]
        return {
            "word_start": _deviations(starts, sum(token.start is not None for token in truth)),
            "word_end": _deviations(ends, sum(token.end is not None for token in truth)),
        }


def _timed(words: Sequence[Word]) -> bool:
    return any(word.span is not None for word in words)


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
    blocks = Levenshtein.opcodes(
        [token.text for token in reference], [token.text for token in hypothesis]
    ).as_matching_blocks()
    return [
        pair
        for block in blocks
        for pair in zip(
            reference[block.a : block.a + block.size],
            hypothesis[block.b : block.b + block.size],
            strict=True,
        )
    ]


def _deviations(moments: Sequence[Moments], timed: int) -> Deviations:
    """Of `timed` moments of the reference, those that are timed on both sides deviate."""
    found = [heard - truth for truth, heard in moments if truth is not None and heard is not None]
    return Deviations(found, timed - len(found))

"""Word errors that also count words said by the wrong speaker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein
from scipy.optimize import linear_sum_assignment

from asrcore.domain.annotation import Annotation
from asrcore.domain.scoring.measures import Rate
from asrcore.plugin import Placement
from asrcore_adapters.metrics import WordOptions
from asrcore_adapters.metrics.edits import rate
from asrcore_adapters.metrics.text import normalize_by

Stream = list[str]
"""The words of one speaker."""


@dataclass
class _Edits:
    hits: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0


class SpeakerWordErrors:
    """`cpwer`: concatenated minimum-permutation word error rate.

    All words of a speaker are joined in order of time and normalized; then speakers of the
    hypothesis are assigned to those of the reference so that the edits are fewest. Where one
    side has more speakers, the others' words are all deleted, or inserted. Words of no speaker
    are a speaker's of their own. Source: Watanabe et al., "CHiME-6 Challenge: Tackling
    multispeaker speech recognition for unsegmented recordings" (2020).
    """

    def __init__(self, options: WordOptions, placement: Placement) -> None:
        self._normalize = normalize_by(options.normalizer)

    def measure(self, reference: Annotation, hypothesis: Annotation) -> Mapping[str, Rate]:
        """The rate; nothing where either document tells no speakers, or no text."""
        if reference.streams is None or hypothesis.streams is None:
            return {}
        pairs = _assigned(self._words(reference.streams), self._words(hypothesis.streams))
        return {"cpwer": rate(_edits(pairs))}

    def _words(self, streams: Mapping[str | None, str]) -> list[Stream]:
        return [self._normalize(text).split() for text in streams.values()]


def _assigned(
    reference: Sequence[Stream], hypothesis: Sequence[Stream]
) -> list[tuple[Stream, Stream]]:
    """Which streams stand for each other, the shorter side padded with empty ones."""
    speakers = max(len(reference), len(hypothesis))
    truth, heard = _padded(reference, speakers), _padded(hypothesis, speakers)
    costs = [[Levenshtein.distance(one, other) for other in heard] for one in truth]
    if not costs:
        return []
    rows, columns = linear_sum_assignment(costs)
    return [(truth[row], heard[column]) for row, column in zip(rows, columns, strict=True)]


def _padded(streams: Sequence[Stream], speakers: int) -> list[Stream]:
    return [*streams, *([] for _ in range(speakers - len(streams)))]


def _edits(pairs: Sequence[tuple[Stream, Stream]]) -> _Edits:
    kinds = Counter(edit.tag for pair in pairs for edit in Levenshtein.editops(*pair))
    words = sum(len(reference) for reference, _ in pairs)
    return _Edits(
        words - kinds["replace"] - kinds["delete"],
        kinds["replace"],
        kinds["delete"],
        kinds["insert"],
    )

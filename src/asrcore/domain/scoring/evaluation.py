"""Measures of recordings, and their totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from asrcore.domain.annotation import Annotation
from asrcore.domain.scoring.bootstrap import Difference, paired_bootstrap
from asrcore.domain.scoring.measures import Measure, pool


@dataclass(frozen=True)
class Scored:
    """One recording as measured.

    Attributes:
        name: of the recording.
        reference, hypothesis: what was compared.
        measures: findings by name, such as `wer`.
    """

    name: str
    reference: Annotation
    hypothesis: Annotation
    measures: Mapping[str, Measure] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """All recordings of a set as measured, in the order of the references.

    Attributes:
        scored: one for each recording.
        failed: recordings that have no hypothesis -> why; they count in no total.
        elapsed: seconds that passed while the hypotheses were made; None where they were given.
    """

    scored: tuple[Scored, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    elapsed: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every measure's name, in order of first appearance."""
        return tuple(dict.fromkeys(name for each in self.scored for name in each.measures))

    @property
    def totals(self) -> Mapping[str, Measure]:
        """Each measure pooled over the recordings that have it."""
        return {
            name: pool([each.measures[name] for each in self.scored if name in each.measures])
            for name in self.names
        }


def compare(first: Evaluation, second: Evaluation) -> Mapping[str, Difference]:
    """By measure, what the second evaluation gains or loses on the recordings both have."""
    others = {each.name: each.measures for each in second.scored}
    pairs = [(each.measures, others[each.name]) for each in first.scored if each.name in others]
    differences = {}
    for name in first.names:
        both = [(one[name], two[name]) for one, two in pairs if name in one and name in two]
        found = paired_bootstrap([one for one, _ in both], [two for _, two in both])
        if found is not None:
            differences[name] = found
    return differences

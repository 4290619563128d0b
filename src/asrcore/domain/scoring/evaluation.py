"""Measures of recordings, and their totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

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
        return {name: pool(self.of(name)) for name in self.names}

    def of(self, name: str) -> list[Measure]:
        """A measure of each recording that has it."""
        return [each.measures[name] for each in self.scored if name in each.measures]


def compare(first: Evaluation, second: Evaluation) -> Mapping[str, Difference]:
    """By measure, what the second evaluation gains or loses on the recordings both have it for."""
    one, two = shared(first, second)
    found = {name: paired_bootstrap(one.of(name), two.of(name)) for name in one.names}
    return {name: difference for name, difference in found.items() if difference is not None}


def shared(first: Evaluation, second: Evaluation) -> tuple[Evaluation, Evaluation]:
    """Both evaluations without what only one has: recordings, and measures of a recording.

    Recordings come in the order of the first, so the totals of the two are of the same recordings
    and what the two have of a measure pairs up.
    """
    others = {each.name: each for each in second.scored}
    pairs = [(each, others[each.name]) for each in first.scored if each.name in others]
    return (
        replace(first, scored=tuple(_common(one, two) for one, two in pairs)),
        replace(second, scored=tuple(_common(two, one) for one, two in pairs)),
    )


def _common(scored: Scored, other: Scored) -> Scored:
    """A recording with the measures that another has too."""
    kept = {name: each for name, each in scored.measures.items() if name in other.measures}
    return replace(scored, measures=kept)

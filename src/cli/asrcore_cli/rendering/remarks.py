"""What must be said beside the numbers: how they were counted, and why some are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from asrcore.domain.annotation import Annotation
from asrcore.domain.scoring.evaluation import Evaluation, Scored
from asrcore.domain.scoring.measures import Rate
from asrcore_cli.output import listed
from asrcore_cli.rendering.figures import METRICS, SPEED, factor, label

NEEDS = {
    "words": "text",
    "times": "times of words",
    "speakers": "times of speakers",
    "speaker-words": "text by speakers",
}
"""Metric -> what both documents have to tell for it."""

TITLES = {
    "words": "Words",
    "times": "Times of matched words",
    "speakers": "Speakers (DER in seconds, JER in speakers)",
    "speaker-words": "Words by speaker",
}
"""Metric -> what its numbers are about."""


def convention(metric: str, options: Mapping[str, object]) -> str:
    """What a metric's numbers are, and how it counts."""
    words = ", ".join(_worded(key, value) for key, value in options.items())
    return ": ".join(filter(None, (TITLES.get(metric, metric), words)))


def _worded(key: str, value: object) -> str:
    match key, value:
        case "collar", float():
            return f"collar {value:g} s{', half on each side of a boundary' * (value > 0)}"
        case "skip_overlap", _:
            return f"overlap {'left out' if value else 'scored'}"
    return f"{key.replace('_', ' ')} {value}"


def remarks(evaluation: Evaluation, metrics: Sequence[str]) -> list[str]:
    """Lines that follow the numbers.

    Args:
        evaluation: what was measured.
        metrics: the configured ones, whose measures are expected.
    """
    return [*_speed(evaluation), *_untold(evaluation, metrics), *_failed(evaluation)]


def _speed(evaluation: Evaluation) -> Iterable[str]:
    work = evaluation.totals.get(SPEED)
    if evaluation.elapsed is not None and isinstance(work, Rate) and work.total:
        yield (
            f"By the clock: {evaluation.elapsed:.2f} s for {work.total:.2f} s of sound, "
            f"real-time factor {factor(evaluation.elapsed / work.total)} (stages overlap)"
        )


def _failed(evaluation: Evaluation) -> Iterable[str]:
    for name, why in evaluation.failed.items():
        yield f"Not scored: {name}: {' '.join(why.split())}"


def _untold(evaluation: Evaluation, metrics: Sequence[str]) -> Iterable[str]:
    """For each metric that lacks a measure somewhere, whose fault that is."""
    for metric in metrics:
        names = METRICS.get(metric, ())
        lacking = [each for each in evaluation.scored if not set(names) <= set(each.measures)]
        if names and lacking:
            yield _explained(metric, names, lacking, len(evaluation.scored))


def _explained(metric: str, names: Sequence[str], lacking: Sequence[Scored], count: int) -> str:
    what = ", ".join(map(label, names))
    where = "" if len(lacking) == count else f" of {listed(each.name for each in lacking)}"
    sides = dict.fromkeys(side for each in lacking for side in _silent(metric, each))
    verb = "tell" if len(sides) > 1 else "tells"
    why = f": {' and '.join(sides)} {verb} no {NEEDS[metric]}" if sides else ""
    return f"{what}{where} not measured{why}"


def _silent(metric: str, scored: Scored) -> list[str]:
    """Which of the two does not tell what a metric needs."""
    sides = {"the reference": scored.reference, "the hypothesis": scored.hypothesis}
    return [side for side, told in sides.items() if not _tells(metric, told)]


def _tells(metric: str, told: Annotation) -> bool:
    match metric:
        case "words":
            return told.utterances is not None
        case "times":
            return any(word.span is not None for word in told.words)
        case "speakers":
            return told.diarization is not None
    return told.streams is not None

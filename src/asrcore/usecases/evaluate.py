"""Hypotheses against references."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from asrcore.domain.annotation import Annotation
from asrcore.domain.outcome import Outcome
from asrcore.domain.recording import Recording
from asrcore.domain.scoring.evaluation import Evaluation, Scored
from asrcore.domain.scoring.measures import Measure, Rate
from asrcore.domain.transcript import Transcript
from asrcore.errors import AsrError
from asrcore.ports.metric import Metric
from asrcore.usecases.job import in_words

NO_HYPOTHESIS = "there is no hypothesis for it"
NO_SOUND = "there is no sound for it"

Transcribe = Callable[[Iterable[Recording]], Iterator[Outcome]]
"""Transcribes many recordings; an outcome is known by its recording."""


def evaluate(
    references: Mapping[str, Annotation],
    hypotheses: Mapping[str, Annotation],
    metrics: Sequence[Metric],
) -> Evaluation:
    """Measure every recording that has a reference.

    Without a hypothesis, or with one that cannot be measured, a recording is failed, not skipped.
    """
    scored: list[Scored] = []
    failed: dict[str, str] = {}
    for name, reference in references.items():
        if name not in hypotheses:
            failed[name] = NO_HYPOTHESIS
            continue
        try:
            measures = _measure(reference, hypotheses[name], metrics)
        except AsrError as error:
            failed[name] = in_words(error)
        else:
            scored.append(Scored(name, reference, hypotheses[name], measures))
    return Evaluation(tuple(scored), failed)


def benchmark(
    references: Mapping[str, Annotation],
    recordings: Mapping[str, Recording],
    transcribe: Transcribe,
    metrics: Sequence[Metric],
) -> Evaluation:
    """Transcribe every recording that has a reference, and measure it; also how long it took.

    What has no sound, or cannot be transcribed or measured, is failed, with the reason.
    """
    names = {recording: name for name, recording in recordings.items() if name in references}
    outcomes = transcribe(list(names))
    begun = time.perf_counter()
    done = {names[outcome.recording]: outcome for outcome in outcomes}
    elapsed = time.perf_counter() - begun
    transcripts = {name: one.transcript for name, one in done.items() if one.transcript is not None}
    hypotheses = {name: Annotation.of(transcript) for name, transcript in transcripts.items()}
    found = evaluate(references, hypotheses, metrics)
    silent = {name: NO_SOUND for name in references if name not in recordings}
    errors = {name: in_words(one.error) for name, one in done.items() if one.error is not None}
    return Evaluation(
        tuple(_with_speed(each, transcripts[each.name]) for each in found.scored),
        {**found.failed, **silent, **errors},
        elapsed,
    )


def _measure(
    reference: Annotation, hypothesis: Annotation, metrics: Sequence[Metric]
) -> dict[str, Measure]:
    return {
        name: measure
        for metric in metrics
        for name, measure in metric.measure(reference, hypothesis).items()
    }


def _with_speed(scored: Scored, transcript: Transcript) -> Scored:
    """With `rtf`: seconds of work over seconds of sound, and the work by stage."""
    timings = transcript.timings
    speed = Rate(sum(timings.values()), transcript.duration, dict(timings))
    return replace(scored, measures={**scored.measures, "rtf": speed})

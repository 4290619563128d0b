"""From documents and recordings to evaluations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from asrcore.api import Engine
from asrcore.bootstrap.registry import Registry
from asrcore.bootstrap.settings import Settings
from asrcore.domain.scoring.evaluation import Evaluation
from asrcore.errors import ConfigError
from asrcore_cli.documents import Documents, documents, nothing_shared, sound_of
from asrcore_cli.errors import say
from asrcore_cli.output import listed
from asrcore_cli.progress import Quiet
from asrcore_cli.rendering.comparison import Comparison
from asrcore_cli.rendering.report import Report, comparison_report, report


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is to be scored.

    Attributes:
        reference: a document or a folder of documents.
        hypothesis: the same; None to transcribe.
        audio: files and folders of sound; empty for what the references name.
        plot: where pictures go; None for none.
        quiet: no notes.
    """

    reference: Path
    hypothesis: Path | None = None
    audio: tuple[Path, ...] = ()
    plot: Path | None = None
    quiet: bool = False


def score(settings: Settings, job: Job, progress: Quiet) -> Report:
    """Score one system.

    Raises:
        AsrError: nothing can be scored; a single recording that cannot is in `failed`.
    """
    options = metric_options(settings)
    made_by = _made_by(settings) if job.hypothesis is None else None
    return report(_evaluation(settings, job, progress), options, made_by)


def score_both(
    systems: Sequence[Settings], names: tuple[str, str], job: Job, progress: Quiet
) -> Report:
    """Score two systems by the same measures.

    Raises:
        ConfigError: their settings measure differently.
        AsrError: nothing can be scored.
    """
    options = [metric_options(settings) for settings in systems]
    if options[0] != options[1]:
        raise ConfigError(
            f"{names[0]} and {names[1]} are measured differently: their [evaluation] differs",
            "give both the same, for example by --set evaluation.metrics=...",
        )
    found = [
        _announced(name, settings, replace(job, plot=job.plot and job.plot / folder), progress)
        for name, folder, settings in zip(names, folders(*names), systems, strict=True)
    ]
    return comparison_report(
        Comparison(names, found[0], found[1]),
        options[0],
        (_made_by(systems[0]), _made_by(systems[1])),
    )


def _announced(name: str, settings: Settings, job: Job, progress: Quiet) -> Evaluation:
    if not job.quiet:
        with progress.aside():
            say(f"transcribing with {name}")
    return _evaluation(settings, job, progress)


def folders(*systems: str) -> list[str]:
    """What the folders of systems' pictures are called; they differ even where case does not count.

    Where names are equal once they are cleaned, all are numbered.
    """
    cleaned = [re.sub(r"[^\w.()-]+", "-", name) for name in systems]
    if len({name.casefold() for name in cleaned}) == len(cleaned):
        return cleaned
    return [f"{name}-{number}" for number, name in enumerate(cleaned, 1)]


def _made_by(settings: Settings) -> dict[str, Any]:
    """The settings that decide what a transcript is."""
    return settings.model_dump(mode="json", exclude={"output", "evaluation"})


def _evaluation(settings: Settings, job: Job, progress: Quiet) -> Evaluation:
    with Engine(settings, progress=progress) as engine:
        if job.plot is not None:  # before the work: a chart that is not installed is refused now
            engine.draw(Evaluation(), job.plot)
        references = documents(engine, job.reference)
        if job.hypothesis is None:
            found = _heard(engine, references, job)
        else:
            found = _read(engine, references, job.hypothesis, job)
        found = replace(found, failed={**found.failed, **references.unreadable})
        if job.plot is not None and found.scored:
            for path in engine.draw(found, job.plot):
                progress.wrote(path)
    return found


def _heard(engine: Engine, references: Documents, job: Job) -> Evaluation:
    """Transcribed now."""
    sound = sound_of(engine, references, job.audio)
    _note_left_out(job, [str(path) for path in job.audio if _strange(path, sound)])
    return engine.benchmark(references.annotations, sound)


def _strange(path: Path, sound: Mapping[str, Path]) -> bool:
    return not path.is_dir() and path not in sound.values()


def _read(engine: Engine, references: Documents, path: Path, job: Job) -> Evaluation:
    """Transcribed before."""
    hypotheses = documents(engine, path)
    if references.alone and hypotheses.alone:
        hypotheses = hypotheses.called(*references.annotations)
    names = set(references.annotations)
    strange = [name for name in hypotheses.annotations if name not in names]
    if names and strange and len(strange) == len(hypotheses.annotations):
        raise nothing_shared(references, str(path), strange)
    _note_left_out(job, strange)
    found = engine.evaluate(references.annotations, hypotheses.annotations)
    reasons = {name: hypotheses.unreadable.get(name, why) for name, why in found.failed.items()}
    return replace(found, failed=reasons)


def _note_left_out(job: Job, names: list[str]) -> None:
    if names and not job.quiet:
        say(f"note: left out, since there is no reference for it: {listed(names)}")


def metric_options(settings: Settings) -> dict[str, dict[str, object]]:
    """The options that each configured metric measures with, defaults included.

    Raises:
        ConfigError: a metric or an option is not known.
    """
    registry, wanted = Registry(), settings.evaluation
    return {
        name: registry.options(
            "metric", registry.get("metric", name), wanted.options.get(name, {})
        ).model_dump()
        for name in wanted.metrics
    }

"""`asr eval`: references against hypotheses, or against what an engine makes of the sound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asrcore_cli.commands.options import Assignments, Config, Debug, Profile, resolved
from asrcore_cli.errors import DONE, SOME_FAILED, reporting, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asrcore.bootstrap.settings import Settings
    from asrcore_cli.progress import Quiet
    from asrcore_cli.rendering.report import Report
    from asrcore_cli.scoring import Job


class Format(StrEnum):
    """How results are laid out."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def evaluate(
    reference: Annotated[
        Path,
        typer.Argument(
            metavar="REFERENCE",
            help="What is true: json, stm, ctm, rttm, srt, vtt, tsv, txt; a folder.",
        ),
    ],
    hypothesis: Annotated[
        Path | None,
        typer.Argument(
            metavar="HYPOTHESIS",
            help="A transcript, or a folder; without it, sound is transcribed.",
        ),
    ] = None,
    audio: Annotated[
        list[Path] | None,
        typer.Option("--audio", help="Sound to transcribe; repeatable.", metavar="FILE|DIR"),
    ] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option("--compare", help="Two settings files or profiles.", metavar="A B"),
    ] = None,
    layout: Annotated[
        Format,
        typer.Option(
            "--format", "-f", help="table, json or markdown.", metavar="NAME", show_choices=False
        ),
    ] = Format.TABLE,
    collar: Annotated[
        float | None,
        typer.Option(
            "--collar",
            help="Seconds around speaker changes that do not count.",
            metavar="SECONDS",
            min=0,
        ),
    ] = None,
    skip_overlap: Annotated[
        bool | None,
        typer.Option(
            "--skip-overlap/--no-skip-overlap", help="Leave out where speakers overlap, or not."
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw pictures there.", metavar="DIR")
    ] = None,
    profile: Profile = None,
    config: Config = None,
    assignments: Assignments = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing but results and errors.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Measure transcripts against references: words, times, speakers.

    Exit status: 0 all scored, 1 some recordings were not, 2 usage or settings, 130 interrupted.
    """
    with reporting(debug=debug):
        from asrcore_cli.output import print_text, refuse_folder
        from asrcore_cli.scoring import Job

        _refuse_two_hypotheses(hypothesis, audio, compare)
        refuse_folder(plot, "--plot", "--plot")
        flags = {
            "evaluation.options.speakers.collar": collar,
            "evaluation.options.speakers.skip_overlap": skip_overlap,
        }
        found = [
            resolved(*where, assignments, flags) for where in _systems(compare, profile, config)
        ]
        systems = [each.settings for each in found]
        _refuse_without_speakers(collar, skip_overlap, systems)
        for note in dict.fromkeys(note for each in found for note in each.notes):
            _note(note, quiet=quiet)
        job = Job(
            reference=reference,
            hypothesis=hypothesis,
            audio=tuple(audio or ()),
            plot=plot,
            quiet=quiet,
        )
        report = _scored(job, systems, compare, debug=debug)
        print_text(report.printed(layout.value))
        raise typer.Exit(DONE if report.complete else SOME_FAILED)


def _scored(
    job: Job, systems: Sequence[Settings], compared: tuple[str, str] | None, *, debug: bool
) -> Report:
    """The work, which Ctrl-C ends at once."""
    from asrcore_cli.interrupt import interruptible
    from asrcore_cli.scoring import score, score_both

    with _progress(job, debug=debug) as progress:
        if compared is None:
            return interruptible(partial(score, systems[0], job, progress))
        return interruptible(partial(score_both, systems, names(*compared), job, progress))


@contextmanager
def _progress(job: Job, *, debug: bool) -> Iterator[Quiet]:
    """What shows the work: of transcribing all about it, of reading that it goes on."""
    from asrcore_cli.progress import Lines, Quiet, reporter

    if job.hypothesis is None:
        with reporter(quiet=job.quiet, debug=debug) as progress:
            yield progress
    elif job.quiet:
        yield Quiet(debug=debug)
    else:
        from rich.console import Console

        with Console(stderr=True).status("scoring"):  # nothing where stderr is no terminal
            yield Lines(debug=debug)


def _systems(
    compared: tuple[str, str] | None, profile: str | None, config: Path | None
) -> list[tuple[str | None, Path | None]]:
    """Profile and file of settings for each system: one, or the two that are compared."""
    if compared is None:
        return [(profile, config)]
    return [_system(name, profile, config) for name in compared]


def _system(name: str, profile: str | None, config: Path | None) -> tuple[str | None, Path | None]:
    """A name that could be a file's is one; any other is a profile's."""
    from asrcore.errors import ConfigError

    path = Path(name)
    is_file = path.is_file() or bool(path.suffix)
    if (config if is_file else profile) is not None:
        raise ConfigError(
            f"--compare {name} takes the place of {'--config' if is_file else '--profile'}",
            "leave that out, or compare profiles of one file",
        )
    return (profile, path) if is_file else (name, config)


def names(first: str, second: str) -> tuple[str, str]:
    """What two systems are called: files by their stems where these differ."""
    stems = Path(first).stem, Path(second).stem
    if stems[0] != stems[1]:
        return stems
    return (first, second) if first != second else (f"{first} (1)", f"{second} (2)")


def _refuse_two_hypotheses(
    hypothesis: Path | None, audio: list[Path] | None, compared: tuple[str, str] | None
) -> None:
    """What a HYPOTHESIS tells is not transcribed again."""
    from asrcore.errors import ConfigError

    given = {"--audio": audio, "--compare": compared}
    for option in (option for option, value in given.items() if value and hypothesis):
        raise ConfigError(
            f"HYPOTHESIS {hypothesis} and {option} exclude each other",
            f"leave out {option} to score the document, or HYPOTHESIS to transcribe",
        )


def _refuse_without_speakers(
    collar: float | None, skip_overlap: bool | None, systems: Sequence[Settings]
) -> None:
    """Options of the metric `speakers` would change nothing where it is not measured."""
    from asrcore.errors import ConfigError

    given = {"--collar": collar, f"--{'no-' * (skip_overlap is False)}skip-overlap": skip_overlap}
    options = [option for option, value in given.items() if value is not None]
    for settings in systems:
        metrics = settings.evaluation.metrics
        if options and "speakers" not in metrics:
            raise ConfigError(
                f"{' and '.join(options)}: heeded by the metric speakers alone, not configured",
                f"add it by --set evaluation.metrics={','.join((*metrics, 'speakers'))}",
            )


def _note(message: str, *, quiet: bool) -> None:
    if not quiet:
        say(f"note: {message}")

"""What commands over many recordings have in common, once their settings are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import typer

from asrcore_cli.errors import DONE, SOME_FAILED, say

if TYPE_CHECKING:
    from asrcore.bootstrap.config import Resolved
    from asrcore.domain.recording import Recording

Work = Callable[..., bool]
"""Settings, recordings, progress and `debug` -> whether all went well; see `results`."""


def process(
    work: Work,
    found: Resolved,
    inputs: Sequence[str],
    *,
    quiet: bool,
    debug: bool,
    joined: Sequence[str] = ("txt",),
) -> None:
    """Do some work on all inputs, and leave with its exit status.

    Args:
        work: of `results`.
        found: the settings of this call.
        inputs: as given on the command line.
        quiet: say nothing but results and errors.
        debug: show tracebacks.
        joined: the formats in which several recordings may follow each other on stdout.

    Raises:
        ConfigError: an input has no name, or the results do not fit where they are to go.
        Exit: always, at the end.
    """
    from asrcore_cli.interrupt import interruptible
    from asrcore_cli.output import refuse_folder, refuse_several_on_stdout
    from asrcore_cli.progress import reporter

    settings = found.settings
    recordings = _recordings(inputs)
    refuse_several_on_stdout(settings.output, len(recordings), joined)
    refuse_folder(settings.output.directory, "output.directory", "--output-dir")
    for note in () if quiet else (*found.notes, *_twice(inputs)):
        say(f"note: {note}")
    with reporter(quiet=quiet, debug=debug) as progress:
        done = interruptible(partial(work, settings, recordings, progress, debug=debug))
    raise typer.Exit(DONE if done else SOME_FAILED)


def _recordings(inputs: Sequence[str]) -> list[Recording]:
    """The inputs in order, each once.

    Raises:
        ConfigError: one has no name.
    """
    from asrcore.domain.recording import Recording
    from asrcore.errors import ConfigError

    if "" in inputs:
        raise ConfigError("an input has no name", "is a variable of your command line empty?")
    return [Recording.of(name) for name in dict.fromkeys(inputs)]


def _twice(inputs: Sequence[str]) -> list[str]:
    """The note for who gives an input twice."""
    return ["what is given twice is done once"] if len(set(inputs)) < len(inputs) else []

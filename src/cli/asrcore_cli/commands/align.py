"""`asr align`: a recording and its known text in, the text with times out."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from asrcore_cli.commands.options import (
    Assignments,
    Config,
    Debug,
    Formats,
    Language,
    OutputDir,
    Profile,
    Quietly,
    resolved,
)
from asrcore_cli.errors import reporting, say


def align(
    audio: Annotated[
        str, typer.Argument(metavar="AUDIO", help="An audio or video file; - is stdin.")
    ],
    transcript: Annotated[
        Path, typer.Argument(metavar="TRANSCRIPT", help="What is said: txt, srt, vtt, json, ...")
    ],
    output_dir: OutputDir = None,
    formats: Formats = None,
    backend: Annotated[
        str | None, typer.Option("--backend", "-b", help="The aligner: see asr backends.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="The aligner's: a Hub id or a folder.")
    ] = None,
    language: Language = None,
    device: Annotated[
        str | None, typer.Option("--device", help="Where the aligner runs: cpu, cuda, ...")
    ] = None,
    ignore_times: Annotated[
        bool, typer.Option("--ignore-times", help="The text's own times are wrong: find them anew.")
    ] = False,
    profile: Profile = None,
    config: Config = None,
    assignments: Assignments = None,
    quiet: Quietly = False,
    debug: Debug = False,
) -> None:
    """Find when each word of a known text is said.

    The text with its times goes to stdout as srt, or into --output-dir; its speakers are kept.

    Exit status: 0 done, 1 the input failed, 2 usage or settings, 130 interrupted.
    """
    with reporting(debug=debug):
        from asrcore_cli.interrupt import interruptible
        from asrcore_cli.output import refuse_folder, refuse_several_on_stdout
        from asrcore_cli.progress import reporter
        from asrcore_cli.results import align_text

        flags = {
            "aligner.backend": backend,
            "aligner.options.model": model,
            "aligner.device": device,
            "transcriber.language": language,
            "output.directory": output_dir,
            "output.formats": formats,
        }
        found = resolved(profile, config, assignments, flags)
        if found.settings.output.formats == ("txt",) and formats is None:
            flags["output.formats"] = "srt"  # plain text would tell no time
            found = resolved(profile, config, assignments, flags)
        refuse_several_on_stdout(found.settings.output, 1)
        refuse_folder(found.settings.output.directory, "output.directory", "--output-dir")
        for note in () if quiet else found.notes:
            say(f"note: {note}")
        with reporter(quiet=quiet, debug=debug) as progress:
            interruptible(
                partial(
                    align_text,
                    found.settings,
                    audio,
                    transcript,
                    progress,
                    keep_times=not ignore_times,
                )
            )

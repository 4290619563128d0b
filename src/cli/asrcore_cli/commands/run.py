"""`asr run`: recordings in, transcripts out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from asrcore_cli.commands.batch import process
from asrcore_cli.commands.options import (
    Assignments,
    Config,
    Debug,
    Formats,
    Language,
    MaxSpeakers,
    MinSpeakers,
    NumSpeakers,
    OutputDir,
    Profile,
    Quietly,
    Speakers,
    resolved,
    speaker_flags,
)
from asrcore_cli.errors import reporting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asrcore.bootstrap.settings import Settings


def run(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT", help="Audio or video files; - is stdin.")
    ],
    output_dir: OutputDir = None,
    formats: Formats = None,
    backend: Annotated[
        str | None, typer.Option("--backend", "-b", help="The transcriber: see asr backends.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="A size, a Hub id or a local folder.")
    ] = None,
    language: Language = None,
    task: Annotated[
        str | None, typer.Option("--task", help="transcribe, or translate into English.")
    ] = None,
    device: Annotated[
        str | None, typer.Option("--device", help="Where the transcriber runs: cpu, cuda, ...")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", help="Chunks transcribed at once.")
    ] = None,
    align: Annotated[
        bool | None,
        typer.Option(
            "--align/--no-align", help="Exact times of words, or none.", show_default=False
        ),
    ] = None,
    diarize: Annotated[
        bool | None,
        typer.Option("--diarize/--no-diarize", help="Who says what, or not.", show_default=False),
    ] = None,
    num_speakers: NumSpeakers = None,
    min_speakers: MinSpeakers = None,
    max_speakers: MaxSpeakers = None,
    speakers: Speakers = None,
    profile: Profile = None,
    config: Config = None,
    assignments: Assignments = None,
    quiet: Quietly = False,
    debug: Debug = False,
) -> None:
    """Transcribe recordings: to stdout, or into --output-dir.

    Exit status: 0 all done, 1 some inputs failed, 2 usage or settings, 130 interrupted.
    """
    with reporting(debug=debug):
        from asrcore_cli.results import transcribe

        flags = {
            "transcriber.backend": backend,
            "transcriber.options.model": model,
            "transcriber.language": language,
            "transcriber.task": task,
            "transcriber.device": device,
            "transcriber.batch_size": batch_size,
            "output.directory": output_dir,
            "output.formats": formats,
            **speaker_flags(num_speakers, min_speakers, max_speakers, speakers),
        }
        found = resolved(profile, config, assignments, flags)
        if align is not None and align == (found.settings.aligner.backend == "none"):
            flags["aligner.backend"] = "auto" if align else "none"
            flags["aligner.characters"] = None if align else False
            found = resolved(profile, config, assignments, flags)
        if diarize and found.settings.diarizer.backend == "none":
            flags["diarizer.backend"] = "auto"
            found = resolved(profile, config, assignments, flags)
        if diarize is False:
            _refuse_speakers(flags)
            found = found.without_speakers()
        _refuse_turns_of_nobody(found.settings)
        process(transcribe, found, inputs, quiet=quiet, debug=debug)


def _refuse_speakers(flags: Mapping[str, Any]) -> None:
    """What would go unheeded where nobody looks for speakers.

    Raises:
        ConfigError: a flag says something about them.
    """
    from asrcore.errors import ConfigError

    for key in (key for key in flags if key.startswith("diarizer.") and flags[key] is not None):
        option = key.removeprefix("diarizer.").replace("_", "-")
        raise ConfigError(f"--{option} and --no-diarize exclude each other", "leave out one")


def _refuse_turns_of_nobody(settings: Settings) -> None:
    """A file of turns would be empty where nobody looks for speakers.

    Raises:
        ConfigError: it is wanted.
    """
    from asrcore.errors import ConfigError

    if "rttm" in settings.output.formats and settings.diarizer.backend == "none":
        raise ConfigError(
            "output.formats: rttm holds speaker turns, and nobody looks for speakers",
            "add --diarize",
        )

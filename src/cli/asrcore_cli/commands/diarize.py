"""`asr diarize`: recordings in, who speaks when out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from asrcore_cli.commands.batch import process
from asrcore_cli.commands.options import (
    Assignments,
    Config,
    Debug,
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
    from asrcore.bootstrap.settings import Settings

TEXT = {"txt", "srt", "vtt", "tsv"}
"""Formats that hold words alone."""


def diarize(
    inputs: Annotated[
        list[str], typer.Argument(metavar="AUDIO", help="Audio or video files; - is stdin.")
    ],
    output_dir: OutputDir = None,
    formats: Annotated[
        str | None, typer.Option("--format", "-f", help="rttm, json; several with commas.")
    ] = None,
    backend: Annotated[
        str | None, typer.Option("--backend", "-b", help="The diarizer: see asr backends.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="pyannote's: a Hub id or a folder.")
    ] = None,
    device: Annotated[
        str | None, typer.Option("--device", help="Where the diarizer runs: cpu, cuda, ...")
    ] = None,
    num_speakers: NumSpeakers = None,
    min_speakers: MinSpeakers = None,
    max_speakers: MaxSpeakers = None,
    speakers: Speakers = None,
    embeddings: Annotated[
        bool | None,
        typer.Option(
            "--embeddings/--no-embeddings", help="Also each voice (json).", show_default=False
        ),
    ] = None,
    profile: Profile = None,
    config: Config = None,
    assignments: Assignments = None,
    quiet: Quietly = False,
    debug: Debug = False,
) -> None:
    """Find who speaks when, without transcribing a word.

    Turns go to stdout as rttm, or into --output-dir.

    Exit status: 0 all done, 1 some inputs failed, 2 usage or settings, 130 interrupted.
    """
    with reporting(debug=debug):
        from asrcore_cli.results import diarize

        flags = {
            "diarizer.backend": backend,
            "diarizer.options.model": model,
            "diarizer.device": device,
            "diarizer.embeddings": embeddings,
            "output.directory": output_dir,
            "output.formats": formats,
            **speaker_flags(num_speakers, min_speakers, max_speakers, speakers),
        }
        _refuse_none(backend)
        found = resolved(profile, config, assignments, flags)
        if formats is None:
            flags["output.formats"] = _formats_with_turns(found.settings)
            found = resolved(profile, config, assignments, flags)
        _refuse_text(found.settings)
        process(diarize, found, inputs, quiet=quiet, debug=debug, joined=("rttm",))


def _refuse_none(backend: str | None) -> None:
    from asrcore.errors import ConfigError

    if backend == "none":
        raise ConfigError("--backend none: nobody would look for speakers", "leave it out")


def _formats_with_turns(settings: Settings) -> list[str]:
    """What is configured for transcripts, as far as it holds turns, too."""
    return [name for name in settings.output.formats if name not in TEXT] or ["rttm"]


def _refuse_text(settings: Settings) -> None:
    """What holds words alone would be empty."""
    from asrcore.errors import ConfigError

    for name in (name for name in settings.output.formats if name in TEXT):
        raise ConfigError(
            f"output.formats: {name} holds words, and none are transcribed",
            "name rttm or json; asr run --diarize transcribes as well",
        )

"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from asrcore.bootstrap.config import Resolved

Profile = Annotated[
    str | None, typer.Option("--profile", "-p", help="A named set of settings, such as offline.")
]
Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="A TOML file of settings.", metavar="FILE")
]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", help="Any setting, such as vad.backend=none.", metavar="KEY=VALUE"),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OutputDir = Annotated[
    Path | None,
    typer.Option("--output-dir", "-o", help="Write files there, not to stdout.", metavar="DIR"),
]
Formats = Annotated[
    str | None,
    typer.Option("--format", "-f", help="txt, srt, vtt, tsv, json, rttm; several with commas."),
]
Quietly = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but results and errors.")]
Language = Annotated[
    str | None, typer.Option("--language", "-l", help="A code such as en; auto detects it.")
]
NumSpeakers = Annotated[
    int | None, typer.Option("--num-speakers", help="How many speak.", metavar="N")
]
MinSpeakers = Annotated[
    int | None, typer.Option("--min-speakers", help="At least so many speak.", metavar="N")
]
MaxSpeakers = Annotated[
    int | None, typer.Option("--max-speakers", help="At most so many speak.", metavar="N")
]
Speakers = Annotated[
    list[str] | None,
    typer.Option(
        "--speakers",
        help="Call speakers by their names: a recording of each.",
        metavar="NAME=FILE,...",
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]


def speaker_flags(
    number: int | None, least: int | None, most: int | None, known: list[str] | None
) -> dict[str, Any]:
    """The settings that the options about speakers stand for.

    Raises:
        ConfigError: a known speaker has no name or no recording.
    """
    return {
        "diarizer.num_speakers": number,
        "diarizer.min_speakers": least,
        "diarizer.max_speakers": most,
        "diarizer.speakers": _known(known) if known else None,
    }


def _known(given: list[str]) -> dict[str, str]:
    """Names and files; a comma that no `NAME=` follows is part of the file's name."""
    import re

    from asrcore.errors import ConfigError

    found = {}
    for each in (part for option in given for part in re.split(r",(?=[^,=]+=)", option)):
        name, equals, file = (part.strip() for part in each.partition("="))
        if not (name and equals and file):
            raise ConfigError(
                f"--speakers {each}: a speaker is given as NAME=FILE",
                "such as --speakers alice=alice.wav,bob=bob.wav",
            )
        if name in found:
            raise ConfigError(
                f"--speakers: {name} is given twice", "one recording a speaker; join them first"
            )
        found[name] = file
    return found


def resolved(
    profile: str | None,
    config: Path | None,
    assignments: list[str] | None,
    flags: dict[str, Any] | None = None,
) -> Resolved:
    """The settings of this call, `.env`'s token included.

    Args:
        profile, config, assignments: as given on the command line.
        flags: dotted key -> value of the command's own flags; None where not given.
    """
    import os

    from asrcore.bootstrap.config import merge, nest, parse_assignment, resolve
    from asrcore.bootstrap.secrets import export_hub_token

    export_hub_token()
    values: dict[str, Any] = {}
    for assignment in assignments or ():
        values = merge(values, parse_assignment(assignment))
    for key, value in (flags or {}).items():
        if value is not None:
            values = merge(values, nest(key, value))
    return resolve(flags=values, environ=os.environ, profile=profile, config=config)

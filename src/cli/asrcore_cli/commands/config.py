"""`asr config`: what is set, by whom, and a file to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from asrcore_cli.commands.options import Assignments, Config, Debug, Json, Profile, resolved
from asrcore_cli.errors import reporting

app = typer.Typer(
    help="Show settings and where they come from; write a commented file.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

TEMPLATE = "asr.toml"


@app.command()
def show(
    profile: Profile = None,
    config: Config = None,
    assignments: Assignments = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show every setting, its value and where that comes from."""
    with reporting(debug=debug):
        from json import dumps

        from asrcore.bootstrap.config import leaves
        from asrcore_cli.errors import say
        from asrcore_cli.output import print_json, print_table

        found = resolved(profile, config, assignments)
        values = dict(leaves(found.settings.model_dump(mode="json")))
        origins = {key: found.origins.get(key, "default") for key in values}
        for note in found.notes:
            say(f"note: {note}")
        if json:
            print_json({key: {"value": values[key], "from": origins[key]} for key in values})
        else:
            print_table(
                (key, "=", "" if value is None else dumps(value, ensure_ascii=False), origins[key])
                for key, value in values.items()
            )


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path(TEMPLATE),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    debug: Debug = False,
) -> None:
    """Write a commented file with every setting at its default."""
    with reporting(debug=debug):
        from asrcore.errors import ConfigError, OutputError
        from asrcore_cli.errors import say

        if path.exists() and not force:
            raise ConfigError(f"{path}: is there already", "add --force to replace it")
        text = Path(__file__).with_name(TEMPLATE).read_text(encoding="utf-8")
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"{path}: cannot be written: {error.strerror}", "name a file: asr config init FILE"
            ) from error
        say(f"wrote {path}")

"""The Typer application: its commands and nothing else."""

from __future__ import annotations

from typing import Annotated

import typer

from asrcore_cli.commands import align, backends, config, diarize, doctor, models, run
from asrcore_cli.commands.eval import evaluate

app = typer.Typer(
    name="asr",
    help="Recordings to transcripts: words, exact times, speakers.",
    epilog="Begin with: asr run RECORDING. What this machine can do: asr doctor.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("align")(align.align)
app.command("diarize")(diarize.diarize)
app.command("eval")(evaluate)
app.command("doctor")(doctor.doctor)
app.command("backends")(backends.backends)
app.add_typer(models.app, name="models")
app.add_typer(config.app, name="config")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"asrcore {version('asrcore')}")
        raise typer.Exit


@app.callback()
def asr(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Recordings to transcripts: words, exact times, speakers."""

"""`asr models`: models for the engines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from asrcore_cli.commands.options import Debug, Json, Quietly
from asrcore_cli.errors import reporting, say

if TYPE_CHECKING:
    from asrcore.domain.conversion import Conversion
    from asrcore.domain.events import Event

app = typer.Typer(
    help="Convert Whisper models for the engines.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def models() -> None:
    """Convert Whisper models for the engines."""


@app.command()
def convert(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="A Whisper of transformers: a folder or a Hub id."),
    ],
    to: Annotated[str, typer.Option("--to", help="mlx or ctranslate2.", metavar="ENGINE")],
    quantize: Annotated[
        str | None,
        typer.Option(
            "--quantize", help="4, 8, int8, float16, ...: as the engine has it.", metavar="FORMAT"
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The folder to make.", metavar="DIR"),
    ] = None,
    revision: Annotated[
        str | None, typer.Option("--revision", help="Branch, tag or commit of a Hub model.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a model that is there.")] = False,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Do not compare it with its source.")
    ] = False,
    json: Json = False,
    quiet: Quietly = False,
    debug: Debug = False,
) -> None:
    """Convert a Whisper and see that it writes the same as its source.

    Both write a bundled clip. In float32, float16 and bfloat16 a model that writes other tokens is
    not kept; one in fewer bits is, with a warning.

    Exit status: 0 done, 1 the model is not kept, 2 usage or source, 130 interrupted.
    """
    with reporting(debug=debug):
        from asrcore.bootstrap.conversion import convert_model
        from asrcore.bootstrap.secrets import export_hub_token
        from asrcore_cli.output import print_json, print_text, refuse_folder

        refuse_folder(output, "--output", "--output")
        export_hub_token()
        # In this thread: Ctrl-C is heard a little later, and what is half written is removed.
        with _Doing(quiet=quiet) as progress:
            conversion = convert_model(
                source,
                to,
                number_format=quantize,
                output=output,
                options={"revision": revision},
                check=not no_check,
                replace=force,
                progress=progress,
            )
        if not quiet:
            _warn(conversion)
        if json:
            print_json(_document(conversion))
        else:
            print_text(f"{_told(conversion)}\n{_next(conversion)}\n")


class _Doing:
    """Shows what is done just now; nothing where stderr is no terminal."""

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console

        self._status = Console(stderr=True, quiet=quiet).status("loading the engine")

    def __call__(self, event: Event) -> None:
        from rich.markup import escape

        from asrcore.domain.events import ModelConverting

        if isinstance(event, ModelConverting):
            self._status.update(escape(event.doing))

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()


def _warn(conversion: Conversion) -> None:
    check = conversion.check
    if check is not None and not check.same:
        say(
            f"warning: {conversion.folder}: {check}\n"
            f"the source writes: {check.expected.text}\n"
            f"the converted model writes: {check.found.text}"
        )


def _told(conversion: Conversion) -> str:
    compared = "not compared" if conversion.check is None else str(conversion.check)
    return f"{conversion.folder}: {conversion.size / 2**20:.1f} MiB, {compared}"


def _next(conversion: Conversion) -> str:
    """The command that uses the model."""
    from shlex import join

    folder = str(conversion.folder)
    return join(["asr", "run", "--backend", conversion.transcriber, "--model", folder, "RECORDING"])


def _document(conversion: Conversion) -> dict[str, Any]:
    check = conversion.check
    return {
        "folder": conversion.folder,
        "bytes": conversion.size,
        "format": conversion.number_format,
        "transcriber": conversion.transcriber,
        "check": check
        and {
            "same": check.same,
            "differing": check.differing,
            "total": check.total,
            "expected": check.expected.text,
            "found": check.found.text,
        },
        "next": _next(conversion),
    }

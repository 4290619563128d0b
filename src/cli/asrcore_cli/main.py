"""The `asr` command.

`asr --help` must feel instant, and importing Typer alone takes several times as long as starting
Python; so the top-level help is kept as a text file, which a test holds against Typer's own.
"""

from __future__ import annotations

import sys

HELP = "help.txt"


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] in ([], ["--help"]):
        print_help()
    else:
        from asrcore_cli.app import app

        app(prog_name="asr")


def print_help() -> None:
    """Print the kept help text."""
    with open(f"{__file__.removesuffix('main.py')}{HELP}", encoding="utf-8") as text:  # noqa: PTH123 - pathlib costs 3 ms
        help_text = text.read()
    try:
        sys.stdout.write(help_text)
        sys.stdout.flush()
    except BrokenPipeError:
        from asrcore_cli.errors import DONE, leave_now

        leave_now(DONE)

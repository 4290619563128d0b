"""The `asr` command.

`asr --help` must feel instant, and importing Typer alone takes several times as long as starting
Python; so the top-level help is kept as a text file, which a test holds against Typer's own.
"""

from __future__ import annotations

import os
import sys

HELP = "help.txt"


def main() -> None:
    """Run the command line."""
    # Of a hub that cannot be reached our error tells; five retries would fill the screen before it.
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    _stand_in_for_closed_streams()
    if sys.argv[1:] in ([], ["--help"]):
        print_help()
    else:
        from asrcore_cli.app import app

        app(prog_name="asr")


def _stand_in_for_closed_streams() -> None:
    """Let remarks to a closed stderr go nowhere; a closed stdout takes no result, and says so."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - for all the run
    if sys.stdout is None:
        sys.stdout = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - it refuses writing


def print_help() -> None:
    """Print the kept help text."""
    with open(f"{__file__.removesuffix('main.py')}{HELP}", encoding="utf-8") as text:  # noqa: PTH123 - pathlib costs 3 ms
        help_text = text.read()
    try:
        sys.stdout.write(help_text)
        sys.stdout.flush()
    except OSError:
        from asrcore_cli.errors import DONE, leave_now

        leave_now(DONE)

"""From exceptions to messages and exit statuses."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import typer

DONE, SOME_FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


@contextmanager
def reporting(*, debug: bool = False) -> Iterator[None]:
    """Run a command's body; what it raises becomes a message on stderr and an exit status.

    Args:
        debug: show the traceback too.
    """
    try:
        yield
    except typer.Exit:
        raise
    except KeyboardInterrupt:
        say("interrupted; finished files are kept")
        leave_now(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has enough; nothing more can be said to them.
        leave_now(DONE)
    except Exception as error:
        show(error, debug=debug)
        raise typer.Exit(status(error)) from error


def status(error: Exception) -> int:
    """The exit status that an error of the whole run calls for."""
    from asrcore.errors import ConfigError, MissingEngineError, ModelError

    return USAGE if isinstance(error, (ConfigError, MissingEngineError, ModelError)) else 1


def show(error: Exception, *, debug: bool = False) -> None:
    """Say on stderr what went wrong and what to do about it."""
    from asrcore.errors import AsrError

    if debug:
        traceback.print_exception(error)
    if isinstance(error, AsrError):
        say(f"error: {error.message}")
        if error.hint:
            say(error.hint)
    else:
        say(f"error: unexpected {type(error).__name__}: {error}")
        say("this is a bug; run again with --debug to see where")


def say(message: str) -> None:
    """A message on stderr, every line marked as ours."""
    for line in message.splitlines():
        typer.echo(f"asr: {line}", err=True)


def leave_now(code: int) -> None:
    """End without waiting for engines that still work in other threads."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            discard(stream)
    os._exit(code)


def discard(stream: TextIO) -> None:
    """Send what a stream still holds to nowhere, so that Python's exit does not trip over it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

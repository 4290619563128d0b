"""Errors become messages and exit statuses."""

import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import pytest
import typer

from asrcore import errors
from asrcore_cli import main as entrance
from asrcore_cli.errors import (
    DONE,
    INTERRUPTED,
    SOME_FAILED,
    USAGE,
    leave_now,
    reporting,
    status,
)
from asrcore_cli.interrupt import interruptible

STATUS = {
    errors.AsrError: 1,
    errors.ConfigError: 2,
    errors.UnknownBackendError: 2,
    errors.UnsupportedError: 2,
    errors.MissingEngineError: 2,
    errors.ModelError: 2,
    errors.InputError: 1,
    errors.InputNotFoundError: 1,
    errors.AudioDecodeError: 1,
    errors.OutputError: 1,
    errors.EngineError: 1,
    errors.OutOfMemoryError: 1,
}
"""What each error of a whole run calls for; a new class has to be decided here."""


class Left(BaseException):
    """What `os._exit` does here."""


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        raise Left

    monkeypatch.setattr(os, "_exit", leave)
    return codes


def report(error: BaseException, *, debug: bool = False) -> int:
    with pytest.raises(typer.Exit) as caught, reporting(debug=debug):
        raise error
    return caught.value.exit_code


def test_the_statuses_are_the_promised_ones() -> None:
    assert (DONE, SOME_FAILED, USAGE, INTERRUPTED) == (0, 1, 2, 130)


def test_every_error_has_been_decided() -> None:
    classes = [each for _, each in inspect.getmembers(errors, inspect.isclass)]
    assert set(STATUS) == {each for each in classes if issubclass(each, errors.AsrError)}


@pytest.mark.parametrize(("kind", "code"), STATUS.items(), ids=str)
def test_an_error_gives_its_status_message_and_next_step(
    kind: type, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    error = kind("a.wav: it broke\nin two", "run: mend it")
    assert status(error) == report(error) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "asr: error: a.wav: it broke\nasr: in two\nasr: run: mend it\n"


def test_an_error_without_advice_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    report(errors.InputError("a.wav: it broke"))
    assert capsys.readouterr().err == "asr: error: a.wav: it broke\n"


def test_an_unexpected_error_is_called_a_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(ZeroDivisionError("by zero")) == 1
    assert capsys.readouterr().err == (
        "asr: error: unexpected ZeroDivisionError: by zero\n"
        "asr: this is a bug; run again with --debug to see where\n"
    )


def test_debug_shows_the_whole_chain_before_the_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = errors.EngineError("it broke")
    error.__cause__ = ZeroDivisionError("by zero")
    report(error, debug=True)
    shown = capsys.readouterr().err
    assert shown.startswith("ZeroDivisionError: by zero")
    assert "Traceback (most recent call last):" in shown
    assert shown.endswith("asr: error: it broke\n")


def test_what_ends_well_or_on_purpose_passes() -> None:
    with reporting():
        pass
    with pytest.raises(typer.Exit) as caught, reporting():
        raise typer.Exit(SOME_FAILED)
    assert caught.value.exit_code == SOME_FAILED


def test_an_interrupt_leaves_at_once(exits: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Left), reporting():
        raise KeyboardInterrupt
    assert exits == [130]
    assert capsys.readouterr().err == "asr: interrupted; finished files are kept\n"


def test_a_broken_pipe_is_a_quiet_end(exits: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Left), reporting():
        raise BrokenPipeError
    assert exits == [0]
    assert capsys.readouterr().err == ""


@pytest.fixture
def stuck(tmp_path: Path) -> TextIO:
    """A stream that takes no more."""

    class Stuck:
        def __init__(self) -> None:
            self.file = (tmp_path / "stuck").open("w", encoding="utf-8")
            self.fileno = self.file.fileno

        def write(self, text: str) -> None:
            pass

        def flush(self) -> None:
            raise BrokenPipeError

    stream = Stuck()
    yield stream
    stream.file.close()


def test_what_a_stuck_stream_holds_goes_nowhere(
    exits: list[int], monkeypatch: pytest.MonkeyPatch, stuck: TextIO, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdout", stuck)
    with pytest.raises(Left):
        leave_now(3)
    assert exits == [3]
    stuck.file.write("never seen")
    stuck.file.flush()
    assert (tmp_path / "stuck").read_text(encoding="utf-8") == ""


def test_help_into_a_closed_pipe_is_a_quiet_end(
    exits: list[int], monkeypatch: pytest.MonkeyPatch, stuck: TextIO
) -> None:
    monkeypatch.setattr(sys, "stdout", stuck)
    with pytest.raises(Left):
        entrance.print_help()
    assert exits == [0]


def test_interruptible_work_gives_back_its_result_or_its_error() -> None:
    assert interruptible(lambda: 3) == 3
    for error in (TimeoutError("mine"), KeyError("mine"), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught:
            interruptible(lambda error=error: fail(error))
        assert caught.value is error


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("arguments", [["--help"], ["run", "a.wav", "b.wav"], ["backends"]])
def test_a_reader_that_has_enough_gets_no_traceback(
    arguments: list[str], record: Callable[[str], str]
) -> None:
    for name in ("a.wav", "b.wav"):
        record(name)
    command = [sys.executable, "-m", "asrcore_cli", *arguments]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipe, encoding="utf-8") as running:
        running.stdout.close()
        told = running.stderr.read()
    assert running.returncode == 0
    assert "Traceback" not in told
    assert "Exception ignored" not in told
    assert "error" not in told

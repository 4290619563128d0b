"""Results on stdout."""

import errno
import io
import sys
from pathlib import Path

import pytest

from asrcore.errors import OutputError
from asrcore_cli.output import print_json, print_table, print_text


class Sink(io.TextIOWrapper):
    """A stdout that is a pipe or a terminal, or takes nothing at all."""

    def __init__(self, terminal: bool = False, error: OSError | None = None) -> None:
        super().__init__(io.BytesIO(), encoding="ascii")
        self._terminal = terminal
        self._error = error

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> int:
        if self._error is not None:
            raise self._error
        return super().write(text)


def test_a_pipe_gets_utf_8_and_a_terminal_what_it_understands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for terminal, encoding in ((False, "utf-8"), (True, "ascii")):
        sink = Sink(terminal)
        monkeypatch.setattr(sys, "stdout", sink)
        print_text("plain\n")
        assert sink.encoding == encoding
        assert sink.buffer.getvalue() == b"plain\n"


def test_a_stream_without_an_encoding_is_written_to_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    print_text("こんにちは\n")
    assert stream.getvalue() == "こんにちは\n"


def test_a_pipe_that_is_broken_is_no_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Sink(error=BrokenPipeError()))
    with pytest.raises(BrokenPipeError):
        print_text("nobody listens")


def test_a_full_disk_is_named_and_left_alone_from_then_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sink = Sink(error=OSError(errno.ENOSPC, "No space left on device"))
    monkeypatch.setattr(sys, "stdout", sink)
    path = tmp_path / "full"
    with path.open("w", encoding="utf-8") as file:
        sink.fileno = file.fileno
        with pytest.raises(OutputError, match=r"^standard output: No space left on device"):
            print_text("too much")
        file.write("never seen")
    assert path.read_text(encoding="utf-8") == ""


def test_json_is_readable_and_takes_any_value(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"où": Path("ici"), "n": None})
    assert capsys.readouterr().out == '{\n  "où": "ici",\n  "n": null\n}\n'


def test_a_table_has_straight_columns_and_no_trailing_space(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table([("a", "long one", "x"), ("bcd", "e", "")], indent="  ")
    print_table([("alone",)])
    print_table([])
    assert capsys.readouterr().out == "  a    long one  x\n  bcd  e\nalone\n"

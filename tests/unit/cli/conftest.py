"""A command line with backends of a stranger's, and nothing of this machine's settings."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

STRANGER = Path(__file__).with_name("stranger")
"""A distribution as it lies in site-packages: entry points, and the modules they name."""

SETTINGS = {
    "ASRCORE_TRANSCRIBER__BACKEND": "stranger",
    "ASRCORE_AUDIO__BACKEND": "stranger-audio",
    "ASRCORE_VAD__BACKEND": "none",
    "ASRCORE_ALIGNER__BACKEND": "none",
}


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, the stranger's backends chosen by the environment."""
    for name in [name for name in os.environ if name.startswith("ASRCORE_")]:
        monkeypatch.delenv(name)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.syspath_prepend(STRANGER)
    monkeypatch.setenv("PYTHONPATH", str(STRANGER))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names no backend."""
    for name in SETTINGS:
        monkeypatch.delenv(name)


@pytest.fixture
def asr() -> Callable:
    """Run the command line in this process."""
    from asrcore_cli.app import app

    def invoke(*arguments: object) -> object:
        return CliRunner().invoke(app, [str(each) for each in arguments], prog_name="asr")

    return invoke


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess]:
    """Run the command line in a process of its own."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "asrcore_cli", *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", check=False, timeout=60, **options
        )

    return run


@pytest.fixture
def record(workplace: Path) -> Callable[..., str]:
    """Make an input that the stranger's audio source can decode, or not."""

    def make(name: str, content: str = "tone") -> str:
        path = workplace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return name

    return make


@pytest.fixture
def screen() -> Callable[[str], list[str]]:
    """What a terminal of endless size shows after some output."""
    token = re.compile(
        r"\x1b\[\??(?P<count>[\d;]*)(?P<command>[A-Za-z])|(?P<text>[^\x1b])", re.DOTALL
    )

    def show(output: str) -> list[str]:
        lines, row, column = [""], 0, 0
        for match in token.finditer(output):
            count, command, text = match.group("count", "command", "text")
            if command == "A":
                row = max(0, row - int(count or 1))
            elif command == "K":
                lines[row] = ""
            elif text == "\r":
                column = 0
            elif text == "\n":
                row, column = row + 1, 0
                lines += [""] * (row + 1 - len(lines))
            elif text:
                line = lines[row].ljust(column)
                lines[row] = line[:column] + text + line[column + 1 :]
                column += 1
        return [line.rstrip() for line in lines if line.strip()]

    return show

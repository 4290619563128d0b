"""What must be quick: help and version, and the imports behind them."""

import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from asrcore_cli import main as entrance
from asrcore_cli.app import app

KEPT = Path(entrance.__file__).with_name(entrance.HELP)
HOME = str(Path(entrance.__file__).parents[1])
COMMANDS = ["run", "align", "diarize", "eval", "doctor", "backends", "models convert"]
COMMANDS += ["config show", "config init"]
HEAVY = {"numpy", "torch", "pydantic", "rich", "dependency_injector", "av"}


def test_the_kept_help_text_is_typers() -> None:
    shown = CliRunner().invoke(app, ["--help"], prog_name="asr", terminal_width=80)
    assert shown.output == KEPT.read_text(encoding="utf-8")


def test_no_command_is_described_so_long_that_it_is_cut_off() -> None:
    assert "..." not in KEPT.read_text(encoding="utf-8").replace("[ARGS]...", "")


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_is_printed_without_typer(process: Callable, arguments: list[str]) -> None:
    done = process(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == KEPT.read_text(encoding="utf-8")


@pytest.mark.parametrize("module", ["asrcore", "asrcore_cli.main", "asrcore_cli.app"])
def test_importing_is_cheap(module: str) -> None:
    code = f"import sys, {module}; print(*{HEAVY!r}.intersection(sys.modules))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_typer_is_not_needed_for_the_top_level_help() -> None:
    code = (
        "import sys; sys.argv = ['asr', '--help']; import asrcore_cli.main as m; m.main();"
        "assert not {'typer', 'click', 'pathlib'} & set(sys.modules), 'slow'"
    )
    # Without site, since an editable installation's hook imports pathlib itself.
    command = [sys.executable, "-S", "-c", f"import sys; sys.path.append({HOME!r}); {code}"]
    subprocess.run(command, capture_output=True, check=True)


@pytest.mark.parametrize("arguments", [["--version"], ["--version", "run"]])
def test_version(asr: Callable, arguments: list[str]) -> None:
    shown = asr(*arguments)
    assert (shown.exit_code, shown.stdout) == (0, f"asrcore {version('asrcore')}\n")


def test_the_entrance_hands_everything_else_to_typer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["asr", "--version"])
    with pytest.raises(SystemExit) as caught:
        entrance.main()
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"asrcore {version('asrcore')}\n"


def test_the_entrance_prints_help_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["asr"])
    entrance.main()
    assert capsys.readouterr().out.startswith("Usage: asr ")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_every_option(asr: Callable, command: str) -> None:
    shown = asr(*command.split(), "--help")
    assert shown.exit_code == 0
    joined = re.sub(r"\n {20,}", "  ", shown.stdout)  # what did not fit beside a long option
    options = [line for line in joined.splitlines() if line.lstrip().startswith("-")]
    assert options
    assert all("  " in line.strip() for line in options), "an option without an explanation"


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["run"],
        ["run", "--modle", "x", "a.wav"],
        ["run", "--batch-size", "many", "a.wav"],
        ["run", "--num-speakers", "two", "a.wav"],
        ["diarize"],
        ["diarize", "--language", "en", "a.wav"],
        ["doctor", "a.wav"],
        ["config", "shwo"],
    ],
)
def test_a_wrong_call_is_a_usage_error(asr: Callable, arguments: list[str]) -> None:
    shown = asr(*arguments)
    assert shown.exit_code == 2
    assert shown.stdout == ""
    assert "Usage: asr" in shown.stderr
    assert "--help' for help" in shown.stderr
    assert "Traceback" not in shown.stderr

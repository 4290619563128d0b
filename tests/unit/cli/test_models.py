"""`asr models convert`, with a stranger's converter."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def checkpoint(workplace: Path) -> Path:
    folder = workplace / "whisper-x"
    folder.mkdir()
    (folder / "checkpoint.txt").write_text("hello")
    return folder


CONVERT = ("models", "convert", "whisper-x", "--to", "whisperer")


def test_the_result_and_the_next_command_go_to_stdout(asr: Callable, workplace: Path) -> None:
    shown = asr(*CONVERT)
    assert shown.exit_code == 0
    assert shown.stdout == (
        "whisper-x-whisperer: 0.0 MiB, same tokens\n"
        "asr run --backend fake --model whisper-x-whisperer RECORDING\n"
    )
    assert shown.stderr == ""
    assert (workplace / "whisper-x-whisperer" / "model.txt").read_text() == "hello"


def test_a_name_with_spaces_can_be_pasted(asr: Callable) -> None:
    shown = asr(*CONVERT, "--output", "my models/x")
    assert "--model 'my models/x' RECORDING\n" in shown.stdout


def test_a_quantised_model_that_writes_something_else_is_kept_with_a_warning(
    asr: Callable, workplace: Path
) -> None:
    shown = asr(*CONVERT, "--quantize", "4")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("whisper-x-whisperer-4bit: 0.0 MiB, 5 of 5 tokens differ\n")
    assert shown.stderr.splitlines() == [
        "asr: warning: whisper-x-whisperer-4bit: 5 of 5 tokens differ",
        "asr: the source writes: hello",
        "asr: the converted model writes: HELLO",
    ]
    assert (workplace / "whisper-x-whisperer-4bit").is_dir()


def test_quietly_nothing_goes_to_stderr(asr: Callable) -> None:
    shown = asr(*CONVERT, "--quantize", "4", "--quiet")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "5 of 5 tokens differ" in shown.stdout


def test_a_wrong_conversion_is_not_kept(asr: Callable, workplace: Path) -> None:
    shown = asr(*CONVERT, "--revision", "broken")
    assert shown.exit_code == 1
    assert shown.stdout == ""
    assert "not kept: 5 of 5 tokens differ" in shown.stderr
    assert [path.name for path in workplace.iterdir()] == ["whisper-x"]


def test_nobody_looks_where_that_is_wished(asr: Callable) -> None:
    shown = asr(*CONVERT, "--revision", "broken", "--no-check")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("whisper-x-whisperer: 0.0 MiB, not compared\n")


def test_a_model_that_is_there_gives_way_only_to_force(asr: Callable) -> None:
    assert asr(*CONVERT).exit_code == 0
    again = asr(*CONVERT)
    assert again.exit_code == 2
    assert "add --force" in again.stderr
    assert asr(*CONVERT, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "nobody"], "no converter is called nobody; there are"),
        (["--quantize", "int4"], "whisperer has no number format int4; it has float16, int8, 4"),
        (["--output", "whisper-x/checkpoint.txt/x"], "is no folder that can be written to"),
    ],
)
def test_what_cannot_be_is_refused(
    asr: Callable, workplace: Path, arguments: list[str], said: str
) -> None:
    shown = asr(*CONVERT, *arguments)
    assert shown.exit_code == 2
    assert said in shown.stderr
    assert [path.name for path in workplace.iterdir()] == ["whisper-x"]


def test_as_json(asr: Callable) -> None:
    told = json.loads(asr(*CONVERT, "--quantize", "int8", "--json").stdout)
    assert told == {
        "folder": "whisper-x-whisperer-int8",
        "bytes": 7,
        "format": "int8",
        "transcriber": "fake",
        "check": {
            "same": False,
            "differing": 5,
            "total": 5,
            "expected": "hello",
            "found": "HELLO",
        },
        "next": "asr run --backend fake --model whisper-x-whisperer-int8 RECORDING",
    }
    assert json.loads(asr(*CONVERT, "--no-check", "--json").stdout)["check"] is None


def test_an_interrupted_conversion_leaves_nothing(
    asr: Callable, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import stranger_engine

    import asrcore_cli.errors

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    left = []
    monkeypatch.setattr(stranger_engine.Converter, "found", interrupted)
    monkeypatch.setattr(asrcore_cli.errors, "leave_now", left.append)
    asr(*CONVERT)
    assert left == [130]
    assert [path.name for path in workplace.iterdir()] == ["whisper-x"]

"""`asr run` with a stranger's backends: what goes where, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

NO_WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and terminals")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def said(shown: object) -> list[str]:
    """The lines on stderr without the speed, which differs from run to run."""
    return [line.partition(" s in ")[0] for line in shown.stderr.splitlines()]


# To stdout


def test_one_recording_goes_to_stdout_and_remarks_to_stderr(
    asr: Callable, record: Callable
) -> None:
    shown = asr("run", record("a.wav"))
    assert (shown.exit_code, shown.stdout) == (0, "hello world\n")
    assert said(shown) == ["asr: a.wav: 3.0"]


def test_several_recordings_are_headed_by_their_names(asr: Callable, record: Callable) -> None:
    shown = asr("run", record("a.wav"), record("talks/b.wav"), "-q")
    assert shown.exit_code == 0
    assert shown.stdout == "==> a.wav <==\nhello world\n==> talks/b.wav <==\nhello world\n"
    assert shown.stderr == ""


def test_a_recording_named_twice_is_transcribed_once(asr: Callable, record: Callable) -> None:
    name = record("a.wav")
    shown = asr("run", name, name)
    assert (shown.exit_code, shown.stdout) == (0, "hello world\n")
    assert said(shown) == ["asr: note: what is given twice is done once", "asr: a.wav: 3.0"]


@pytest.mark.parametrize("form", ["json", "srt", "vtt", "tsv"])
def test_one_recording_fits_on_stdout_in_any_format(
    asr: Callable, record: Callable, form: str
) -> None:
    shown = asr("run", record("a.wav"), "-f", form)
    assert shown.exit_code == 0
    assert "hello world" in shown.stdout
    if form == "json":
        assert [word["word"] for word in json.loads(shown.stdout)["word_segments"]] == [
            "hello",
            "world",
        ]


def test_standard_input_is_a_recording(asr: Callable, workplace: Path) -> None:
    assert asr("run", "-").stdout == "hello world\n"
    assert said(asr("run", "-", "-o", "out")) == [
        "asr: standard input: 3.0",
        f"asr: wrote {Path('out', 'standard-input.txt')}",
    ]


def test_other_scripts_go_to_a_pipe_as_utf_8(process: Callable, record: Callable) -> None:
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    name = record("a.wav")
    done = process("run", name, "-s", "transcriber.options.text=こんにちは", env=environ)
    assert (done.returncode, done.stdout) == (0, "こんにちは\n")


@NO_WINDOWS
def test_a_file_name_that_is_no_text_is_printed_as_it_is(record: Callable) -> None:
    record("a.wav")
    try:
        Path(os.fsdecode(b"\xff.wav")).write_text("tone", encoding="utf-8")
    except OSError:
        pytest.skip("this file system knows no such name")
    arguments = [sys.executable, "-m", "asrcore_cli", "run", "-q", "a.wav", b"\xff.wav"]
    done = subprocess.run(arguments, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"==> \xff.wav <==\nhello world\n" in done.stdout


# What does not fit on stdout


@pytest.mark.parametrize("form", ["srt", "json"])
def test_several_recordings_as_anything_but_text_are_refused(
    asr: Callable, record: Callable, form: str
) -> None:
    shown = asr("run", record("a.wav"), record("b.wav"), "-f", form)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr == (
        f"asr: error: several recordings as {form} do not fit on one stdout\n"
        "asr: add --output-dir DIR\n"
    )


def test_several_formats_are_refused(asr: Callable, record: Callable) -> None:
    shown = asr("run", record("a.wav"), "-f", "srt, txt")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr == (
        "asr: error: output.formats: srt, txt do not fit on one stdout\nasr: add --output-dir DIR\n"
    )


# To files


def test_every_format_becomes_a_file_and_stdout_stays_empty(
    asr: Callable, record: Callable, workplace: Path
) -> None:
    shown = asr("run", record("talk.wav"), "-o", "out/deep", "-f", "txt,srt,json")
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert said(shown) == ["asr: talk.wav: 3.0"] + [
        f"asr: wrote {Path('out/deep', f'talk.{form}')}" for form in ("txt", "srt", "json")
    ]
    assert files(workplace / "out/deep") == ["talk.json", "talk.srt", "talk.txt"]
    assert (workplace / "out/deep/talk.txt").read_bytes() == b"hello world\n"


def test_recordings_of_one_name_do_not_overwrite_each_other(
    asr: Callable, record: Callable, workplace: Path
) -> None:
    shown = asr("run", record("a/x.wav"), record("b/x.wav"), record("x.mp3"), "-o", "out")
    assert shown.exit_code == 0
    assert files(workplace / "out") == ["a-x.wav.txt", "b-x.wav.txt", "x.mp3.txt"]


def test_quiet_says_nothing_where_all_is_well(
    asr: Callable, record: Callable, workplace: Path
) -> None:
    shown = asr("run", record("a.wav", "tone, damaged"), "-o", "out", "--quiet")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, "", "")
    assert files(workplace / "out") == ["a.txt"]


def test_a_warning_names_the_recording(asr: Callable, record: Callable) -> None:
    shown = asr("run", record("a.wav", "tone, damaged"))
    assert (shown.exit_code, shown.stdout) == (0, "hello world\n")
    assert said(shown) == [
        "asr: warning: a.wav: only part of it could be decoded",
        "asr: a.wav: 3.0",
    ]


# Failures


@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_one_bad_recording_stops_no_other_and_is_told(
    asr: Callable, record: Callable, workplace: Path, quiet: list[str]
) -> None:
    inputs = [record("a.wav"), record("b.wav", "noise"), "missing.wav", record("c.wav")]
    shown = asr("run", *inputs, "-o", "out", *quiet)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert files(workplace / "out") == ["a.txt", "c.txt"]
    told = said(shown)
    assert "asr: error: b.wav: it holds no sound" in told
    assert "asr: error: missing.wav: there is no such file" in told
    assert len(told) == (2 if quiet else 7)


def test_an_engine_that_fails_is_told_and_debug_shows_where(
    asr: Callable, record: Callable
) -> None:
    call = ["run", record("a.wav"), "-s", "transcriber.options.fails_from=1"]
    shown = asr(*call)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr == (
        "asr: error: a.wav: unexpected RuntimeError while transcribing it: the engine is on fire\n"
        "asr: run again with --debug to see where\n"
    )
    assert "Traceback (most recent call last)" in asr(*call, "--debug").stderr


@pytest.mark.parametrize("target", [["-o", "out"], []], ids=["files", "stdout"])
def test_a_writer_that_fails_leaves_nothing_half_written_and_stops_no_other(
    asr: Callable, record: Callable, workplace: Path, target: list[str]
) -> None:
    inputs = [record("a.wav"), record("b.wav")][: 2 if target else 1]
    shown = asr("run", *inputs, "-f", "clumsy", *target)
    assert (shown.exit_code, shown.stdout) == (1, "")
    for name in inputs:
        assert (
            f"asr: error: {name}: unexpected ValueError while writing it: the writer stumbled\n"
            "asr: run again with --debug to see where\n"
        ) in shown.stderr
    if target:
        assert files(workplace / "out") == []


def test_a_disk_that_fails_meanwhile_is_told_for_each_recording(
    asr: Callable, record: Callable, workplace: Path
) -> None:
    (workplace / "out/a.txt").mkdir(parents=True)
    shown = asr("run", record("a.wav"), record("b.wav"), "-o", "out")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert "asr: error: out: cannot write a there: Is a directory" in shown.stderr
    assert "asr: name another folder with --output-dir" in shown.stderr
    assert files(workplace / "out") == ["a.txt", "b.txt"]


@pytest.mark.parametrize("folder", ["a.wav", "a.wav/below"])
def test_a_folder_that_cannot_be_is_refused_before_any_work(
    asr: Callable, record: Callable, workplace: Path, folder: str
) -> None:
    record("a.wav")
    shown = asr("run", "a.wav", "-o", folder)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "a.wav is no folder that can be written to\n" in shown.stderr
    assert shown.stderr.startswith("asr: error: output.directory: ")
    assert shown.stderr.endswith("asr: name another folder with --output-dir\n")


def test_a_read_only_folder_is_refused_before_any_work(
    asr: Callable, record: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # as root too
    shown = asr("run", record("a.wav"), "-o", "new")
    assert shown.exit_code == 2
    assert "is no folder that can be written to" in shown.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_a_stdout_that_is_full_is_told(record: Callable) -> None:
    arguments = [sys.executable, "-m", "asrcore_cli", "run", "-q", record("a.wav")]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            arguments, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == (
        "asr: error: standard output: No space left on device\nasr: send the output elsewhere\n"
    )


# Wrong settings: refused before any work, with the next step


@pytest.mark.parametrize(
    ("arguments", "message", "advice"),
    [
        (["-f", "srtt"], "no format is called srtt", "did you mean srt?"),
        (["-f", "doc"], "there are clumsy, json, rttm, srt, tsv, txt, vtt", "run: asr backends"),
        (["-b", "strangr"], "no transcriber backend is called strangr", "did you mean stranger?"),
        (["-s", "vad.backend=silera"], "no voice activity backend", "did you mean silero?"),
        (["-p", "ofline"], "no profile is called ofline", "did you mean offline?"),
        (["-c", "no.toml"], "no.toml: cannot be read: No such file", "run: asr config init"),
        (["-s", "transcriber.modle=x"], "transcriber.modle: unknown", ""),
        (["-s", "trnscriber.task=x"], "trnscriber: unknown; did you mean transcriber?", ""),
        (
            ["-s", "transcriber.options.modle=x"],
            "transcriber.options.modle: unknown; did you mean model?",
            "these are options of stranger",
        ),
        (
            ["-f", "srt", "-s", "output.options.srt.line_lenght=30"],
            "output.options.srt.line_lenght: unknown; did you mean line_length?",
            "these are options of srt",
        ),
        (["-f", "srt", "-s", "output.options.srt.lines=0"], "output.options.srt.lines: ", ""),
        (["-s", "task"], "task: a setting is given as key=value", ""),
        (["--task", "sing"], "transcriber.task: input should be 'transcribe' or", ""),
        (["--batch-size", "0"], "transcriber.batch_size: ", ""),
        (["-f", ","], "output.formats: ", ""),
        (["--device", "abacus"], "transcriber.device: ", ""),
        (["-s", "aligner.backend=absent"], "absent", 'run: pip install "stranger[absent]"'),
        (["-s", "vad.backend=segments"], "vad.options: needs either spans or a file", ""),
        (
            ["-s", "vad.backend=segments", "-s", "vad.options.file=cuts.txt"],
            "vad.options.file: cuts.txt: cannot be read: No such file or directory",
            "",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_setting_is_named(
    asr: Callable, record: Callable, arguments: list[str], message: str, advice: str
) -> None:
    shown = asr("run", record("a.wav"), *arguments)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr.startswith("asr: error: ")
    assert all(line.startswith("asr: ") for line in shown.stderr.splitlines())
    assert message in shown.stderr
    assert advice in shown.stderr


def test_an_option_of_another_backend_is_left_out_with_a_note(
    asr: Callable, record: Callable, workplace: Path
) -> None:
    settings = workplace / "asr.toml"
    settings.write_text("[transcriber.options]\nbeam_size = 5\ntext = 'hi'\n", encoding="utf-8")
    call = ["run", record("a.wav"), "-b", "stranger"]
    assert asr(*call).stdout == "hi\n"
    assert asr(*call).stderr.startswith(
        "asr: note: transcriber.options.beam_size (from asr.toml) does not fit stranger"
    )
    assert asr(*call, "--quiet").stderr == ""


def test_flags_become_settings(asr: Callable, record: Callable, plain: None) -> None:
    shown = asr(
        *("run", record("a.wav"), "-b", "stranger", "-m", "large", "-l", "de", "--task"),
        *("translate", "--device", "cpu", "--batch-size", "2", "-f", "json"),
        *("-s", "audio.backend=stranger-audio", "-s", "vad.backend=none"),
    )
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["language"] == "de"


# Interrupted


@NO_WINDOWS
def test_ctrl_c_ends_at_once_and_keeps_finished_files(record: Callable, workplace: Path) -> None:
    sleepy = ["--batch-size", "1", "-s", "transcriber.options.sleeps_from=2"]
    inputs = [record("a.wav"), record("b.wav")]
    arguments = [sys.executable, "-m", "asrcore_cli", "run", *inputs, "-o", "out", *sleepy]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as running:
        try:
            wrote = [running.stderr.readline() for _ in range(2)][-1]
            time.sleep(0.2)  # the engine computes now, and hears no signal
            running.send_signal(signal.SIGINT)
            _, told = running.communicate(timeout=5)
        finally:
            running.kill()
    assert wrote == f"asr: wrote {Path('out', 'a.txt')}\n"
    assert told == "asr: interrupted; finished files are kept\n"
    assert running.returncode == 130
    assert files(workplace / "out") == ["a.txt"]


# On a terminal


@NO_WINDOWS
def test_on_a_terminal_nothing_that_was_said_is_erased(record: Callable, screen: Callable) -> None:
    import pty

    inputs = [record("a.wav"), record("b.wav", "noise"), record("c.wav"), record("d.wav")]
    arguments = [sys.executable, "-m", "asrcore_cli", "run", *inputs]
    controller, terminal = pty.openpty()
    with subprocess.Popen(arguments, stdin=terminal, stdout=terminal, stderr=terminal) as running:
        os.close(terminal)
        output = b"".join(iter(lambda: read(controller), b""))
    os.close(controller)
    assert running.returncode == 1
    assert "transcribing" in output.decode()
    shown = [line.partition(" s in ")[0] for line in screen(output.decode())]
    assert shown.count("asr: error: b.wav: it holds no sound") == 1
    shown.remove("asr: error: b.wav: it holds no sound")  # it may come before or after a.wav
    assert shown == [
        line
        for name in ("a.wav", "c.wav", "d.wav")
        for line in (f"asr: {name}: 3.0", f"==> {name} <==", "hello world")
    ] + ["asr: 3 recordings: 9.0"]


def read(terminal: int) -> bytes:
    """What a program wrote to its terminal; nothing once it has gone."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""

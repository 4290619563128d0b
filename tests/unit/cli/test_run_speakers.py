"""`asr run --diarize` with a stranger's backends."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PLAIN = "hello world\n"


@pytest.fixture
def talk(record: Callable) -> str:
    """A second each; the transcriber hears a word in each."""
    return record("talk.wav", "tone: soft loud")


def who(shown: object) -> list[str | None]:
    """The speaker of each word."""
    return [word.get("speaker") for word in json.loads(shown.stdout)["word_segments"]]


def test_without_diarize_nobody_is_named(asr: Callable, talk: str) -> None:
    shown = asr("run", talk, "-f", "json", "-q")
    assert who(shown) == [None, None]
    assert "turns" not in json.loads(shown.stdout)


def test_diarize_names_who_says_what(asr: Callable, talk: str) -> None:
    shown = asr("run", talk, "-f", "json", "-q", "--diarize")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert who(shown) == ["SPEAKER_00", "SPEAKER_01"]
    assert [turn["speaker"] for turn in json.loads(shown.stdout)["turns"]] == [
        "SPEAKER_00",
        "SPEAKER_01",
    ]


def test_diarize_writes_turns_as_rttm_beside_a_text(
    asr: Callable, talk: str, workplace: Path
) -> None:
    shown = asr("run", talk, "--diarize", "-f", "rttm,txt", "-o", "out")
    assert shown.exit_code == 0
    rows = (workplace / "out/talk.rttm").read_text(encoding="utf-8").splitlines()
    assert [row.split()[7] for row in rows] == ["SPEAKER_00", "SPEAKER_01"]
    assert "SPEAKER_00" in (workplace / "out/talk.txt").read_text(encoding="utf-8")


def test_known_speakers_are_named(asr: Callable, talk: str, record: Callable) -> None:
    known = ["--speakers", f"alice={record('alice.wav', 'tone: loud')}"]
    shown = asr("run", talk, "-f", "json", "-q", "--diarize", *known)
    assert who(shown) == ["SPEAKER_00", "alice"]


@pytest.mark.parametrize(
    ("arguments", "warned"),
    [
        (["--num-speakers", "1"], False),
        (["--num-speakers", "2"], False),
        (["--num-speakers", "3"], True),
        (["--min-speakers", "1", "--max-speakers", "2"], False),
        (["--max-speakers", "2"], False),
        (["--min-speakers", "3"], True),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_numbers_of_speakers_reach_the_diarizer(
    asr: Callable, talk: str, arguments: list[str], warned: bool
) -> None:
    shown = asr("run", talk, "--diarize", *arguments)
    assert shown.exit_code == 0
    assert ("speakers were told apart" in shown.stderr) is warned


def test_a_diarizer_that_fails_costs_no_text(asr: Callable, talk: str) -> None:
    shown = asr("run", talk, "--diarize", "-s", "diarizer.options.fails_from=1")
    assert (shown.exit_code, shown.stdout) == (0, PLAIN)
    assert (
        "asr: warning: talk.wav: speakers are missing: RuntimeError: the diarizer is on fire\n"
    ) in shown.stderr


def test_silence_has_nobody_in_it(asr: Callable, record: Callable) -> None:
    name = record("a.wav", "tone: silent silent")
    shown = asr("run", name, "--diarize", "-f", "json", "-q")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["turns"] == []


# Switched on and off


def configure(workplace: Path, content: str) -> None:
    (workplace / "asr.toml").write_text(f"[diarizer]\n{content}\n", encoding="utf-8")


def test_a_file_switches_it_on_and_no_diarize_off(
    asr: Callable, talk: str, workplace: Path
) -> None:
    configure(workplace, 'backend = "talker"\nnum_speakers = 2\nembeddings = true')
    call = ["run", talk, "-f", "json", "-q"]
    assert who(asr(*call)) == ["SPEAKER_00", "SPEAKER_01"]
    off = asr(*call, "--no-diarize")
    assert (off.exit_code, who(off)) == (0, [None, None])
    assert "turns" not in json.loads(off.stdout)


def test_diarize_keeps_the_backend_of_a_file(asr: Callable, talk: str, workplace: Path) -> None:
    configure(workplace, 'backend = "deaf"')
    shown = asr("run", talk, "--diarize")
    assert shown.exit_code == 2
    assert "diarizer backend deaf is not installed" in shown.stderr
    assert 'asr: run: pip install "stranger[deaf]"' in shown.stderr


def test_diarize_beats_a_file_that_says_none(asr: Callable, talk: str, workplace: Path) -> None:
    configure(workplace, 'backend = "none"\nembeddings = true')
    shown = asr("run", talk, "-f", "json", "-q", "--diarize")
    assert who(shown) == ["SPEAKER_00", "SPEAKER_01"]
    assert set(json.loads(shown.stdout)["speaker_embeddings"]) == {"SPEAKER_00", "SPEAKER_01"}


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("command", [["run", "--diarize", "--batch-size", "1"], ["diarize"]])
def test_ctrl_c_ends_a_diarizer_at_once_and_keeps_finished_files(
    record: Callable, workplace: Path, command: list[str]
) -> None:
    inputs = [record("a.wav"), record("b.wav")]
    sleepy = ["-s", "diarizer.options.sleeps_from=2"]
    arguments = [sys.executable, "-m", "asrcore_cli", *command, *inputs, "-o", "out", *sleepy]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as running:
        try:
            wrote = [running.stderr.readline() for _ in range(2)][-1]
            time.sleep(0.2)  # the diarizer computes now, and hears no signal
            running.send_signal(signal.SIGINT)
            _, told = running.communicate(timeout=5)
        finally:
            running.kill()
    assert wrote.startswith(f"asr: wrote {Path('out', 'a.')}")
    assert told == "asr: interrupted; finished files are kept\n"
    assert running.returncode == 130
    assert [path.stem for path in (workplace / "out").iterdir()] == ["a"]


# What nobody would heed is refused


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--num-speakers", "2"], "diarizer: the number of speakers"),
        (["--max-speakers", "2"], "diarizer: the number of speakers"),
        (["--speakers", "alice=talk.wav"], "diarizer.speakers"),
        (["-s", "diarizer.embeddings=true"], "diarizer.embeddings"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_said_of_speakers_needs_a_diarizer(
    asr: Callable, talk: str, arguments: list[str], what: str
) -> None:
    shown = asr("run", talk, *arguments)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr == (
        f"asr: error: {what}: nobody looks for speakers\n"
        "asr: add --diarize, or set diarizer.backend\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--num-speakers", "2", "--min-speakers", "1"], "num_speakers excludes"),
        (["--num-speakers", "0"], "speaker counts run from at least 1"),
        (["--speakers", "alice"], "a speaker is given as NAME=FILE"),
        (["--speakers", "alice=gone.wav"], "diarizer.speakers.alice: gone.wav: there is no such"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_is_refused(
    asr: Callable, talk: str, arguments: list[str], message: str
) -> None:
    shown = asr("run", talk, "--diarize", *arguments)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert message in shown.stderr


def test_several_recordings_as_rttm_need_a_folder(asr: Callable, record: Callable) -> None:
    shown = asr("run", record("a.wav"), record("b.wav"), "--diarize", "-f", "rttm")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "add --output-dir DIR" in shown.stderr


def test_no_diarize_beside_speakers_is_refused(asr: Callable, talk: str) -> None:
    assert asr("run", talk, "--no-diarize", "--num-speakers", "2").exit_code == 2


def test_the_number_of_a_call_beats_bounds_of_a_file(
    asr: Callable, talk: str, workplace: Path
) -> None:
    configure(workplace, 'backend = "talker"\nmax_speakers = 4')
    assert asr("run", talk, "--num-speakers", "2").exit_code == 0


def test_rttm_without_a_diarizer_is_refused_or_remarked(asr: Callable, talk: str) -> None:
    shown = asr("run", talk, "-f", "rttm", "-q")
    assert shown.exit_code == 2
    assert "--diarize" in shown.stderr

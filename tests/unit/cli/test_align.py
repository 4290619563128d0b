"""`asr align` with a stranger's backends; and when `asr run` aligns."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

SRT = "1\n00:00:00,000 --> 00:00:01,000\n[BOB]: good\n\n2\n00:00:01,100 --> 00:00:01,500\nmorning\n"


@pytest.fixture(autouse=True)
def even(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stranger's aligner, alone in line."""
    monkeypatch.setenv("ASRCORE_ALIGNER__BACKEND", "even")
    monkeypatch.setenv("ASRCORE_ALIGNER__FALLBACK", "false")


def words(shown: object) -> list[tuple[str, float, float]]:
    told = json.loads(shown.stdout)["word_segments"]
    return [(word["word"], word["start"], word["end"]) for word in told]


def test_a_text_gets_times(asr: Callable, record: Callable) -> None:
    shown = asr("align", record("a.wav"), record("a.txt", "good\nmorning"), "-f", "json", "-q")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert words(shown) == [("good", 0.0, 1.5), ("morning", 1.5, 3.0)]


def test_subtitles_are_kept_to_their_times_unless_told_otherwise(
    asr: Callable, record: Callable
) -> None:
    call = ["align", record("a.wav"), record("a.srt", SRT), "-f", "json", "-q", "-l", "en"]
    kept = words(asr(*call))
    anew = words(asr(*call, "--ignore-times"))
    assert [word for word, *_ in kept] == [word for word, *_ in anew]
    assert (kept[-1][2], anew[-1][2]) == (2.0, 3.0)


def test_files_are_written_in_every_format(
    asr: Callable, record: Callable, workplace: Path
) -> None:
    formats = ("txt", "srt", "vtt", "tsv", "json")
    text = record("text.txt", "good morning")
    shown = asr("align", record("talk.wav"), text, "-o", "out", "-f", ",".join(formats))
    assert shown.exit_code == 0
    assert "asr: wrote out/talk.srt" in shown.stderr.splitlines()
    assert {path.name for path in (workplace / "out").iterdir()} == {
        f"talk.{form}" for form in formats
    }


@pytest.mark.parametrize(
    ("name", "content", "status", "message"),
    [
        ("a.txt", "", 1, "a.txt: there is no text in it to align"),
        ("a.rttm", "SPEAKER a 1 0 1 <NA> <NA> X <NA> <NA>", 1, "there is no text in it to align"),
        ("a.doc", "good", 2, "a.doc: no reader reads a .doc file"),
        ("a.stm", "x 1 A 0 1 good\ny 1 A 0 1 bad", 2, "it tells of x, y, not of a"),
    ],
)
def test_a_text_that_is_none(
    asr: Callable, record: Callable, name: str, content: str, status: int, message: str
) -> None:
    shown = asr("align", record("a.wav"), record(name, content))
    assert (shown.exit_code, shown.stdout) == (status, "")
    assert message in shown.stderr


def test_the_folder_is_no_text(asr: Callable, record: Callable, workplace: Path) -> None:
    shown = asr("align", record("a.wav"), workplace)
    assert shown.exit_code == 2
    assert "is a folder" in shown.stderr


def test_of_several_recordings_the_one_of_that_name_is_meant(
    asr: Callable, record: Callable
) -> None:
    text = record("all.stm", "a 1 A 0 1 good\nb 1 A 0 1 bad")
    shown = asr("align", record("b.wav"), text, "-q", "-l", "en", "-f", "txt")
    assert shown.stdout == "A: bad\n"


def test_without_a_format_times_are_told(asr: Callable, record: Callable) -> None:
    shown = asr("align", record("a.wav"), record("a.txt", "good"), "-q")
    assert shown.stdout == "1\n00:00:00,000 --> 00:00:03,000\ngood\n\n"


def test_no_align_turns_off_what_would_need_it(asr: Callable, record: Callable) -> None:
    characters = ["-s", "aligner.characters=true"]
    assert asr("run", record("a.wav"), "-q", *characters, "--no-align").exit_code == 0


@pytest.mark.parametrize(
    ("audio", "text", "status", "message"),
    [
        ("missing.wav", "a.txt", 1, "missing.wav"),
        ("broken.wav", "a.txt", 1, "broken.wav"),
        ("a.wav", "missing.txt", 1, "missing.txt: there is no such file"),
    ],
)
def test_what_cannot_be_read_is_named(
    asr: Callable, record: Callable, audio: str, text: str, status: int, message: str
) -> None:
    record("a.wav"), record("a.txt", "good"), record("broken.wav", "broken")
    shown = asr("align", audio, text, "-l", "en")
    assert (shown.exit_code, shown.stdout) == (status, "")
    assert message in shown.stderr
    assert "Traceback" not in shown.stderr


def test_several_formats_need_a_folder(asr: Callable, record: Callable) -> None:
    shown = asr("align", record("a.wav"), record("a.txt", "good"), "-f", "txt,srt")
    assert shown.exit_code == 2
    assert "add --output-dir DIR" in shown.stderr


def test_without_an_aligner_nothing_is_aligned(asr: Callable, record: Callable) -> None:
    shown = asr("align", record("a.wav"), record("a.txt", "good"), "-b", "none")
    assert shown.exit_code == 2
    assert "aligner.backend" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "scores"),
    [([], [1.0, 1.0]), (["--align"], [1.0, 1.0]), (["--no-align"], [None, None])],
)
def test_run_aligns_as_told(
    asr: Callable, record: Callable, arguments: list[str], scores: list[float | None]
) -> None:
    """The stranger's transcriber tells no scores, the aligner does."""
    shown = asr("run", record("a.wav"), "-q", "-f", "json", *arguments)
    told = json.loads(shown.stdout)["word_segments"]
    assert [word.get("score") for word in told] == scores


def test_align_beats_a_file_that_says_none(
    asr: Callable, record: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--align` leaves the choice to the planner: here the transcriber's own times are enough."""
    monkeypatch.setenv("ASRCORE_ALIGNER__BACKEND", "none")
    shown = asr("run", record("a.wav"), "-q", "-f", "json", "--align")
    assert shown.exit_code == 0
    assert [word["word"] for word in json.loads(shown.stdout)["word_segments"]] == [
        "hello",
        "world",
    ]

"""What a user sees meanwhile."""

import re
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from asrcore.domain.events import (
    ChunkTranscribed,
    Event,
    ModelLoading,
    RecordingFailed,
    RecordingFinished,
    RecordingStarted,
    SpeakersSought,
    SpeechFound,
    Warned,
)
from asrcore.domain.recording import Recording
from asrcore.domain.transcript import Transcript
from asrcore.errors import AudioDecodeError
from asrcore_cli import progress
from asrcore_cli.progress import Lines, Live, Quiet, reporter

FIRST, SECOND = Recording.of("first.wav"), Recording.of("[bold]second[/bold].wav")
ODD = "[red]no[/red] markup, [/] :smile: {braces} \\[0]"
RUN: list[Event] = [
    ModelLoading("audio_source", "pyav"),
    ModelLoading("transcriber", "whisper"),
    ModelLoading("aligner", "ctc"),
    RecordingStarted(FIRST),
    RecordingStarted(SECOND),
    SpeechFound(FIRST, 100.0, 80.0),
    SpeakersSought(FIRST, 0.0),
    ChunkTranscribed(FIRST, 30.0, 80.0, "so it begins"),
    SpeakersSought(FIRST, 0.5),
    SpeechFound(SECOND, 10.0, 0.0),
    ChunkTranscribed(FIRST, 80.0, 80.0, f"{'and goes on ' * 9}{ODD}"),
    Warned(SECOND, f"no speech was found in it {ODD}"),
    RecordingFinished(SECOND, Transcript(duration=10.0)),
    RecordingFinished(FIRST, Transcript(duration=100.0)),
]
FAILURE: list[Event] = [
    ModelLoading("transcriber", "whisper"),
    RecordingStarted(SECOND),
    RecordingStarted(FIRST),
    RecordingFailed(SECOND, AudioDecodeError(f"{SECOND.name}: {ODD}", "try another")),
    SpeechFound(FIRST, 100.0, 80.0),
    SpeakersSought(FIRST, 1.0),
    RecordingFailed(FIRST, AudioDecodeError("first.wav: it broke")),
]


class Terminal(StringIO):
    """A stderr that is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def open_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Make stderr a terminal; called in the test itself, before which pytest sets its own."""

    def install() -> Terminal:
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return install


def play(shows: Quiet, events: list[Event]) -> None:
    with shows:
        for event in events:
            shows(event)


def without_speed(lines: list[str]) -> list[str]:
    return [re.sub(r" in \d+\.\d s( \(\d+\.\d+x\))?$", "", line) for line in lines]


@pytest.mark.parametrize(
    ("quiet", "on_a_terminal", "kind"),
    [(True, True, Quiet), (True, False, Quiet), (False, False, Lines), (False, True, Live)],
)
def test_the_reporter_fits(
    monkeypatch: pytest.MonkeyPatch, quiet: bool, on_a_terminal: bool, kind: type
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal() if on_a_terminal else StringIO())
    assert type(reporter(quiet=quiet, debug=False)) is kind


def test_quiet_tells_nothing_but_errors(capsys: pytest.CaptureFixture[str]) -> None:
    shows = Quiet(debug=False)
    play(shows, RUN)
    shows.wrote(Path("out.txt"))
    assert capsys.readouterr() == ("", "")
    play(shows, FAILURE)
    assert capsys.readouterr() == (
        "",
        f"asr: error: {SECOND.name}: {ODD}\nasr: try another\nasr: error: first.wav: it broke\n",
    )


def test_lines_tells_what_is_done_and_what_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    shows = Lines(debug=False)
    play(shows, RUN)
    shows.wrote(Path("out.txt"))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert without_speed(printed.err.splitlines()) == [
        f"asr: warning: {SECOND.name}: no speech was found in it {ODD}",
        f"asr: {SECOND.name}: 10.0 s",
        "asr: first.wav: 100.0 s",
        "asr: 2 recordings: 110.0 s",
        "asr: wrote out.txt",
    ]
    play(Lines(debug=False), FAILURE)
    assert capsys.readouterr().err.count("asr: error: ") == 2


def test_the_speed_is_told_by_the_work_for_each_and_by_the_clock_for_all(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 1.0, 11.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times))
    with Lines(debug=False) as shows:
        shows(RecordingFinished(FIRST, Transcript(duration=100.0, timings={"a": 2.0, "b": 0.5})))
        shows(RecordingFinished(FIRST, Transcript(duration=100.0)))
    assert capsys.readouterr().err == (
        "asr: first.wav: 100.0 s in 2.5 s (40.0x)\n"
        "asr: first.wav: 100.0 s in 0.0 s\n"
        "asr: 2 recordings: 200.0 s in 10.0 s (20.0x)\n"
    )


@pytest.mark.parametrize("kind", [Quiet, Lines, Live])
def test_debug_shows_the_traceback_of_a_failed_recording(
    kind: type, open_terminal: Callable, screen: Callable
) -> None:
    terminal = open_terminal()
    error = AudioDecodeError("first.wav: it broke")
    error.__cause__ = ZeroDivisionError("deep inside")
    play(kind(debug=True), [RecordingStarted(FIRST), RecordingFailed(FIRST, error)])
    shown = screen(terminal.getvalue())
    assert "ZeroDivisionError: deep inside" in shown
    assert shown[-1] == "asr: error: first.wav: it broke"


def test_live_leaves_the_same_lines_behind_and_nothing_on_stdout(
    open_terminal: Callable, screen: Callable, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = open_terminal()
    stdout = sys.stdout
    shows = Live(debug=False)
    with shows:
        for event in [*RUN, *FAILURE]:
            shows(event)
            assert sys.stdout is stdout
        shows.wrote(Path("out.txt"))
    assert capsys.readouterr().out == ""
    assert sys.stderr is terminal
    assert without_speed(screen(terminal.getvalue())) == [
        f"asr: warning: {SECOND.name}: no speech was found in it {ODD}",
        f"asr: {SECOND.name}: 10.0 s",
        "asr: first.wav: 100.0 s",
        f"asr: error: {SECOND.name}: {ODD}",
        "asr: try another",
        "asr: error: first.wav: it broke",
        "asr: wrote out.txt",
        "asr: 2 recordings: 110.0 s",
    ]


@pytest.fixture
def display(open_terminal: Callable, screen: Callable) -> Callable[[], tuple[Live, Callable]]:
    """A live display, and what it shows now: the words of each line."""

    def begin() -> tuple[Live, Callable[[], list[list[str]]]]:
        terminal = open_terminal()
        shows = Live(debug=False)

        def shown() -> list[list[str]]:
            """Taken down and put up again."""
            terminal.truncate(0)
            terminal.seek(0)
            with shows.aside():
                pass
            _, _, drawn = terminal.getvalue().rpartition("\x1b[?25l")
            return [re.sub(r"[⠀-⣿━╸╺]+", " ", line).split() for line in screen(drawn)]

        return shows, shown

    return begin


def test_live_shows_what_is_going_on(display: Callable) -> None:
    shows, shown = display()
    with shows:
        shows(ModelLoading("voice_activity", "silero"))
        assert shown() == []
        shows(ModelLoading("transcriber", "whisper"))
        (line,) = shown()
        assert " ".join(line) == "loading whisper (transcriber; a first use may download)"
        shows(ModelLoading("diarizer", "who"))
        (line,) = shown()
        assert line[:3] == ["loading", "who", "(diarizer;"]
        shows(RecordingStarted(FIRST))
        shows(RecordingStarted(SECOND))
        assert [line[:2] for line in shown()] == [
            ["first.wav:", "decoding"],
            [f"{SECOND.name}:", "decoding"],
        ]
        shows(SpeechFound(FIRST, 100.0, 80.0))
        shows(ChunkTranscribed(FIRST, 40.0, 80.0, "a [b]c[/b]"))
        first, second = shown()
        assert first[:4] == ["first.wav:", "transcribing", "a", "[b]c[/b]"]
        assert second[1] == "decoding"
        shows(ChunkTranscribed(FIRST, 80.0, 80.0, "x" * 50))
        assert shown()[0][2:4] == ["...", "x" * 40]
        shows(RecordingFinished(FIRST, Transcript(duration=100.0)))
        assert [line[0] for line in shown()] == [f"{SECOND.name}:"]


@pytest.mark.parametrize("end", [RUN[-1], FAILURE[-1]])
def test_speakers_are_sought_on_a_line_of_their_own_until_the_end(
    display: Callable, end: Event
) -> None:
    shows, shown = display()
    with shows:
        for recording in (FIRST, SECOND):
            shows(RecordingStarted(recording))
        shows(SpeechFound(FIRST, 100.0, 80.0))
        shows(SpeakersSought(FIRST, 0.0))
        shows(ChunkTranscribed(FIRST, 40.0, 80.0, "so it begins"))
        shows(SpeakersSought(FIRST, 0.25))
        assert [line[:2] for line in shown()] == [
            ["first.wav:", "transcribing"],
            [f"{SECOND.name}:", "decoding"],
            ["first.wav:", "speakers"],
        ]
        (task,) = (each for each in shows._progress.tasks if "speakers" in each.description)
        assert task.percentage == 25.0
        shows(SpeakersSought(FIRST, 1.0))
        assert len(shown()) == 3
        shows(end)
        assert [line[0] for line in shown()[-1:]] == [f"{SECOND.name}:"]
        assert not [line for line in shown() if "speakers" in line]


def test_what_is_diarized_alone_is_not_said_to_be_decoded(display: Callable) -> None:
    shows, shown = display()
    with shows:
        shows(RecordingStarted(FIRST))
        shows(SpeakersSought(FIRST, 0.25))
        assert not [line for line in shown() if "decoding" in line]


def test_what_goes_to_stdout_meanwhile_is_not_erased(
    open_terminal: Callable, screen: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = open_terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    shows = Live(debug=False)
    with shows:
        shows(RecordingStarted(FIRST))
        shows(RecordingStarted(SECOND))
        for line in ("one", "two"):
            with shows.aside():
                sys.stdout.write(f"{line}\n")
    assert screen(terminal.getvalue()) == ["one", "two"]


def test_an_error_takes_the_display_down(open_terminal: Callable, screen: Callable) -> None:
    terminal = open_terminal()
    shows = Live(debug=False)
    with pytest.raises(KeyboardInterrupt), shows, shows.aside():
        raise KeyboardInterrupt
    assert screen(terminal.getvalue()) == []
    assert terminal.getvalue().rpartition("\x1b[?25")[2].startswith("h"), "the cursor is hidden"
    assert sys.stderr is terminal


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(
    open_terminal: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = open_terminal()
    monkeypatch.setenv("TERM", "dumb")
    assert Console(stderr=True).is_dumb_terminal
    play(Live(debug=False), RUN)
    lines = [line for line in terminal.getvalue().splitlines() if line.startswith("asr: ")]
    assert len(lines) == 4
    assert "━" not in terminal.getvalue()

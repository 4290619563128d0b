"""What a user sees while recordings are transcribed: on stderr, live only on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from rich import live
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from asrcore.domain.events import (
    ChunkTranscribed,
    Event,
    ModelLoading,
    RecordingFailed,
    RecordingFinished,
    RecordingStarted,
    SpeakersSought,
    SpeechFound,
    TextAligned,
    VoiceLearning,
    Warned,
)
from asrcore.domain.recording import Recording
from asrcore_cli.errors import say, show


def reporter(*, quiet: bool, debug: bool) -> Quiet:
    """The reporter that fits: only errors, a line a recording, or a live display."""
    if quiet:
        return Quiet(debug=debug)
    return Live(debug=debug) if sys.stderr.isatty() else Lines(debug=debug)


def _speed(sound: float, seconds: float) -> str:
    times = f" ({sound / seconds:.1f}x)" if seconds else ""
    return f"{sound:.1f} s in {seconds:.1f} s{times}"


def _tail(text: str) -> str:
    return f"... {text[-40:]}" if len(text) > 40 else text


class Quiet:
    """Says nothing but errors. A context manager, so that a live display is always taken down."""

    def __init__(self, *, debug: bool) -> None:
        self._debug = debug

    def __call__(self, event: Event) -> None:
        """Show an error; pass over the rest."""
        if isinstance(event, RecordingFailed):
            show(event.error, debug=self._debug)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Be out of the way while the body writes to stdout, which may be the same terminal."""
        yield

    def wrote(self, path: Path) -> None:
        """A result is in this file."""

    def begin(self) -> None:
        """The run begins."""

    def end(self) -> None:
        """The run is over, or broken off."""

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()


class Lines(Quiet):
    """A line for every recording that is done, and for every warning."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__(debug=debug)
        self._begun = time.monotonic()
        self._heard: list[float] = []

    def __call__(self, event: Event) -> None:
        """Say what a user without a terminal needs to know."""
        super().__call__(event)
        match event:
            case Warned(recording, message):
                say(f"warning: {recording.name}: {message}")
            case RecordingFinished(recording, transcript):
                worked = sum(transcript.timings.values())
                say(f"{recording.name}: {_speed(transcript.duration, worked)}")
                self._heard.append(transcript.duration)

    def wrote(self, path: Path) -> None:
        """Name the file."""
        say(f"wrote {path}")

    def begin(self) -> None:
        """Start the clock."""
        self._begun = time.monotonic()

    def end(self) -> None:
        """Tell the speed of all together, where there are several."""
        if len(self._heard) > 1:
            took = time.monotonic() - self._begun
            say(f"{len(self._heard)} recordings: {_speed(sum(self._heard), took)}")


class Live(Lines):
    """The same lines, and below them what is going on."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__(debug=debug)
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[heard]}", markup=False),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=self._console,
        )
        self._display = self._new_display()
        self._tasks: dict[Recording, TaskID] = {}
        self._speakers: dict[Recording, TaskID] = {}
        self._transcribed: set[Recording] = set()
        self._loading: TaskID | None = None

    def begin(self) -> None:
        """Put the display up."""
        super().begin()
        self._display.start(refresh=True)

    def end(self) -> None:
        """Take the display down for good."""
        self._display.stop()
        super().end()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the display down meanwhile: redrawn, it would erase what was written."""
        self._display.stop()
        try:
            yield
        finally:
            self._display = self._new_display()
            self._display.start(refresh=True)

    def wrote(self, path: Path) -> None:
        """Name the file."""
        with self.aside():
            super().wrote(path)

    def __call__(self, event: Event) -> None:
        """Update the display."""
        match event:
            case ModelLoading("transcriber" | "aligner" | "diarizer" as stage, backend):
                self._show_loading(f"loading {backend} ({stage}; a first use may download)")
            case VoiceLearning(name):
                self._show_loading(f"learning the voice of {name}")
            case RecordingStarted(recording):
                self._show_loading(None)
                self._tasks[recording] = self._add(f"{recording.name}: decoding")
            case SpeechFound(recording, _, speech):
                self._transcribed.add(recording)
                description = f"{recording.name}: transcribing"
                self._progress.update(
                    self._tasks[recording], description=description, total=speech, completed=0
                )
            case ChunkTranscribed(recording, done, _, text):
                self._progress.update(self._tasks[recording], completed=done, heard=_tail(text))
            case TextAligned(recording, done, total, text):
                self._progress.update(
                    self._tasks[recording],
                    description=f"{recording.name}: aligning",
                    completed=done,
                    total=total,
                    heard=_tail(text),
                )
            case SpeakersSought(recording, done):
                self._show_speakers(recording, done)
            case RecordingFinished(recording) | RecordingFailed(recording):
                for task in {self._tasks.pop(recording), self._speakers.pop(recording, None)}:
                    if task is not None:
                        self._progress.remove_task(task)
        if isinstance(event, Warned | RecordingFinished | RecordingFailed):
            with self.aside():
                super().__call__(event)
        else:
            super().__call__(event)

    def _new_display(self) -> live.Live:
        """A fresh one for each time that it goes up: a used one would erase what is above it."""
        return live.Live(
            self._progress,
            console=self._console,
            transient=True,
            redirect_stdout=False,
            refresh_per_second=10,
        )

    def _show_speakers(self, recording: Recording, done: float) -> None:
        """On a line of its own where words are transcribed meanwhile."""
        if recording not in self._speakers:
            transcribed = recording in self._transcribed
            self._speakers[recording] = self._add("") if transcribed else self._tasks[recording]
        self._progress.update(
            self._speakers[recording],
            description=f"{recording.name}: speakers",
            total=1.0,
            completed=done,
        )

    def _show_loading(self, description: str | None) -> None:
        if self._loading is not None:
            self._progress.remove_task(self._loading)
        self._loading = None if description is None else self._add(description)

    def _add(self, description: str) -> TaskID:
        return self._progress.add_task(description, total=None, heard="")

"""From recordings to results: printed, or saved as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

from asrcore.api import Engine
from asrcore.bootstrap.settings import Settings
from asrcore.domain.naming import output_stems
from asrcore.domain.outcome import Outcome
from asrcore.domain.recording import Recording
from asrcore.domain.transcript import Transcript
from asrcore.errors import AsrError, OutputError
from asrcore_cli.documents import text_of
from asrcore_cli.errors import show
from asrcore_cli.output import print_text
from asrcore_cli.progress import Quiet


def transcribe(
    settings: Settings, recordings: Sequence[Recording], progress: Quiet, *, debug: bool
) -> bool:
    """Transcribe and hand out results as they come; whether all went well."""
    with Engine(settings, progress=progress) as engine:
        return Results(engine, recordings, progress, debug=debug).hand_out(engine.transcribe_many)


def diarize(
    settings: Settings, recordings: Sequence[Recording], progress: Quiet, *, debug: bool
) -> bool:
    """Diarize and hand out results as they come; whether all went well."""
    with Engine(settings, progress=progress) as engine:
        return Results(engine, recordings, progress, debug=debug).hand_out(engine.diarize_many)


class Results:
    """Where the results of recordings go.

    Args:
        engine: writes them as configured.
        recordings: all of the run, so that no two files have one name.
        progress: steps aside while something is printed.
        debug: whether tracebacks are shown.

    Raises:
        UnknownBackendError: a format is none, which is refused before any work.
    """

    def __init__(
        self, engine: Engine, recordings: Sequence[Recording], progress: Quiet, *, debug: bool
    ) -> None:
        self._engine = engine
        self._stems = dict(zip(recordings, output_stems(recordings), strict=True))
        self._progress = progress
        writers = engine.writers  # made first: an unknown format is refused before any work
        # RTTM names the recording in every line; in other formats only one fits on stdout.
        self._headed = "txt" in writers and len(recordings) > 1
        self._debug = debug

    def hand_out(self, work: Callable[[Sequence[Recording]], Iterable[Outcome]]) -> bool:
        """Print or save each outcome of the work as it comes; whether all went well."""
        return sum(not self._one(outcome) for outcome in work([*self._stems])) == 0

    def _one(self, outcome: Outcome) -> bool:
        recording = outcome.recording
        if outcome.transcript is None:
            return False
        try:
            stem = self._stems[recording]
            result = _result(self._engine, replace(outcome.transcript, name=stem), stem)
        except Exception as error:  # noqa: BLE001 - one result never takes the others down
            with self._progress.aside():
                show(_failure(error, recording), debug=self._debug)
            return False
        _hand_out(result, recording.name if self._headed else "", self._progress)
        return True


def align_text(
    settings: Settings, audio: str, document: Path, progress: Quiet, *, keep_times: bool
) -> None:
    """Align a document's text to a recording and hand out the result."""
    with Engine(settings, progress=progress) as engine:
        recording = Recording.of(audio)
        _ = engine.writers  # made first: an unknown format is refused before any work
        text = text_of(engine, document, recording.stem)
        transcript = engine.align(audio, text, keep_times=keep_times)
        _hand_out(_result(engine, transcript, recording.stem), "", progress)


def _result(engine: Engine, transcript: Transcript, stem: str) -> str | list[Path]:
    """The text for stdout, or the files that were written."""
    if engine.settings.output.directory is not None:
        return engine.save(transcript, engine.settings.output.directory, stem)
    (writer,) = engine.writers.values()
    text = StringIO()
    writer.write(transcript, text)
    return text.getvalue()


def _failure(error: Exception, recording: Recording) -> AsrError:
    """Why a result could not be written, the recording named."""
    if isinstance(error, AsrError):
        return error
    failure = OutputError(
        f"{recording.name}: unexpected {type(error).__name__} while writing it: {error}",
        "run again with --debug to see where",
    )
    failure.__cause__ = error
    return failure


def _hand_out(result: str | list[Path], heading: str, progress: Quiet) -> None:
    if isinstance(result, str):
        with progress.aside():
            print_text(f"==> {heading} <==\n{result}" if heading else result)
    else:
        for path in result:
            progress.wrote(path)

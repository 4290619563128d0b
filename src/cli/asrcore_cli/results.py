"""From recordings to results: printed, or saved as files."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from asrcore.api import Engine
from asrcore.bootstrap.settings import Settings
from asrcore.domain.naming import output_stems
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
        stems = dict(zip(recordings, output_stems(recordings), strict=True))
        all_well = bool(engine.writers)  # made first: an unknown format is refused before any work
        for outcome in engine.transcribe_many(recordings):
            recording = outcome.recording
            if outcome.transcript is None:
                all_well = False
                continue
            try:
                result = _result(engine, outcome.transcript, stems[recording])
            except Exception as error:  # noqa: BLE001 - one result never takes the others down
                with progress.aside():
                    show(_failure(error, recording), debug=debug)
                all_well = False
            else:
                _hand_out(result, recording.name if len(recordings) > 1 else "", progress)
    return all_well


def align_text(
    settings: Settings, audio: str, document: Path, progress: Quiet, *, keep_times: bool
) -> None:
    """Align a document's text to a recording and hand out the result."""
    with Engine(settings, progress=progress) as engine:
        recording = Recording.of(audio)
        assert engine.writers  # made first: an unknown format is refused before any work
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

"""The front door: configuration in, transcripts out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from dependency_injector import providers

from asrcore.bootstrap.config import load
from asrcore.bootstrap.container import Container
from asrcore.bootstrap.device_check import DeviceCheck, check_device
from asrcore.bootstrap.planner import PASSED_IN, Plan
from asrcore.bootstrap.registry import Registry
from asrcore.bootstrap.run_options import run_options, speaker_options
from asrcore.bootstrap.settings import AUTO, Settings
from asrcore.bootstrap.stage_planner import BackendFacts
from asrcore.domain.annotation import Annotation
from asrcore.domain.capabilities import TranscriberCapabilities
from asrcore.domain.diarization import Diarization, Embedding
from asrcore.domain.events import Event
from asrcore.domain.hardware import HardwareProfile
from asrcore.domain.outcome import Outcome
from asrcore.domain.recording import Recording, Source, Span
from asrcore.domain.request import Task
from asrcore.domain.scoring.evaluation import Evaluation
from asrcore.domain.transcript import Transcript
from asrcore.errors import InputError
from asrcore.ports.aligner import Aligner
from asrcore.ports.attentive import Attentive
from asrcore.ports.audio_source import AudioSource
from asrcore.ports.diarizer import Diarizer
from asrcore.ports.metric import Metric
from asrcore.ports.progress import Progress
from asrcore.ports.sentence_splitter import SentenceSplitter
from asrcore.ports.transcriber import Transcriber
from asrcore.ports.transcript_writer import TranscriptWriter
from asrcore.ports.voice_activity import VoiceActivityDetector
from asrcore.usecases.admit import Admission, admit
from asrcore.usecases.align_text import AlignText
from asrcore.usecases.diarize import SpeakerOptions, refuse_speaker_options
from asrcore.usecases.diarize_recordings import DiarizeRecordings
from asrcore.usecases.draw import draw
from asrcore.usecases.evaluate import benchmark, evaluate
from asrcore.usecases.export import export
from asrcore.usecases.read import read
from asrcore.usecases.stages import RunOptions, Stages
from asrcore.usecases.transcribe import TranscribeRecordings

__all__ = ["Engine"]

T = TypeVar("T")


def _silent(event: Event) -> None:
    """Take no notice."""


class Engine:
    """Transcribes recordings as configured.

    Models are loaded when first needed and kept until `close()`. An engine may be used from
    several threads; engines share nothing.

    Args:
        settings: `Settings`, nested values, the path of a TOML file, or None for the defaults.
        transcriber, aligner, diarizer, voice_activity, audio_source, sentence_splitter:
            ready-made parts that take the place of the configured ones; whoever passes one
            closes it.
        progress: hears the events of every run.

    Raises:
        ConfigError: a setting is wrong.

    >>> from asrcore.testing import FakeTranscriber
    >>> with Engine(transcriber=FakeTranscriber("hello world")) as engine:
    ...     engine.transcribe("examples/jfk.flac").text
    'hello world'
    """

    def __init__(
        self,
        settings: Settings | Mapping[str, Any] | str | os.PathLike[str] | None = None,
        *,
        transcriber: Transcriber | None = None,
        aligner: Aligner | None = None,
        diarizer: Diarizer | None = None,
        voice_activity: VoiceActivityDetector | None = None,
        audio_source: AudioSource | None = None,
        sentence_splitter: SentenceSplitter | None = None,
        progress: Progress = _silent,
    ) -> None:
        self._progress = progress
        self._one_at_a_time = RLock()
        parts = {
            "transcriber": transcriber,
            "aligner": aligner,
            "diarizer": diarizer,
            "voice_activity": voice_activity,
            "audio_source": audio_source,
            "sentence_splitter": sentence_splitter,
        }
        given = {name: part for name, part in parts.items() if part is not None}
        self._container = Container(
            settings=providers.Object(_settings(settings)),
            registry=providers.Object(Registry()),
            progress=providers.Object(progress),
            made=providers.Object(self._made),
            given=providers.Object({name: _facts(part) for name, part in given.items()}),
        )
        for name, part in given.items():
            getattr(self._container, name).override(providers.Object(part))

    @property
    def settings(self) -> Settings:
        """What it was configured with."""
        return self._container.settings()

    @property
    def hardware(self) -> HardwareProfile:
        """The machine as probed."""
        return self._made(self._container.profile)

    @property
    def plan(self) -> Plan:
        """Which backend does what, where, and why; of parts passed in, only that they were.

        Raises:
            ConfigError, MissingEngineError: the settings cannot be met on this machine.
        """
        return self._made(self._container.plan)

    def transcribe(
        self,
        source: Source,
        *,
        speech: Sequence[Span] | None = None,
        language: str | None = None,
        task: Task | None = None,
        prompt: str | None = None,
        hotwords: str | None = None,
    ) -> Transcript:
        """Transcribe one recording.

        Args:
            source: a path, `-` for standard input, a binary file object, a `Waveform`, or an
                array of shape (n,) or (channels, n) at 16 kHz.
            speech: the stretches to transcribe, `TimeSpan` or (start, end) in seconds; each is
                transcribed by itself.
            language, task, prompt, hotwords: take the place of the settings; language `auto`
                detects it.

        Raises:
            AsrError: see `asrcore.errors`; every error is one of those.
        """
        given = {"language": language, "task": task, "prompt": prompt, "hotwords": hotwords}
        (outcome,) = self._run([admit(source, speech)], given)
        return outcome.unwrap()

    def transcribe_many(self, sources: Iterable[Source | Recording]) -> Iterator[Outcome]:
        """Transcribe many recordings, full batches across them; one failing stops no other.

        Outcomes come as soon as they are known, mostly in order.

        Raises:
            ConfigError, MissingEngineError, ModelError: nothing can be transcribed at all.
            TypeError: it is one path, not many.
        """
        admission = Admission(_several(sources))
        return admission.with_refused(self._run(admission.recordings(), {}))

    def align(
        self,
        source: Source,
        text: str | Annotation | Transcript,
        *,
        language: str | None = None,
        keep_times: bool = True,
    ) -> Transcript:
        """Find when each word of a known text is said in a recording, however long that is.

        Args:
            source: see `transcribe`.
            text: plain text, a transcript, or what `read` gives; its speakers are kept.
            language: takes the place of the settings and of what the text tells; where none of
                them does, the transcriber detects it.
            keep_times: whether times that the text has are right to within half a second; if not,
                they are found anew.

        Raises:
            AsrError: see `asrcore.errors`; every error is one of those.
        """
        given = _annotation(text)
        work = AlignText(
            self._made(self._container.audio_source),
            self._made(self._container.aligners),
            self._made(self._container.sentence_splitter),
            partial(self._made, self._container.transcriber),
            self._hear,
            self._progress,
            self.settings.aligner.characters,
        )
        configured = language or self.settings.transcriber.language
        known = given.language if configured == AUTO else configured
        return work.run(admit(source), given if keep_times else given.without_times(), known)

    def diarize(self, source: Source) -> Diarization:
        """Find who speaks when in one recording; no word is transcribed.

        It takes the configured diarizer; where speakers are switched off, the best for this
        machine. `diarizer.embeddings` adds the voices.

        Raises:
            AsrError: see `asrcore.errors`; every error is one of those.
        """
        (outcome,) = self._find_speakers([admit(source)])
        return outcome.unwrap().diarization or Diarization()

    def diarize_many(self, sources: Iterable[Source | Recording]) -> Iterator[Outcome]:
        """Find who speaks when in many recordings; one failing stops no other.

        An outcome's transcript has no text; its `diarization` is what was found.

        Raises:
            ConfigError, MissingEngineError, ModelError: nothing can be diarized at all.
            TypeError: it is one path, not many.
        """
        admission = Admission(_several(sources))
        return admission.with_refused(self._find_speakers(admission.recordings()))

    @property
    def writers(self) -> Mapping[str, TranscriptWriter]:
        """The configured output formats by name.

        Raises:
            UnknownBackendError: a format is none.
        """
        return self._made(self._container.writers)

    def save(
        self, transcript: Transcript, directory: str | os.PathLike[str], stem: str
    ) -> list[Path]:
        """Write a transcript in the configured formats as `directory/stem.extension`.

        Raises:
            OutputError: a file cannot be written.
        """
        return export(transcript, Path(directory), stem, self.writers)

    def read(self, path: str | os.PathLike[str]) -> Mapping[str, Annotation]:
        """Read references or hypotheses, as the extension says, by the name of the recording.

        Raises:
            ConfigError: no reader reads files of its extension; names the known ones.
            InputError: it cannot be read, or is not what its extension says.
        """
        return read(Path(path), self._made(self._container.readers))

    @property
    def metrics(self) -> Sequence[Metric]:
        """The configured metrics.

        Raises:
            UnknownBackendError, MissingEngineError: one does not exist, or is not installed.
        """
        return self._made(self._container.metrics)

    def evaluate(
        self, references: Mapping[str, Annotation], hypotheses: Mapping[str, Annotation]
    ) -> Evaluation:
        """Measure hypotheses by the configured metrics; both go by the name of the recording.

        Raises:
            ConfigError, MissingEngineError: a metric cannot be had.
        """
        return evaluate(references, hypotheses, self.metrics)

    def benchmark(
        self, references: Mapping[str, Annotation], sources: Mapping[str, Source]
    ) -> Evaluation:
        """Transcribe the recordings that have a reference, and measure quality and speed (`rtf`).

        Raises:
            ConfigError, MissingEngineError, ModelError: nothing can be transcribed or measured.
            InputError: a source is nothing that has sound.
        """
        recordings = {name: admit(source) for name, source in sources.items()}
        return benchmark(references, recordings, self.transcribe_many, self.metrics)

    def draw(self, evaluation: Evaluation, directory: str | os.PathLike[str]) -> list[Path]:
        """Draw an evaluation by the configured chart into a folder, made if need be.

        Raises:
            ConfigError, MissingEngineError: the chart cannot be had.
            OutputError: a picture cannot be written.
        """
        return draw(evaluation, Path(directory), self._made(self._container.chart))

    def check_device(self, device: str) -> DeviceCheck:
        """Let the diarizer hear a bundled conversation on the CPU and on another device.

        Raises:
            ConfigError, MissingEngineError, ModelError: there is no such device, or no diarizer.
            EngineError: it fails on one of them.
        """
        return check_device(
            device, self.settings.diarizer, self._made(self._container.registry), self.hardware
        )

    def prepare(self) -> None:
        """Load what is not loaded yet, so that the first recording does not wait for it.

        Raises:
            ConfigError, MissingEngineError, ModelError: a stage cannot be set up.
        """
        self._made(self._container.stages)

    def close(self) -> None:
        """Free the models; those that were passed in are left alone."""
        with self._one_at_a_time, ExitStack() as stack:
            stack.callback(self._container.reset_singletons)
            for part in self._container.opened():
                if hasattr(part, "close"):
                    stack.callback(part.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _made(self, provider: Callable[[], T]) -> T:
        """What a provider gives; two threads that ask at once get the same."""
        with self._one_at_a_time:
            return provider()

    def _run(
        self, recordings: Iterable[Recording], given: Mapping[str, str | None]
    ) -> Iterator[Outcome]:
        options = run_options(self.settings, self._batch_size())
        self._refuse_wishes_for_nobody(options.speakers)
        changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        if changes.get("language") == AUTO:
            changes["language"] = None
        options = replace(
            options,
            instructions=replace(options.instructions, **changes),
            speakers=self._with_voices(options.speakers),
        )
        run = TranscribeRecordings(self._made(self._container.stages), options, self._progress)
        return run.run(recordings)

    def _find_speakers(self, recordings: Iterable[Recording]) -> Iterator[Outcome]:
        work = DiarizeRecordings(
            self._made(self._container.audio_source),
            self._made(self._container.speaker_finder),
            self._with_voices(speaker_options(self.settings.diarizer)),
            self._progress,
        )
        return work.run(recordings)

    def _with_voices(self, wanted: SpeakerOptions) -> SpeakerOptions:
        return replace(wanted, known=self._made(self._container.voices))

    def _refuse_wishes_for_nobody(self, wanted: SpeakerOptions) -> None:
        """Before a model is loaded, what is said of speakers whom nobody would look for."""
        if self.plan.diarizer is None:
            nameless: dict[str, Embedding] = dict.fromkeys(self.settings.diarizer.speakers, ())
            refuse_speaker_options(None, replace(wanted, known=nameless))

    def _hear(self, recording: Recording, language: str | None) -> Transcript:
        """What the transcriber hears; nothing is aligned, and nobody is told."""
        options = run_options(self.settings, self._batch_size())
        instructions = replace(options.instructions, language=language, task="transcribe")
        options = replace(
            options, instructions=instructions, speakers=SpeakerOptions(), characters=False
        )
        stages = Stages(
            self._made(self._container.audio_source),
            self._made(self._container.voice_activity),
            self._made(self._container.transcriber),
        )
        (outcome,) = TranscribeRecordings(stages, options, _silent).run([recording])
        return outcome.unwrap()

    def _batch_size(self) -> int:
        wanted: int | Literal["auto"] = self.settings.transcriber.batch_size
        if wanted != AUTO:
            return wanted
        return self.plan.transcriber.batch_size or RunOptions.batch_size


def _several(sources: Iterable[Source | Recording]) -> Iterable[Source | Recording]:
    if isinstance(sources, str | bytes | os.PathLike):
        raise TypeError(f"many recordings are given as a list, not as {sources!r}")
    return sources


def _annotation(text: object) -> Annotation:
    match text:
        case Annotation():
            return text
        case Transcript():
            return Annotation.of(text)
        case str():
            return Annotation.plain(text)
    raise InputError(
        f"a text is a str, a Transcript or an Annotation, not {type(text).__name__}",
        "a file is read by Engine.read",
    )


def _facts(part: object) -> BackendFacts:
    """What planning needs to know of a part that was passed in."""
    told = getattr(part, "capabilities", None)
    return BackendFacts(
        PASSED_IN.backend,
        attention=isinstance(part, Attentive),
        word_times=isinstance(told, TranscriberCapabilities) and told.word_times,
    )


def _settings(given: Settings | Mapping[str, Any] | str | os.PathLike[str] | None) -> Settings:
    match given:
        case Settings():
            return given
        case None:
            return Settings()
        case str() | os.PathLike():
            return load(Path(given))
        case _:
            return Settings.of(given)

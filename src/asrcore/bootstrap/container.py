"""The composition root: settings in, stages out; nothing is imported before it is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from dependency_injector import containers, providers

from asrcore.bootstrap.aligners import aligners
from asrcore.bootstrap.planner import PASSED_IN, Plan, facts, plan
from asrcore.bootstrap.probe import probe
from asrcore.bootstrap.registry import SECTIONS, Registry
from asrcore.bootstrap.settings import AUTO, NONE, BackendSettings, Settings
from asrcore.bootstrap.stage_planner import BackendFacts, StagePlan, StagePlanner
from asrcore.domain.diarization import Embedding
from asrcore.domain.events import ModelLoading
from asrcore.domain.hardware import HardwareProfile
from asrcore.domain.recording import Recording
from asrcore.plugin import Placement, Stage
from asrcore.ports.aligner import Aligner
from asrcore.ports.annotation_reader import AnnotationReader
from asrcore.ports.audio_source import AudioSource
from asrcore.ports.chart import Chart
from asrcore.ports.diarizer import Diarizer
from asrcore.ports.metric import Metric
from asrcore.ports.progress import Progress
from asrcore.ports.sentence_splitter import SentenceSplitter
from asrcore.ports.transcriber import Transcriber
from asrcore.ports.transcript_writer import TranscriptWriter
from asrcore.ports.voice_activity import VoiceActivityDetector
from asrcore.usecases.enrol import enrol
from asrcore.usecases.stages import Stages

T = TypeVar("T")


def _build(
    stage: Stage,
    registry: Registry,
    decided: Plan,
    settings: Settings,
    progress: Progress,
    opened: list[Any],
) -> Any:
    """A stage's backend as planned; None where the stage is switched off."""
    staged = decided.stages()[stage]
    if staged is None:
        return None
    options = getattr(settings, SECTIONS[stage]).options
    return _opened(stage, registry, progress, opened, staged, options)


def _opened(
    stage: Stage,
    registry: Registry,
    progress: Progress,
    opened: list[Any],
    staged: StagePlan,
    options: Mapping[str, Any],
) -> Any:
    """A backend that will be closed with the engine."""
    progress(ModelLoading(stage, staged.backend))
    backend = registry.build(stage, staged.backend, options, staged.placement)
    opened.append(backend)
    return backend


def _aligners(
    registry: Registry,
    decided: Plan,
    settings: Settings,
    progress: Progress,
    opened: list[Any],
    given: Aligner | None,
    made: Callable[[Callable[[], Transcriber]], Transcriber],
    transcriber: Callable[[], Transcriber],
) -> Mapping[str, Aligner]:
    """The aligners in line by name; only the one that was passed in, where one was."""
    if given is not None:
        return {PASSED_IN.backend: given}
    build = partial(_opened, "aligner", registry, progress, opened)
    # The transcriber may be asked for by the thread that aligns.
    return aligners(decided, settings.aligner, partial(made, transcriber), build)


def _unguarded(make: Callable[[], T]) -> T:
    """What `make` gives; an engine that several threads use puts its lock around it."""
    return make()


def _wanted(decided: Plan, line: Callable[[], Mapping[str, Aligner]]) -> Mapping[str, Aligner]:
    """The aligners in line; none where the transcriber's own word times are good enough."""
    return {} if decided.aligner is None else line()


def _audio_source(settings: Settings, *rest: Any) -> AudioSource:
    """What decodes."""
    source: AudioSource = _alone("audio_source", settings.audio, *rest)
    return source


def _best_diarizer(settings: Settings, *rest: Any) -> Diarizer:
    """The configured diarizer; where speakers are switched off, the best for this machine."""
    wanted = settings.diarizer
    if wanted.backend == NONE:
        wanted = wanted.model_copy(update={"backend": AUTO})
    diarizer: Diarizer = _alone("diarizer", wanted, *rest)
    return diarizer


def _alone(
    stage: Stage,
    wanted: BackendSettings,
    registry: Registry,
    profile: HardwareProfile,
    progress: Progress,
    opened: list[Any],
) -> Any:
    """A stage's backend as the plan has it, also where other stages have none.

    Raises:
        MissingEngineError: none is installed.
    """
    staged = StagePlanner(stage, facts(registry)[stage], profile, wanted).plan()
    return _opened(stage, registry, progress, opened, staged, wanted.options)


def _unless_off(settings: Settings, diarizer: Callable[[], Diarizer]) -> Diarizer | None:
    """The diarizer; None where speakers are switched off."""
    return None if settings.diarizer.backend == NONE else diarizer()


def _speaker_finder(
    configured: Callable[[], Diarizer | None], best: Callable[[], Diarizer]
) -> Diarizer:
    """The configured diarizer, or the one that was passed in; where there is none, the best."""
    return configured() or best()


def _voices(
    settings: Settings,
    source: Callable[[], AudioSource],
    diarizer: Callable[[], Diarizer],
    progress: Progress,
) -> Mapping[str, Embedding]:
    """The voices of the known speakers; nothing is loaded where there are none."""
    known = {name: Recording.of(path) for name, path in settings.diarizer.speakers.items()}
    return enrol(known, source(), diarizer(), progress) if known else {}


def _writers(registry: Registry, settings: Settings) -> Mapping[str, TranscriptWriter]:
    """The configured formats' writers by name; options of other formats are checked, too."""
    for name, values in settings.output.options.items():
        registry.options("writer", registry.get("writer", name), values)
    return {
        name: registry.build("writer", name, settings.output.options.get(name, {}), Placement())
        for name in settings.output.formats
    }


def _metrics(registry: Registry, settings: Settings) -> Sequence[Metric]:
    """The configured metrics; options of others, and of charts, are checked, too."""
    wanted = settings.evaluation
    for name, values in wanted.options.items():
        stage: Stage = "chart" if name in registry.plugins["chart"] else "metric"
        registry.options(stage, registry.get(stage, name), values)
    return [
        registry.build("metric", name, wanted.options.get(name, {}), Placement())
        for name in wanted.metrics
    ]


def _readers(registry: Registry) -> Mapping[str, AnnotationReader]:
    """Every reader that is installed, by the extension of its files."""
    found = (
        registry.build("reader", name, {}, Placement())
        for name, plugin in registry.plugins["reader"].items()
        if plugin.installed
    )
    return {reader.extension: reader for reader in found}


def _chart(registry: Registry, settings: Settings) -> Chart:
    """What draws evaluations."""
    name = settings.evaluation.chart
    values = settings.evaluation.options.get(name, {})
    chart: Chart = registry.build("chart", name, values, Placement())
    return chart


class Container(containers.DeclarativeContainer):
    """What an `Engine` is made of. Every provider is lazy and belongs to one container.

    The engine guards it by a lock of its own: that of `ThreadSafeSingleton` is one for all
    containers of a process, so that one engine's download would hold up every other.
    """

    settings: providers.Provider[Settings] = providers.Dependency(instance_of=Settings)
    registry: providers.Provider[Registry] = providers.Dependency(instance_of=Registry)
    progress: providers.Provider[Progress] = providers.Dependency()
    given: providers.Provider[Mapping[Stage, BackendFacts]] = providers.Dependency()

    made: providers.Provider[Callable[[Callable[[], Any]], Any]] = providers.Dependency(
        default=providers.Object(_unguarded)
    )

    profile: providers.Provider[HardwareProfile] = providers.Singleton(probe)
    plan: providers.Provider[Plan] = providers.Singleton(
        plan, profile, providers.Callable(facts, registry, settings), settings, given
    )
    opened: providers.Provider[list[Any]] = providers.Singleton(list)

    audio_source: providers.Provider[AudioSource] = providers.Singleton(
        _audio_source, settings, registry, profile, progress, opened
    )
    voice_activity: providers.Provider[VoiceActivityDetector] = providers.Singleton(
        _build, "voice_activity", registry, plan, settings, progress, opened
    )
    transcriber: providers.Provider[Transcriber] = providers.Singleton(
        _build, "transcriber", registry, plan, settings, progress, opened
    )
    aligner: providers.Provider[Aligner | None] = providers.Object(None)
    aligners: providers.Provider[Mapping[str, Aligner]] = providers.Singleton(
        _aligners, registry, plan, settings, progress, opened, aligner, made, transcriber.provider
    )
    best_diarizer: providers.Provider[Diarizer] = providers.Singleton(
        _best_diarizer, settings, registry, profile, progress, opened
    )
    diarizer: providers.Provider[Diarizer | None] = providers.Singleton(
        _unless_off, settings, best_diarizer.provider
    )
    speaker_finder: providers.Provider[Diarizer] = providers.Callable(
        _speaker_finder, diarizer.provider, best_diarizer.provider
    )
    voices: providers.Provider[Mapping[str, Embedding]] = providers.Singleton(
        _voices, settings, audio_source.provider, speaker_finder.provider, progress
    )
    sentence_splitter: providers.Provider[SentenceSplitter | None] = providers.Singleton(
        _build, "sentence_splitter", registry, plan, settings, progress, opened
    )
    writers: providers.Provider[Mapping[str, TranscriptWriter]] = providers.Singleton(
        _writers, registry, settings
    )
    metrics: providers.Provider[Sequence[Metric]] = providers.Singleton(
        _metrics, registry, settings
    )
    readers: providers.Provider[Mapping[str, AnnotationReader]] = providers.Singleton(
        _readers, registry
    )
    chart: providers.Provider[Chart] = providers.Singleton(_chart, registry, settings)

    wanted_aligners: providers.Provider[Mapping[str, Aligner]] = providers.Callable(
        _wanted, plan, aligners.provider
    )
    stages: providers.Provider[Stages] = providers.Factory(
        Stages,
        audio_source,
        voice_activity,
        transcriber,
        wanted_aligners,
        diarizer,
        sentence_splitter,
    )

"""Which backend does which stage, on which device, and why. A pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from asrcore.bootstrap.aligner_line import aligner_line
from asrcore.bootstrap.registry import Registry
from asrcore.bootstrap.settings import AUTO, NONE, BackendSettings, Settings
from asrcore.bootstrap.stage_planner import BackendFacts, StagePlan, StagePlanner
from asrcore.domain.footprint import Footprint
from asrcore.domain.hardware import HardwareProfile
from asrcore.plugin import Placement, Plugin, Stage


@dataclass(frozen=True)
class Plan:
    """How all stages will be done; None where one is switched off.

    `fallback_aligners` step in, in this order, where `aligner` cannot. It is None also where the
    transcriber's own word times are good enough.
    """

    transcriber: StagePlan
    voice_activity: StagePlan
    audio_source: StagePlan
    aligner: StagePlan | None = None
    diarizer: StagePlan | None = None
    sentence_splitter: StagePlan | None = None
    fallback_aligners: tuple[StagePlan, ...] = ()

    def stages(self) -> dict[Stage, StagePlan | None]:
        """The stages in the order of the work."""
        return {
            "audio_source": self.audio_source,
            "voice_activity": self.voice_activity,
            "transcriber": self.transcriber,
            "aligner": self.aligner,
            "diarizer": self.diarizer,
            "sentence_splitter": self.sentence_splitter,
        }


PASSED_IN = StagePlan("passed in", "", None, "the program passed it in, ready-made")
"""A stage that is not planned."""

BATCHED: Stage = "transcriber"
"""The stage that takes batches, and so has to know what its model takes."""

Installed = Mapping[Stage, Sequence[BackendFacts]]


def facts(registry: Registry, settings: Settings = Settings()) -> Installed:
    """What the registry knows, as plain values; the transcriber's options say which model it is."""
    return {
        stage: [
            BackendFacts(
                each.name,
                each.installed,
                each.devices,
                each.rank,
                each.install,
                batched=each.batched,
                attention=each.attention,
                word_times=each.word_times,
                footprints=footprints(each, settings.transcriber.options)
                if stage == BATCHED
                else {},
            )
            for each in plugins.values()
        ]
        + [
            BackendFacts(name, installed=False, broken=why)
            for name, why in registry.broken_in(stage).items()
            if name not in plugins
        ]
        for stage, plugins in registry.plugins.items()
    }


def footprints(plugin: Plugin, options: Mapping[str, Any]) -> dict[Placement, Footprint]:
    """What a backend takes wherever it could compute; nothing where it does not know.

    Nor where the options are not its own: to refuse them is `Registry.options`' part, once it is
    chosen.
    """
    try:
        checked = plugin.options.model_validate(options)
    except ValidationError:
        return {}
    places = (
        Placement(device, compute_type)
        for device, support in plugin.devices.items()
        for compute_type in support.compute_types or (None,)
    )
    told = {place: plugin.footprint and plugin.footprint(checked, place) for place in places}
    return {place: takes for place, takes in told.items() if takes is not None}


def plan(
    profile: HardwareProfile,
    installed: Installed,
    settings: Settings,
    given: Mapping[Stage, BackendFacts] = MappingProxyType({}),
) -> Plan:
    """Decide for every stage but the given ones; settings beat what the probe suggests.

    Raises:
        UnknownBackendError: a named backend does not exist.
        MissingEngineError: a named backend is not installed, or no backend is.
        ConfigError: a named device or compute type is none that the backend has.
    """

    def stage(name: Stage, wanted: BackendSettings) -> StagePlan:
        if name in given:
            return PASSED_IN
        return StagePlanner(name, installed[name], profile, wanted).plan()

    def optional(name: Stage, wanted: BackendSettings) -> StagePlan | None:
        off = wanted.backend == NONE and name not in given
        return None if off else stage(name, wanted)

    transcriber = stage("transcriber", settings.transcriber)
    hears = given.get("transcriber") or _called(installed["transcriber"], transcriber.backend)
    line = [PASSED_IN]
    if "aligner" not in given:
        line = aligner_line(profile, installed["aligner"], settings.aligner, transcriber, hears)
    same_engine = settings.aligner.backend in (AUTO, transcriber.backend)
    enough = same_engine and hears.word_times and "aligner" not in given
    first = None if enough else next(iter(line), None)
    return Plan(
        transcriber,
        stage("voice_activity", settings.vad),
        stage("audio_source", settings.audio),
        first,
        optional("diarizer", settings.diarizer),
        optional("sentence_splitter", settings.sentences),
        tuple(each for each in line if each is not first),
    )


def _called(known: Sequence[BackendFacts], name: str) -> BackendFacts:
    return next(each for each in known if each.name == name)

"""Which backend does which stage, on which device, and why. A pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from asrcore.bootstrap.registry import Registry
from asrcore.bootstrap.settings import AUTO, NONE, BackendSettings, Settings, StageSettings
from asrcore.domain.hardware import HardwareProfile
from asrcore.errors import ConfigError, MissingEngineError, UnknownBackendError, did_you_mean
from asrcore.plugin import DeviceSupport, Placement, Stage

BATCH_SIZES: Mapping[str, Sequence[tuple[float, int]]] = {
    "cuda": ((40, 32), (22, 24), (11, 16), (7, 8), (0, 4)),
    "metal": ((60, 16), (30, 12), (15, 8), (0, 4)),
    "cpu": ((15, 8), (7, 4), (0, 2)),
}
"""Device -> (GiB of memory at least, chunks at once), largest first."""


@dataclass(frozen=True)
class BackendFacts:
    """What planning needs to know of a backend; see `asrcore.plugin.Plugin`."""

    name: str
    installed: bool = True
    devices: Mapping[str, DeviceSupport] = field(default_factory=lambda: {"cpu": DeviceSupport()})
    rank: int = 0
    install: str = ""


@dataclass(frozen=True)
class StagePlan:
    """How one stage will be done, and the reason in words."""

    backend: str
    device: str
    compute_type: str | None
    reason: str
    batch_size: int | None = None

    @property
    def placement(self) -> Placement:
        """Device and number format, as a backend is given them."""
        return Placement(self.device, self.compute_type)


@dataclass(frozen=True)
class Plan:
    """How all stages will be done; aligner and diarizer are None where they are switched off."""

    transcriber: StagePlan
    voice_activity: StagePlan
    audio_source: StagePlan
    aligner: StagePlan | None = None
    diarizer: StagePlan | None = None

    def stages(self) -> dict[Stage, StagePlan | None]:
        """The stages in the order of the work."""
        return {
            "audio_source": self.audio_source,
            "voice_activity": self.voice_activity,
            "transcriber": self.transcriber,
            "aligner": self.aligner,
            "diarizer": self.diarizer,
        }


Installed = Mapping[Stage, Sequence[BackendFacts]]


def facts(registry: Registry) -> Installed:
    """What the registry knows, as plain values."""
    return {
        stage: [
            BackendFacts(each.name, each.installed, each.devices, each.rank, each.install)
            for each in plugins.values()
        ]
        for stage, plugins in registry.plugins.items()
    }


def plan(profile: HardwareProfile, installed: Installed, settings: Settings) -> Plan:
    """Decide for every stage; what the settings name beats what the probe suggests.

    Raises:
        UnknownBackendError: a named backend does not exist.
        MissingEngineError: a named backend is not installed, or no backend is.
        ConfigError: a named device or compute type is none that the backend has.
    """

    def stage(name: Stage, wanted: BackendSettings) -> StagePlan:
        return _Stage(name, installed[name], profile, wanted).plan()

    def optional(name: Stage, wanted: StageSettings) -> StagePlan | None:
        return None if wanted.backend == NONE else stage(name, wanted)

    transcriber = stage("transcriber", settings.transcriber)
    size = settings.transcriber.batch_size
    return Plan(
        replace(
            transcriber,
            batch_size=batch_size(profile, transcriber.device) if size == AUTO else size,
        ),
        stage("voice_activity", settings.vad),
        stage("audio_source", settings.audio),
        optional("aligner", settings.aligner),
        optional("diarizer", settings.diarizer),
    )


def batch_size(profile: HardwareProfile, device: str) -> int:
    """Chunks at once that a device's memory takes with a large Whisper."""
    kind = _kind(device)
    memory = profile.memory_of(kind)
    sizes = BATCH_SIZES.get(kind, BATCH_SIZES["cpu"])
    return next(size for least, size in sizes if memory >= least)


def _kind(device: str) -> str:
    return device.partition(":")[0]


@dataclass(frozen=True)
class _Stage:
    """One stage's decision."""

    name: Stage
    known: Sequence[BackendFacts]
    profile: HardwareProfile
    wanted: BackendSettings

    def plan(self) -> StagePlan:
        if self.wanted.backend == AUTO:
            backend, chosen = self._best(), "the best that is installed for this machine"
        else:
            backend, chosen = self._named(self.wanted.backend), "named in the settings"
        device, why_device = self._device(backend)
        compute_type = self._compute_type(backend, device)
        reasons = (chosen, why_device, self._better(backend, device))
        reason = "; ".join(reason for reason in reasons if reason)
        return StagePlan(backend.name, device, compute_type, reason)

    def _best(self) -> BackendFacts:
        able = self._ranked([each for each in self.known if each.installed])
        if able:
            return able[0]
        installs = [each.install for each in self.known if each.rank and each.install]
        raise MissingEngineError(
            f"no {self.name} is installed that could be chosen here",
            f"run: {installs[0]}" if installs else "name one: asr backends lists them",
        )

    def _ranked(self, candidates: Sequence[BackendFacts]) -> list[BackendFacts]:
        """Those that may be chosen unasked: on the fastest device first, then by rank."""

        def order(each: BackendFacts) -> tuple[int, int]:
            return self.profile.devices.index(_planned_device(each, self.profile)), -each.rank

        able = [each for each in candidates if each.rank and _planned_device(each, self.profile)]
        return sorted(able, key=order)

    def _named(self, name: str) -> BackendFacts:
        for each in self.known:
            if each.name == name:
                if not each.installed:
                    hint = f"run: {each.install}" if each.install else ""
                    raise MissingEngineError(f"backend {name} is not installed", hint)
                return each
        names = [each.name for each in self.known]
        raise UnknownBackendError(
            f"no {self.name.replace('_', ' ')} backend is called {name}; "
            f"there are {', '.join(names) or 'none'}",
            did_you_mean(name, names) or "run: asr backends",
        )

    def _device(self, backend: BackendFacts) -> tuple[str, str]:
        wanted = self._wish("device")
        if wanted != AUTO:
            return self._named_device(backend, wanted)
        device = _planned_device(backend, self.profile) or next(
            (each for each in self.profile.devices if each in backend.devices), ""
        )
        if not device:
            raise ConfigError(
                f"{backend.name} runs on {', '.join(backend.devices)}; this machine has "
                f"{', '.join(self.profile.devices)}",
                "name another backend: asr backends lists them",
            )
        return device, backend.devices[device].why

    def _named_device(self, backend: BackendFacts, wanted: str) -> tuple[str, str]:
        if _kind(wanted) not in backend.devices:
            raise ConfigError(
                f"{self.name}.device: {backend.name} runs on {', '.join(backend.devices)}, "
                f"not on {wanted}"
            )
        absent = _kind(wanted) not in (*self.profile.devices, "mps")
        return wanted, f"device {wanted} set by you" + (", though none was found" if absent else "")

    def _compute_type(self, backend: BackendFacts, device: str) -> str | None:
        choices = backend.devices[_kind(device)].compute_types
        wanted = self._wish("compute_type")
        if wanted == AUTO:
            return choices[0] if choices else None
        if wanted in choices:
            return wanted
        raise ConfigError(
            f"{self.name}.compute_type: {backend.name} on {device} has "
            f"{', '.join(choices) or 'no choice of one'}, not {wanted}",
            did_you_mean(wanted, choices),
        )

    def _wish(self, attribute: str) -> str:
        return str(getattr(self.wanted, attribute, AUTO))

    def _better(self, backend: BackendFacts, device: str) -> str:
        """Advice, where a backend that is not installed would be first choice."""
        if self.wanted.backend != AUTO or self._wish("device") != AUTO:
            return ""
        first = self._ranked(self.known)[0]
        if first.name == backend.name:
            return ""
        return f"{first.name} would be faster here, run: {first.install}"


def _planned_device(backend: BackendFacts, profile: HardwareProfile) -> str:
    """The fastest device of the machine that may be chosen for a backend unasked, or nothing."""
    for device in profile.devices:
        if device in backend.devices and backend.devices[device].planned:
            return device
    return ""

"""Which backend does one stage, on which device, and why. A pure function of what it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from asrcore.bootstrap.batches import at_once, batch_by_memory, batch_within
from asrcore.bootstrap.devices import kind_of, present, well_formed
from asrcore.bootstrap.registry import broken_backend, title, unknown_backend
from asrcore.bootstrap.settings import AUTO, BackendSettings, StageSettings
from asrcore.domain.footprint import Footprint
from asrcore.domain.hardware import HardwareProfile
from asrcore.errors import ConfigError, MissingEngineError, did_you_mean
from asrcore.plugin import DeviceSupport, Placement, Stage

VIRTUES: Mapping[Stage, str] = dict.fromkeys(("aligner", "diarizer"), "the first choice")
"""What speaks for the backend of the highest rank, where it is not speed."""


@dataclass(frozen=True)
class BackendFacts:
    """What planning needs to know of a backend; see `asrcore.plugin.Plugin`.

    `broken` says why its plugin cannot be read; then nothing else is known of it. What a program
    passes in has a name, `attention` and `word_times` alone. `footprints` are what it takes with
    the options that are set, at each kind of device and number format where it knows.
    """

    name: str
    installed: bool = True
    devices: Mapping[str, DeviceSupport] = field(default_factory=lambda: {"cpu": DeviceSupport()})
    rank: int = 0
    install: str = ""
    broken: str = ""
    batched: bool = True
    attention: bool = False
    word_times: bool = False
    footprints: Mapping[Placement, Footprint] = field(default_factory=dict)


@dataclass(frozen=True)
class StagePlan:
    """How one stage will be done, and the reason in words; see `Placement` for `memory`."""

    backend: str
    device: str
    compute_type: str | None
    reason: str
    batch_size: int | None = None
    memory: float | None = None

    @property
    def placement(self) -> Placement:
        """Device, number format and memory, as a backend is given them."""
        return Placement(self.device, self.compute_type, self.memory)


@dataclass(frozen=True)
class StagePlanner:
    """Decides how one stage is done, whoever the others are."""

    name: Stage
    known: Sequence[BackendFacts]
    profile: HardwareProfile
    wanted: BackendSettings

    def plan(self) -> StagePlan:
        """Its backend, device, number format and batch size.

        Raises:
            UnknownBackendError, MissingEngineError, ConfigError: see `asrcore.bootstrap.planner`.
        """
        if self.wanted.backend == AUTO:
            backend, chosen = self._best(), "the best that is installed for this machine"
        else:
            backend = self._named(self.wanted.backend)
            default = type(self.wanted).model_fields["backend"].default
            usual = backend.name == default
            chosen = "the default for this stage" if usual else "named in the settings"
        device, why_device = self._device(backend)
        compute_type = self._compute_type(backend, device)
        size, why_size = self._batch(backend, device, compute_type)
        reasons = (chosen, why_device, why_size, self._better(backend))
        reason = "; ".join(reason for reason in reasons if reason)
        computes = isinstance(self.wanted, StageSettings)
        memory = (self.profile.usable(device) or None) if computes else None
        return StagePlan(backend.name, device, compute_type, reason, size, memory)

    def _best(self) -> BackendFacts:
        installed = [each for each in self.known if each.installed]
        able = self._with_device(installed) or self._ranked(installed)
        if able:
            return able[0]
        installs = [each.install for each in self._ranked(self.known) if each.install]
        raise MissingEngineError(
            f"no {title(self.name)} is installed that could be chosen here",
            f"run: {installs[0]}" if installs else "name one: asr backends lists them",
        )

    def _with_device(self, candidates: Sequence[BackendFacts]) -> list[BackendFacts]:
        """Those that may be chosen unasked for the device that is set, if one is."""
        kind = kind_of(self._wish("device"))
        able = [each for each in candidates if each.rank and kind in each.devices]
        return sorted(able, key=lambda each: (not each.devices[kind].planned, -each.rank))

    def _ranked(self, candidates: Sequence[BackendFacts]) -> list[BackendFacts]:
        """Those that may be chosen unasked: on the fastest device first, then by rank."""

        def order(each: BackendFacts) -> tuple[int, int]:
            return self.profile.devices.index(planned_device(each, self.profile)), -each.rank

        able = [each for each in candidates if each.rank and planned_device(each, self.profile)]
        return sorted(able, key=order)

    def _named(self, name: str) -> BackendFacts:
        for each in self.known:
            if each.name == name:
                return self._usable(each)
        raise unknown_backend(self.name, name, [each.name for each in self.known])

    def _usable(self, backend: BackendFacts) -> BackendFacts:
        if backend.broken:
            raise broken_backend(self.name, backend.name, backend.broken)
        if not backend.installed:
            hint = f"run: {backend.install}" if backend.install else ""
            raise MissingEngineError(f"{title(self.name)} {backend.name} is not installed", hint)
        return backend

    def _device(self, backend: BackendFacts) -> tuple[str, str]:
        wanted = self._wish("device")
        if wanted != AUTO:
            return self._named_device(backend, wanted)
        device = planned_device(backend, self.profile) or next(
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
        if kind_of(wanted) not in backend.devices or not well_formed(wanted):
            raise ConfigError(
                f"{self.name}.device: {backend.name} runs on {', '.join(backend.devices)}, "
                f"not on {wanted}",
                self._other(wanted),
            )
        found = "" if present(self.profile, wanted) else ", though it was not found here"
        why = backend.devices[kind_of(wanted)].why
        return wanted, f"device {wanted} set by you{found}" + (f"; {why}" if why else "")

    def _other(self, device: str) -> str:
        """Who could use a device of this machine, where the chosen backend cannot."""
        if not well_formed(device) or not present(self.profile, device):
            return ""
        for each in self.known:
            if kind_of(device) in each.devices and each.rank:
                return f"{each.name} does" + ("" if each.installed else f", run: {each.install}")
        return ""

    def _compute_type(self, backend: BackendFacts, device: str) -> str | None:
        choices = backend.devices[kind_of(device)].compute_types
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

    def _batch(
        self, backend: BackendFacts, device: str, compute_type: str | None
    ) -> tuple[int | None, str]:
        """Chunks at once and why, for a stage that takes batches."""
        wanted: int | Literal["auto"] | None = getattr(self.wanted, "batch_size", None)
        if wanted is None:
            return None, ""
        if wanted != AUTO:
            return wanted, f"{at_once(wanted)} set by you"
        if not backend.batched:
            return 1, ""
        takes = backend.footprints.get(Placement(kind_of(device), compute_type))
        usable = self.profile.usable(device)
        if takes is None or not usable:
            return batch_by_memory(device, self.profile.memory_of(device))
        return batch_within(device, usable, takes)

    def _wish(self, attribute: str) -> str:
        return str(getattr(self.wanted, attribute, AUTO))

    def _better(self, backend: BackendFacts) -> str:
        """Advice, where a backend that is not installed would be first choice."""
        if self.wanted.backend != AUTO or self._wish("device") != AUTO:
            return ""
        first = self._ranked(self.known)[0]
        if first.name == backend.name:
            return ""
        how = f", run: {first.install}" if first.install else ""
        return f"{first.name} would be {VIRTUES.get(self.name, 'faster')} here{how}"


def planned_device(backend: BackendFacts, profile: HardwareProfile) -> str:
    """The fastest device of the machine that may be chosen for a backend unasked, or nothing."""
    for device in profile.devices:
        if device in backend.devices and backend.devices[device].planned:
            return device
    return ""

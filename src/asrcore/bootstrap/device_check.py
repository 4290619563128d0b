"""Whether a diarizer hears the same on another device as on the CPU."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from asrcore.bootstrap.calibration import known_speech
from asrcore.bootstrap.devices import present, well_formed
from asrcore.bootstrap.planner import facts
from asrcore.bootstrap.registry import Registry
from asrcore.bootstrap.settings import AUTO, NONE, DiarizerSettings
from asrcore.bootstrap.stage_planner import StagePlan, StagePlanner
from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.diarization import Diarization, SpeakerCount
from asrcore.domain.hardware import HardwareProfile
from asrcore.errors import ConfigError
from asrcore.ports.diarizer import Diarizer

TOLERANCE = 0.02
"""The share of the speech about which two devices may differ: edges fall on another frame."""
PAUSE = 0.5
"""Seconds of silence between the sentences of the bundled conversation."""


@dataclass(frozen=True)
class Heard:
    """What a diarizer found on a device, and how long it took in seconds."""

    backend: str
    device: str
    diarization: Diarization
    seconds: float


@dataclass(frozen=True)
class DeviceCheck:
    """A diarizer on the CPU and on another device, the same recording heard by both.

    Attributes:
        duration: of the recording, in seconds.
        usual, other: what it found on the CPU, and on the device in question.
    """

    duration: float
    usual: Heard
    other: Heard

    @property
    def differing(self) -> float:
        """Seconds for which the two name different speakers."""
        return self.usual.diarization.differing(self.other.diarization)

    @property
    def same(self) -> bool:
        """Whether the other device can be trusted: both hear somebody, and the same."""
        speech = sum(turn.span.duration for turn in self.usual.diarization.turns)
        return speech > 0 and self.differing <= TOLERANCE * speech


def check_device(
    device: str, settings: DiarizerSettings, registry: Registry, profile: HardwareProfile
) -> DeviceCheck:
    """Let the diarizer hear a short bundled conversation of two voices on the CPU and elsewhere.

    Args:
        device: where it is in doubt.
        settings: which diarizer; where it is switched off, the best for this machine.
        registry, profile: what is installed, and on what.

    Raises:
        AsrError: there is no such device here, or no diarizer, or it fails.
    """
    if not (well_formed(device) and present(profile, device)):
        raise ConfigError(f"this machine has no {device} to check", "asr doctor tells what it has")

    def planned(backend: str, on: str) -> StagePlan:
        placed = {"backend": backend, "device": on, "compute_type": AUTO}
        wanted = settings.model_copy(update=placed)
        return StagePlanner("diarizer", facts(registry)["diarizer"], profile, wanted).plan()

    other = planned(AUTO if settings.backend == NONE else settings.backend, device)
    usual = planned(other.backend, "cpu")
    audio = conversation()

    def heard(plan: StagePlan) -> Heard:
        made = registry.build("diarizer", plan.backend, settings.options, plan.placement)
        with closing(made) as diarizer:
            return Heard(plan.backend, plan.device, *_timed(diarizer, audio))

    return DeviceCheck(audio.duration, heard(usual), heard(other))


def conversation() -> Audio:
    """The bundled sentences of two voices, one after the other."""
    pause = np.zeros(round(PAUSE * SAMPLE_RATE), np.float32)
    return Audio(
        np.concatenate([part for known in known_speech() for part in (known.samples, pause)])
    )


def _timed(diarizer: Diarizer, audio: Audio) -> tuple[Diarization, float]:
    begun = time.perf_counter()
    found = diarizer.diarize(audio, SpeakerCount()).numbered()
    return found, time.perf_counter() - begun

"""Which aligners stand in line, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from asrcore.bootstrap.devices import kind_of
from asrcore.bootstrap.settings import ATTENTION, AUTO, NONE, AlignerSettings
from asrcore.bootstrap.stage_planner import (
    BackendFacts,
    StagePlan,
    StagePlanner,
    planned_device,
)
from asrcore.domain.hardware import HardwareProfile
from asrcore.errors import ConfigError
from asrcore.plugin import DeviceSupport


def aligner_line(
    profile: HardwareProfile,
    known: Sequence[BackendFacts],
    wanted: AlignerSettings,
    transcriber: StagePlan,
    hears: BackendFacts,
) -> list[StagePlan]:
    """The aligners in line: the one that is wanted, then the others that could step in."""
    if wanted.backend == NONE:
        return []
    here = [
        _where(each, transcriber) if each.name == ATTENTION else each
        for each in known
        if each.name != ATTENTION or hears.attention
    ]
    if wanted.backend == ATTENTION and not hears.attention:
        raise ConfigError(
            f"aligner.backend: {hears.name} cannot align by attention",
            "name another: asr backends lists them",
        )
    if wanted.backend == ATTENTION:
        _refuse_placement(wanted)
    able = [each for each in here if each.installed and each.rank and planned_device(each, profile)]
    if wanted.backend == AUTO and not able:
        return []
    first = StagePlanner("aligner", here, profile, wanted).plan()
    line = [first]
    others = sorted(able, key=lambda each: -each.rank) if wanted.fallback else []
    for each in others:
        if each.name != first.backend:
            stage = StagePlanner("aligner", here, profile, AlignerSettings(backend=each.name))
            line.append(replace(stage.plan(), reason=f"steps in where {line[-1].backend} cannot"))
    return [
        replace(
            each,
            device=transcriber.device,
            compute_type=transcriber.compute_type,
            memory=transcriber.memory,
        )
        if each.backend == ATTENTION
        else each
        for each in line
    ]


def _where(attention: BackendFacts, transcriber: StagePlan) -> BackendFacts:
    """Attention has no model of its own, so it is where the transcriber is, if that is known."""
    if not transcriber.device:
        return attention
    kind = kind_of(transcriber.device)
    return replace(attention, devices={kind: attention.devices.get(kind, DeviceSupport())})


def _refuse_placement(wanted: AlignerSettings) -> None:
    for key in ("device", "compute_type"):
        if getattr(wanted, key) != AUTO:
            raise ConfigError(
                f"aligner.{key}: attention is the transcriber's, and where that is",
                f"set transcriber.{key}",
            )

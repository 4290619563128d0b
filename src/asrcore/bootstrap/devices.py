"""Devices by name, and which of them a machine has."""

from __future__ import annotations

from asrcore.domain.hardware import HardwareProfile


def kind_of(device: str) -> str:
    """`cuda` of `cuda:1`."""
    return device.partition(":")[0]


def well_formed(device: str) -> bool:
    """Whether it is a kind alone, or `cuda:` and a number."""
    kind, colon, index = device.partition(":")
    return not colon or (kind == "cuda" and index.isdecimal())


def present(profile: HardwareProfile, device: str) -> bool:
    """Whether a machine has a (well-formed) device."""
    if kind_of(device) == "cuda":
        return profile.gpu(device) is not None
    return device in profile.devices or (device == "mps" and profile.apple_silicon)

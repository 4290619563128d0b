"""Devices by name: which of them a machine has, and how much work fits on one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from asrcore.domain.hardware import HardwareProfile

BATCH_SIZES: Mapping[str, Sequence[tuple[float, int]]] = {
    "cuda": ((40, 32), (22, 24), (11, 16), (7, 8), (0, 4)),
    "metal": ((60, 16), (30, 12), (15, 8), (0, 4)),
    "cpu": ((15, 8), (7, 4), (0, 2)),
}
"""Device -> (GiB of memory at least, chunks at once), largest first."""


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
        return _index(device) < len(profile.gpus)
    return device in profile.devices or (device == "mps" and profile.apple_silicon)


def batch_size(profile: HardwareProfile, device: str) -> int:
    """Chunks at once that a device's memory takes with a large Whisper."""
    sizes = BATCH_SIZES.get(kind_of(device), BATCH_SIZES["cpu"])
    memory = _memory(profile, device)
    return next(size for least, size in sizes if memory >= least)


def _memory(profile: HardwareProfile, device: str) -> float:
    """Memory of a device; of several GPUs, each has its own."""
    if kind_of(device) == "cuda" and present(profile, device):
        return profile.gpus[_index(device)].memory
    return profile.memory_of(kind_of(device))


def _index(device: str) -> int:
    return int(device.partition(":")[2] or 0)

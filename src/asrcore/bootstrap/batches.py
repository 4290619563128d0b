"""How many chunks at once, and why: from the memory of a device and what the model takes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from asrcore.bootstrap.devices import kind_of
from asrcore.domain.footprint import Footprint

MOST: Mapping[str, int] = {"cuda": 32, "metal": 16, "cpu": 8}
"""Chunks beyond which a batch is hardly faster, however much memory there is.

What a batch saves is reading the decoder's weights for each chunk anew; each chunk's own keys and
values are read all the same. In large-v3 32 chunks' are four times the weights, so that more
would save next to nothing. Metal and CPUs, which compute less for each byte that they read, are
busy with fewer: faster-whisper's README has 2.0 times the speed for 8 at once on a CPU.
"""
BY_MEMORY: Mapping[str, Sequence[tuple[float, int]]] = {
    "cuda": ((40, 32), (22, 24), (11, 16), (7, 8), (0, 4)),
    "metal": ((60, 16), (30, 12), (15, 8), (0, 4)),
    "cpu": ((15, 8), (7, 4), (0, 2)),
}
"""Device -> (GiB that it has at least, chunks at once), largest first: with a large Whisper."""
WHOSE: Mapping[str, str] = {"metal": "that Metal may use", "cuda": "that it may use of the GPU"}
"""What the memory is that a stage may use."""


class Batch(NamedTuple):
    """Chunks at once, and the reason in words."""

    size: int
    why: str


def batch_within(device: str, usable: float, footprint: Footprint) -> Batch:
    """What fits into the memory that may be used, but no more than is of use, and at least 1.

    Args:
        device: where.
        usable: GiB that the stage may use there.
        footprint: what the model takes.
    """
    fit, most = footprint.chunks_within(usable), MOST.get(kind_of(device), MOST["cpu"])
    of = WHOSE.get(kind_of(device), "that it may use of the RAM")
    needs = (
        f"{footprint.name} takes {footprint.model:.2g} GiB, a chunk {footprint.chunk:.2g} GiB, "
        f"of {usable:.1f} GiB {of}"
    )
    if fit > most:
        return Batch(most, f"{at_once(most)}, more would hardly be faster: {needs}")
    if not fit:
        return Batch(1, f"{at_once(1)}: {needs}, which is too little; a smaller model would fit")
    return Batch(fit, f"{at_once(fit)}: {needs}")


def batch_by_memory(device: str, memory: float) -> Batch:
    """What should fit where it is not known how much the model takes.

    Args:
        device: where.
        memory: GiB that the device has; 0 where that is not known either.
    """
    sizes = BY_MEMORY.get(kind_of(device), BY_MEMORY["cpu"])
    size = next(size for least, size in sizes if memory >= least)
    if not memory:
        return Batch(size, f"{at_once(size)}: how much memory {device} has is not known")
    return Batch(size, f"{at_once(size)}: what the model takes of {memory:.1f} GiB is not known")


def at_once(size: int) -> str:
    """`1 chunk at once`, `2 chunks at once`."""
    return f"{size} chunk{'s' if size > 1 else ''} at once"

"""Reads the machine."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path

from asrcore.domain.hardware import Gpu, HardwareProfile

GIB = 2**30
CPUINFO = Path("/proc/cpuinfo")


def probe() -> HardwareProfile:
    """This machine's profile; what cannot be read is left at its humblest value."""
    system = platform.system()
    return HardwareProfile(
        system=system,
        machine=platform.machine(),
        chip=_chip(system),
        cores=_cores(),
        memory=round(_memory() / GIB, 1),
        gpus=tuple(_gpus()),
        translated=system == "Darwin" and _run("sysctl", "-n", "sysctl.proc_translated") == "1",
    )


def _run(*command: str) -> str:
    """What a command prints, or nothing where there is no such command or it fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _chip(system: str) -> str:
    if system == "Darwin":
        return _run("sysctl", "-n", "machdep.cpu.brand_string")
    if system == "Linux":
        return _linux_chip() or platform.processor()
    return platform.processor()


def _linux_chip() -> str:
    """What the kernel calls the processor; it has no name for some, and some systems hide it."""
    try:
        text = CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    lines = (line.partition(":") for line in text.splitlines())
    return next((name.strip() for key, _, name in lines if key.strip() == "model name"), "")


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> int:
    """RAM in bytes; 0 where the system does not tell."""
    if platform.system() == "Windows":
        return _windows_memory()
    try:
        return max(0, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (OSError, ValueError):
        return 0


class _MemoryStatus(ctypes.Structure):
    """Windows' MEMORYSTATUSEX."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        *((name, ctypes.c_uint64) for name in ("total", "free", "a", "b", "c", "d", "e")),
    )


def _windows_memory() -> int:
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - absent elsewhere, so not typed
    kernel.GlobalMemoryStatusEx(ctypes.byref(status))
    return int(status.total)


def _gpus() -> Iterator[Gpu]:
    """The CUDA devices of this process, in its own order.

    As CUDA does, `CUDA_VISIBLE_DEVICES` is read up to the first device that is not there.
    """
    listed = dict(_listed_gpus())
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        yield from listed.values()
        return
    for wanted in visible.split(","):
        found = [gpu for ids, gpu in listed.items() if _means(wanted.strip(), *ids)]
        if not found:
            return
        yield found[0]


def _means(wanted: str, index: str, uuid: str) -> bool:
    """Whether a part of `CUDA_VISIBLE_DEVICES` is a device's index, or the start of its UUID."""
    return wanted == index or (wanted.startswith("GPU-") and uuid.startswith(wanted))


def _listed_gpus() -> Iterator[tuple[tuple[str, str], Gpu]]:
    """All CUDA devices as the driver lists them, by index and UUID."""
    listed = _run(
        "nvidia-smi", "--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits"
    )
    for line in listed.splitlines():
        fields = [field.strip() for field in line.split(",")]
        if len(fields) == 4 and fields[0].isdecimal():  # else it is a message
            index, uuid, name, mebibytes = fields
            yield (index, uuid), Gpu(name, _gibibytes(mebibytes))


def _gibibytes(mebibytes: str) -> float:
    """Memory as listed; 0 where the driver does not tell, as on chips that share the RAM."""
    try:
        return round(float(mebibytes) / 1024, 1)
    except ValueError:
        return 0.0

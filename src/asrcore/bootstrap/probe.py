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
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _chip(system: str) -> str:
    if system == "Darwin":
        return _run("sysctl", "-n", "machdep.cpu.brand_string")
    if system == "Linux":
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        return next(names, platform.processor())
    return platform.processor()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> int:
    """RAM in bytes."""
    if platform.system() == "Windows":
        return _windows_memory()
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


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
    """The CUDA devices that `CUDA_VISIBLE_DEVICES` leaves to this process, as the driver lists."""
    listed = _run(
        "nvidia-smi", "--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits"
    )
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    allowed = None if visible is None else [part.strip() for part in visible.split(",")]
    for line in listed.splitlines():
        index, uuid, name, mebibytes = (field.strip() for field in line.split(","))
        if allowed is None or index in allowed or uuid in allowed:
            yield Gpu(name, round(float(mebibytes) / 1024, 1))

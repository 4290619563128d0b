import ctypes
import os
import platform
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from asrcore.bootstrap import probe as module
from asrcore.bootstrap.probe import probe
from asrcore.domain.hardware import Gpu

TWO_GPUS = """\
0, GPU-5a1c0de0-1111-2222-3333-444444444444, NVIDIA H200, 143771
1, GPU-abc0ffee-5555-6666-7777-888888888888, NVIDIA GeForce RTX 4070, 12282
"""
H200 = Gpu("NVIDIA H200", 140.4)
RTX = Gpu("NVIDIA GeForce RTX 4070", 12.0)


class Commands(dict):
    """Stands for the machine's commands: program -> what it prints; others are not there."""

    def __call__(self, program: str, *arguments: str) -> str:
        printed = self.get(" ".join((program, *arguments)), self.get(program, ""))
        return printed.strip()


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    known = Commands()
    monkeypatch.setattr(module, "_run", known)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return known


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> object:
    def set_to(name: str, machine: str = "x86_64") -> None:
        monkeypatch.setattr(platform, "system", lambda: name)
        monkeypatch.setattr(platform, "machine", lambda: machine)
        monkeypatch.setattr(platform, "processor", lambda: "what platform says")

    return set_to


def test_this_machine_is_read_plausibly() -> None:
    profile = probe()
    assert profile.system in ("Linux", "Darwin", "Windows")
    assert profile.machine
    assert 1 <= profile.cores <= 4096
    assert 0.2 < profile.memory < 100_000
    assert all(gpu.name and 0 <= gpu.memory < 10_000 for gpu in profile.gpus)
    assert profile.devices[-1] == "cpu"
    assert probe() == profile


@pytest.mark.parametrize(
    ("visible", "gpus"),
    [
        (None, (H200, RTX)),
        ("0,1", (H200, RTX)),
        ("1", (RTX,)),
        (" 1 ", (RTX,)),
        ("1,0", (RTX, H200)),  # the process calls the second GPU cuda:0 then
        ("", ()),
        ("-1", ()),
        ("1,-1,0", (RTX,)),  # CUDA stops at the first that it does not know
        ("7", ()),
        ("NoDevFiles", ()),
        ("GPU-abc0ffee-5555-6666-7777-888888888888", (RTX,)),
        ("GPU-abc", (RTX,)),
        ("GPU-5a1,GPU-abc", (H200, RTX)),
        ("GPU-def", ()),
        ("abc", ()),
    ],
)
def test_only_gpus_that_cuda_visible_devices_leaves_are_seen_in_its_order(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, visible: str | None, gpus: tuple
) -> None:
    commands["nvidia-smi"] = TWO_GPUS
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    profile = probe()
    assert profile.gpus == gpus
    assert ("cuda" in profile.devices) is bool(gpus)


def test_the_driver_is_asked_for_the_columns_that_are_read(commands: Commands) -> None:
    asked = "--query-gpu=index,uuid,name,memory.total --format=csv,noheader,nounits"
    commands[f"nvidia-smi {asked}"] = TWO_GPUS
    assert probe().gpus == (H200, RTX)


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "No devices were found",
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
        "Failed to initialize NVML: Driver/library version mismatch, a, b, c",
        ", , , ,\n,,,\n\n",
    ],
)
def test_a_driver_that_prints_something_else_means_no_gpu(commands: Commands, printed: str) -> None:
    commands["nvidia-smi"] = printed
    assert probe().gpus == ()


def test_a_warning_between_the_lines_hides_no_gpu(commands: Commands) -> None:
    commands["nvidia-smi"] = f"Warning: infoROM is corrupted at gpu 0000:65:00.0\n{TWO_GPUS}"
    assert probe().gpus == (H200, RTX)


@pytest.mark.parametrize("memory", ["[N/A]", "[Not Supported]", ""])
def test_a_gpu_that_shares_the_ram_and_tells_no_memory_is_still_one(
    commands: Commands, memory: str
) -> None:
    commands["nvidia-smi"] = f"0, GPU-1, NVIDIA GB10, {memory}"
    assert probe().gpus == (Gpu("NVIDIA GB10", 0.0),)


def test_an_apple_names_its_chip(commands: Commands, system) -> None:
    system("Darwin", "arm64")
    commands["sysctl -n machdep.cpu.brand_string"] = "Apple M4 Max"
    commands["sysctl -n sysctl.proc_translated"] = "0"
    profile = probe()
    assert (profile.chip, profile.translated) == ("Apple M4 Max", False)
    assert profile.apple_silicon


def test_an_intel_python_on_apple_silicon_is_seen_as_translated(commands: Commands, system) -> None:
    system("Darwin", "x86_64")
    commands["sysctl -n machdep.cpu.brand_string"] = "Apple M1"
    commands["sysctl -n sysctl.proc_translated"] = "1"
    profile = probe()
    assert profile.translated
    assert not profile.apple_silicon
    assert profile.devices == ("cpu",)


def test_an_intel_mac_has_no_such_key_and_is_not_translated(commands: Commands, system) -> None:
    system("Darwin", "x86_64")
    assert not probe().translated


@pytest.mark.parametrize(
    ("cpuinfo", "chip"),
    [
        (
            "processor\t: 0\nmodel name\t: AMD Ryzen 7 7840U\nmodel name\t: other\n",
            "AMD Ryzen 7 7840U",
        ),
        ("model name\t: Odd\udcae chip\n", "Odd\N{REPLACEMENT CHARACTER} chip"),
        ("processor\t: 0\nFeatures\t: fp asimd\n", "what platform says"),  # ARM names none
        ("model name\t:\n", "what platform says"),
        ("", "what platform says"),
        (None, "what platform says"),  # /proc is not mounted
    ],
)
def test_linux_names_its_chip_where_the_kernel_does(
    commands: Commands,
    system,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cpuinfo: str | None,
    chip: str,
) -> None:
    system("Linux")
    file = tmp_path / "cpuinfo"
    if cpuinfo is not None:
        file.write_bytes(cpuinfo.encode("utf-8", "surrogateescape"))
    monkeypatch.setattr(module, "CPUINFO", file)
    assert probe().chip == chip


def test_windows_is_asked_in_its_own_way(
    commands: Commands, system, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(pointer: object) -> int:
        status = pointer._obj
        # MEMORYSTATUSEX: two DWORDs and seven DWORDLONGs; the call fails where the size is wrong.
        assert status.length == ctypes.sizeof(status) == 64
        status.total = 16 * 2**30
        return 1

    kernel = SimpleNamespace(GlobalMemoryStatusEx=fill)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    system("Windows", "AMD64")
    profile = probe()
    assert profile.memory == 16.0
    assert profile.chip == "what platform says"
    assert profile.devices == ("cpu",)


def test_memory_is_counted_in_gibibytes(commands: Commands, monkeypatch) -> None:
    sizes = {"SC_PAGE_SIZE": 16384, "SC_PHYS_PAGES": 509_000}
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__, raising=False)
    assert probe().memory == 7.8


@pytest.mark.parametrize("error", [OSError("not told"), ValueError("unrecognized name"), None])
def test_memory_that_the_system_does_not_tell_is_humbly_zero(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    def sysconf(name: str) -> int:
        if name == "SC_PAGE_SIZE":
            return 4096
        if error is None:
            return -1  # C's way of not telling
        raise error

    monkeypatch.setattr(os, "sysconf", sysconf, raising=False)
    assert probe().memory == 0.0


def test_only_processors_that_this_process_may_use_are_counted(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5, 6}, raising=False)
    assert probe().cores == 3


@pytest.mark.parametrize(("counted", "cores"), [(12, 12), (None, 1)])
def test_where_affinity_is_unknown_all_processors_count(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, counted: int | None, cores: int
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: counted)
    assert probe().cores == cores


class TestRunningACommand:
    def test_gives_what_it_prints_without_the_blank_around_it(self) -> None:
        assert module._run(sys.executable, "-c", "print(' 42 ')") == "42"

    def test_that_is_not_there_gives_nothing(self) -> None:
        assert module._run("asrcore-no-such-command") == ""

    def test_that_fails_gives_nothing_whatever_it_printed(self) -> None:
        assert module._run(sys.executable, "-c", "print('oops'); raise SystemExit(9)") == ""

    def test_that_prints_bytes_of_another_encoding_does_not_raise(self) -> None:
        code = r"import sys; sys.stdout.buffer.write(b'gr\xfc\xdfe \x81')"
        assert module._run(sys.executable, "-c", code).startswith("gr")

    def test_that_hangs_gives_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def hang(command: tuple, *, timeout: float, **_: object) -> None:
            raise subprocess.TimeoutExpired(command, timeout)

        monkeypatch.setattr(subprocess, "run", hang)
        assert module._run("nvidia-smi") == ""

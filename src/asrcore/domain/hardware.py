"""The machine, as far as choosing an engine goes."""

from __future__ import annotations

from dataclasses import dataclass

ARM = ("aarch64", "arm64")
"""What systems call the architecture."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One CUDA device: its name, and its memory in GiB; 0 where the driver does not tell."""

    name: str
    memory: float


@dataclass(frozen=True, slots=True)
class HardwareProfile:
    """What `probe()` read off a machine.

    Attributes:
        system: `Linux`, `Darwin` or `Windows`.
        machine: processor architecture: `x86_64`, `arm64`, ...
        chip: the processor's name, for people.
        cores: processors that this process may use.
        memory: RAM in GiB.
        gpus: CUDA devices that this process may use.
        translated: whether an Intel build of Python runs on Apple Silicon (Rosetta).
    """

    system: str
    machine: str
    chip: str
    cores: int
    memory: float
    gpus: tuple[Gpu, ...] = ()
    translated: bool = False

    @property
    def apple_silicon(self) -> bool:
        """Whether Metal is there: native Python on an Apple chip."""
        return self.system == "Darwin" and self.machine == "arm64"

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices of this machine, fastest first: `cuda`, `metal`, `cpu`."""
        accelerators = (("cuda", bool(self.gpus)), ("metal", self.apple_silicon))
        return (*(name for name, present in accelerators if present), "cpu")

    def gpu(self, device: str) -> Gpu | None:
        """The GPU that `cuda` or `cuda:1` means, if it is there."""
        index = int(device.partition(":")[2] or 0)
        return self.gpus[index] if index < len(self.gpus) else None

    def unified(self, device: str) -> bool:
        """Whether an accelerator has no memory of its own, but the machine's.

        So it is on Apple Silicon, and on ARM boards by NVIDIA, whose drivers tell no memory.
        """
        if device.startswith("cuda"):
            gpu = self.gpu(device)
            return gpu is not None and not gpu.memory and self.machine in ARM
        return self.apple_silicon and device != "cpu"

    def memory_of(self, device: str) -> float:
        """GiB of memory that a device computes in; 0 where it is not known."""
        if device.startswith("cuda") and not self.unified(device):
            gpu = self.gpu(device)
            return gpu.memory if gpu else 0.0
        return self.memory

    def usable(self, device: str) -> float:
        """GiB of a device's memory that one stage may use; 0 where it is not known.

        The rest is for other stages, the system and the user's programs. On Apple Silicon it is
        what Metal recommends (`recommendedMaxWorkingSetSize`): machines of 8 to 32 GB report 2/3
        of the memory, those of 36 to 192 GB 3/4, or more on later versions of macOS.
        """
        memory = self.memory_of(device)
        if device.startswith("cuda"):
            share = 1 / 2 if self.unified(device) else 3 / 4
        elif self.unified(device):
            share = 2 / 3 if memory < 36 else 3 / 4
        else:
            share = 1 / 2
        return round(share * memory, 1)

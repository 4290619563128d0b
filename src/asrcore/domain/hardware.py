"""The machine, as far as choosing an engine goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gpu:
    """One CUDA device: its name, and its memory in GiB."""

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

    def memory_of(self, device: str) -> float:
        """Memory in GiB that work on `device` has to itself."""
        return self.gpus[0].memory if device == "cuda" and self.gpus else self.memory

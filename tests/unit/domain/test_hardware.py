import pytest

from asrcore.domain.hardware import Gpu, HardwareProfile

H200 = Gpu("NVIDIA H200", 139.8)
RTX = Gpu("NVIDIA RTX 4060", 8.0)


def machine(
    system: str = "Linux", architecture: str = "x86_64", **known: object
) -> HardwareProfile:
    return HardwareProfile(system, architecture, chip="?", cores=8, memory=16.0, **known)


@pytest.mark.parametrize(
    ("profile", "devices"),
    [
        (machine(), ("cpu",)),
        (machine(gpus=(H200, RTX)), ("cuda", "cpu")),
        (machine("Windows", "AMD64", gpus=(RTX,)), ("cuda", "cpu")),
        (machine("Darwin", "arm64"), ("metal", "cpu")),
        (machine("Darwin", "x86_64"), ("cpu",)),
        (machine("Darwin", "x86_64", translated=True), ("cpu",)),
        (machine("Linux", "arm64"), ("cpu",)),
    ],
)
def test_devices_are_those_of_the_machine_fastest_first(
    profile: HardwareProfile, devices: tuple
) -> None:
    assert profile.devices == devices
    assert profile.apple_silicon == ("metal" in devices)


@pytest.mark.parametrize(
    ("profile", "device", "memory"),
    [
        (machine(gpus=(H200, RTX)), "cuda", 139.8),
        (machine(gpus=(RTX,)), "cpu", 16.0),
        (machine("Darwin", "arm64"), "metal", 16.0),
        (machine(), "cuda", 16.0),
    ],
)
def test_memory_is_the_first_gpus_own_and_elsewhere_the_machines(
    profile: HardwareProfile, device: str, memory: float
) -> None:
    assert profile.memory_of(device) == memory

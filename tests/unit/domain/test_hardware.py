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


GB10 = Gpu("NVIDIA GB10", 0.0)


@pytest.mark.parametrize(
    ("profile", "device", "memory", "unified"),
    [
        (machine(gpus=(H200, RTX)), "cuda", 139.8, False),
        (machine(gpus=(H200, RTX)), "cuda:1", 8.0, False),
        (machine(gpus=(RTX,)), "cpu", 16.0, False),
        (machine("Darwin", "arm64"), "metal", 16.0, True),
        (machine("Darwin", "arm64"), "mps", 16.0, True),
        (machine("Darwin", "arm64"), "cpu", 16.0, False),
        (machine("Darwin", "x86_64"), "cpu", 16.0, False),
        (machine(architecture="aarch64", gpus=(GB10,)), "cuda", 16.0, True),
        (machine(architecture="aarch64", gpus=(H200,)), "cuda", 139.8, False),
        # A driver that does not tell, or no GPU at all: a machine's RAM says nothing of it.
        (machine(gpus=(GB10,)), "cuda", 0.0, False),
        (machine(), "cuda", 0.0, False),
        (machine(gpus=(H200, RTX)), "cuda:2", 0.0, False),
    ],
)
def test_memory_is_a_gpus_own_or_the_machines(
    profile: HardwareProfile, device: str, memory: float, unified: bool
) -> None:
    assert profile.memory_of(device) == memory
    assert profile.unified(device) is unified


@pytest.mark.parametrize(
    ("ram", "metal"),
    [
        (8.0, 5.3),
        (16.0, 10.7),
        (24.0, 16.0),
        (32.0, 21.3),
        (36.0, 27.0),
        (64.0, 48.0),
        (128.0, 96.0),
    ],
)
def test_metal_recommends_a_part_of_the_memory(ram: float, metal: float) -> None:
    """As machines of these sizes report it."""
    profile = HardwareProfile("Darwin", "arm64", "Apple", cores=8, memory=ram)
    assert profile.usable("metal") == metal
    assert profile.usable("cpu") == ram / 2


def test_a_gpu_leaves_a_quarter_to_other_stages_and_shared_memory_half() -> None:
    assert machine(gpus=(RTX,)).usable("cuda") == 6.0
    assert machine(gpus=(H200, RTX)).usable("cuda:1") == 6.0
    assert machine(architecture="aarch64", gpus=(GB10,)).usable("cuda") == 8.0
    assert machine().usable("cpu") == 8.0
    assert machine().usable("cuda") == 0.0

"""Machines that nobody here owns, and the transcribers that could be installed on them."""

from asrcore.bootstrap.planner import footprints
from asrcore.bootstrap.stage_planner import BackendFacts
from asrcore.domain.hardware import Gpu, HardwareProfile
from asrcore.plugin import Plugin
from asrcore_adapters.faster_whisper import PLUGIN as FASTER_WHISPER
from asrcore_adapters.mlx import PLUGIN as MLX
from asrcore_adapters.pocketsphinx import PLUGIN as POCKETSPHINX

MLX_INSTALL = MLX.install


def of(plugin: Plugin, *, installed: bool = True, **options: object) -> BackendFacts:
    return BackendFacts(
        plugin.name,
        installed,
        plugin.devices,
        plugin.rank,
        plugin.install,
        batched=plugin.batched,
        footprints=footprints(plugin, options),
    )


def mlx(model: str = "large-v3-turbo", *, installed: bool = True) -> BackendFacts:
    greedy = {"beam_size": 1, "temperatures": [0.0]}
    return of(MLX, installed=installed, model=model, **greedy)


FW, SPHINX = of(FASTER_WHISPER), of(POCKETSPHINX)
FW_MISSING, SPHINX_MISSING = of(FASTER_WHISPER, installed=False), of(POCKETSPHINX, installed=False)
EVERYTHING = (FW, mlx(), SPHINX)
NO_MLX = (FW, mlx(installed=False), SPHINX)

M1 = HardwareProfile("Darwin", "arm64", "Apple M1", 8, 8.0)
M4_MAX = HardwareProfile("Darwin", "arm64", "Apple M4 Max", 16, 128.0)
ROSETTA = HardwareProfile("Darwin", "x86_64", "Apple M2", 8, 16.0, translated=True)
INTEL_MAC = HardwareProfile("Darwin", "x86_64", "Intel Core i7", 12, 32.0)
CUDA_8 = HardwareProfile("Linux", "x86_64", "Ryzen", 12, 31.2, (Gpu("RTX 4060", 8.0),))
CUDA_140 = HardwareProfile("Linux", "x86_64", "Xeon", 16, 503.5, (Gpu("H200", 140.4),))
SPARK = HardwareProfile("Linux", "aarch64", "Grace", 20, 119.7, (Gpu("GB10", 0.0),))
BIG_AND_SMALL = HardwareProfile(
    "Linux", "x86_64", "Xeon", 32, 251.0, (Gpu("A100", 80.0), Gpu("RTX 4060", 8.0))
)
LAPTOP_16 = HardwareProfile("Linux", "x86_64", "Core i5", 8, 15.5)
RASPBERRY = HardwareProfile("Linux", "aarch64", "", 4, 7.9)
TINY_4 = HardwareProfile("Linux", "x86_64", "Celeron", 2, 3.7)
WINDOWS = HardwareProfile("Windows", "AMD64", "Core i7", 8, 7.8)
WINDOWS_CUDA = HardwareProfile("Windows", "AMD64", "Ryzen", 16, 31.7, (Gpu("RTX 4070", 12.0),))
UNREADABLE = HardwareProfile("Linux", "x86_64", "", 1, 0.0)

MACHINES = {
    "M1 8 GB": M1,
    "M4 Max 128 GB": M4_MAX,
    "Rosetta": ROSETTA,
    "Intel Mac": INTEL_MAC,
    "CUDA 8 GB": CUDA_8,
    "CUDA 140 GB": CUDA_140,
    "DGX Spark": SPARK,
    "two GPUs": BIG_AND_SMALL,
    "laptop 16 GB": LAPTOP_16,
    "Raspberry Pi 8 GB": RASPBERRY,
    "tiny 4 GB": TINY_4,
    "Windows": WINDOWS,
    "Windows CUDA": WINDOWS_CUDA,
    "nothing readable": UNREADABLE,
}

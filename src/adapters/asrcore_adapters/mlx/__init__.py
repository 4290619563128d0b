"""Whisper over MLX, with mlx-whisper's model and tokenizer: the backend for Apple Silicon."""

from pydantic import Field

from asrcore.plugin import DeviceSupport, Plugin
from asrcore_adapters.common.options import HubOptions
from asrcore_adapters.common.whisper_options import WhisperOptions
from asrcore_adapters.common.whisper_sizes import whisper_footprint


class MLXOptions(WhisperOptions):
    """A Whisper over MLX.

    Attributes:
        threads: chunks computed side by side where the device is a CPU, each by one thread; 0 takes
            all cores of this process. A GPU has them all in one batch.
        memory_limit: GiB that MLX takes before it waits for running work to free some; where it
            is absent, what is planned for this machine. It holds for the whole process.
        cache_limit: GiB of freed memory that MLX keeps for reuse; where it is absent, an eighth
            of `memory_limit`. It holds for the whole process.
    """

    threads: int = Field(0, ge=0)
    memory_limit: float | None = Field(None, gt=0)
    cache_limit: float | None = Field(None, ge=0)


PLUGIN = Plugin(
    name="mlx",
    target="asrcore_adapters.mlx.transcriber:MLXTranscriber",
    summary="Whisper over MLX: Apple's GPU; CUDA and CPU when named",
    options=MLXOptions,
    requires=("mlx", "mlx_whisper"),
    install="pip install 'asrcore[mlx]'",
    devices={
        "metal": DeviceSupport(
            ("float16", "bfloat16", "float32"),
            why="MLX is fastest on Apple's GPU in float16",
        ),
        "cuda": DeviceSupport(
            ("float16", "bfloat16", "float32"),
            planned=False,
            why="on CUDA, CTranslate2 is the usual choice",
        ),
        "cpu": DeviceSupport(
            ("float32", "float16", "bfloat16"),
            planned=False,
            why="MLX is slow on CPUs; CTranslate2 is the usual choice",
        ),
    },
    rank=20,
    attention=True,
    footprint=whisper_footprint,
)

CONVERTER = Plugin(
    name="mlx",
    target="asrcore_adapters.mlx.converting:MlxConverter",
    summary="Whisper checkpoints for MLX, in mlx-community's layout",
    options=HubOptions,
    requires=("mlx", "mlx_whisper"),
    install="pip install 'asrcore[mlx]'",
    devices={"cpu": DeviceSupport(("float16", "bfloat16", "float32", "8", "4"))},
)

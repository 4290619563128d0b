"""Whisper over MLX."""

from asrcore.plugin import DeviceSupport, Plugin
from asrcore_adapters.common.options import HubOptions

CONVERTER = Plugin(
    name="mlx",
    target="asrcore_adapters.mlx.converting:MlxConverter",
    summary="Whisper checkpoints for MLX, in mlx-community's layout",
    options=HubOptions,
    requires=("mlx", "mlx_whisper"),
    install="pip install 'asrcore[mlx]'",
    devices={"cpu": DeviceSupport(("float16", "bfloat16", "float32", "8", "4"))},
)

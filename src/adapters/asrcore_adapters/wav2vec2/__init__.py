"""wav2vec2 CTC models: exact word times in many languages, by torch or by MLX.

What is the same for both engines is here; each has a room of its own, `over_torch` and `over_mlx`.
"""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from asrcore.plugin import DeviceSupport, Plugin
from asrcore_adapters.common.options import HubOptions


class Wav2Vec2Options(HubOptions):
    """Which model, and how much of it at once.

    Attributes:
        model: a Hub id (`org/name`) or a local folder for all languages; where it is absent,
            each language has its own.
        models: language code -> Hub id or folder; beats the built-in table, see `languages.py`.
        fallback_model: a Hub id or folder for the languages that neither `models` nor the built-in
            table has, and for sound whose language is not known: a multilingual CTC model, whose
            labels are these languages' own letters. Not beside `model`, which leaves it nothing.
        batch_seconds: sound in one call of the model, in seconds, its padding counted; a longer
            stretch goes alone. More needs more memory. Where it is absent: 16 on a CPU, whose
            caches hold no more; elsewhere 120 by torch and 30 by MLX.
    """

    model: str | None = Field(None, min_length=1)
    models: Mapping[str, str] = Field(default_factory=dict)
    fallback_model: str | None = Field(None, min_length=1)
    batch_seconds: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _one_for_the_rest(self) -> Self:
        if self.model and self.fallback_model:
            raise ValueError("needs either model or fallback_model, not both")
        return self


PLUGIN = Plugin(
    name="wav2vec2",
    target="asrcore_adapters.wav2vec2.over_torch.model:Wav2Vec2EmissionModel",
    summary="CTC models over transformers: exact word times in many languages",
    options=Wav2Vec2Options,
    requires=("torch", "transformers"),
    install="pip install 'asrcore[align]'",
    devices={
        "cuda": DeviceSupport(
            ("float16", "bfloat16", "float32"),
            why="wav2vec2 needs half the memory in float16",
        ),
        "mps": DeviceSupport(
            ("float32", "float16"),
            planned=False,
            why="torch's Metal convolution refuses stretches over 20 s before macOS 15.1",
        ),
        "cpu": DeviceSupport(
            ("float32", "bfloat16"),
            why="float32 is exact; bfloat16 is faster on CPUs with AMX or AVX512-BF16 alone",
        ),
    },
    rank=20,
)

MLX = Plugin(
    name="wav2vec2-mlx",
    target="asrcore_adapters.wav2vec2.over_mlx.model:MlxWav2Vec2EmissionModel",
    summary="the same CTC models over MLX: on Apple's GPUs, without torch",
    options=Wav2Vec2Options,
    requires=("mlx",),
    install="pip install 'asrcore[mlx]'",
    devices={
        "metal": DeviceSupport(
            ("float16", "float32", "bfloat16"),
            why="wav2vec2 needs half the memory in float16, and names the same letters",
        ),
        "cuda": DeviceSupport(
            ("float16", "float32", "bfloat16"), planned=False, why="torch is at home on CUDA"
        ),
        "cpu": DeviceSupport(
            ("float32", "float16", "bfloat16"),
            planned=False,
            why="torch is many times as fast on a CPU",
        ),
    },
    rank=25,
)

"""Whisper checkpoints of Hugging Face in the layout that mlx-whisper reads."""

from __future__ import annotations

import json
from pathlib import Path

import mlx.core as mx

from asrcore.domain.audio import Samples
from asrcore.domain.conversion import Reading
from asrcore.plugin import Placement
from asrcore_adapters.common.engines import refuse_missing
from asrcore_adapters.common.options import HubOptions
from asrcore_adapters.common.whisper_checkpoint import locate_checkpoint, read_config
from asrcore_adapters.mlx.arrays import GROUP, fitted, quantized
from asrcore_adapters.mlx.checkpoint import stored_weights
from asrcore_adapters.mlx.layout import HEADS, alignment_heads, dimensions
from asrcore_adapters.mlx.saving import save

FLOATS = {"float16": mx.float16, "bfloat16": mx.bfloat16, "float32": mx.float32}


class MlxConverter:
    """Names, layouts of convolutions and number formats change; torch is not needed for that.

    The weights of safetensors are converted one by one, so that a model of any size needs little
    memory; the comparison with the source needs the whole model in float32.
    """

    transcriber = "mlx"

    def __init__(self, options: HubOptions, placement: Placement) -> None:
        self._options = options
        self._format = placement.compute_type or "float16"

    def prepare_check(self) -> None:
        """transformers and torch read the source."""
        refuse_missing(
            ("torch", "transformers"),
            "comparing the converted model with its source",
            "run: pip install 'asrcore[align]', or leave the comparison out with --no-check",
        )

    def locate(self, source: str) -> Path:
        """A folder, or a Hub model."""
        return locate_checkpoint(source, self._options)

    def convert(self, source: Path, target: Path) -> None:
        """Write `config.json` and `weights.safetensors`."""
        sizes = dimensions(read_config(source))
        heads = alignment_heads(source, sizes)
        weights = fitted(stored_weights(source), sizes, source)
        config: dict[str, object] = {"model_type": "whisper", **sizes}
        if self._format in FLOATS:
            weights = {name: each.astype(FLOATS[self._format]) for name, each in weights.items()}
        else:
            config["quantization"] = {"group_size": GROUP, "bits": int(self._format)}
            weights = quantized(weights, int(self._format), source)
        if heads:
            weights[HEADS] = mx.array(heads, mx.int32)
        save(target / "weights.safetensors", weights)
        (target / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")

    def expected(self, source: Path, clip: Samples) -> Reading:
        """By transformers, with mlx-whisper's vocabulary."""
        from asrcore_adapters.mlx import comparing  # noqa: PLC0415 - it needs torch

        return comparing.expected(source, clip)

    def found(self, target: Path, clip: Samples) -> Reading:
        """By mlx-whisper in float32."""
        from asrcore_adapters.mlx import comparing  # noqa: PLC0415 - it needs torch

        return comparing.found(target, clip)

"""MLX's errors in our words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from asrcore.domain.whisper.engine import Generated
from asrcore.errors import AsrError, EngineError, ModelError, OutOfMemoryError, is_out_of_memory
from asrcore_adapters.common.mlx_devices import remedy


def not_loaded(model: str, error: Exception) -> AsrError:
    """The model's files are there and MLX cannot use them, or has no room for them."""
    if is_out_of_memory(error):
        return failed(error)
    again = "check that you may read it, or download or convert it once more"
    return ModelError(f"model {model} cannot be loaded: {error}", remedy(error) or again)


def failed(error: Exception) -> AsrError:
    """It failed while working."""
    if is_out_of_memory(error):
        return OutOfMemoryError(
            f"MLX ran out of memory: {error}",
            "try --batch-size 1, a smaller or quantised --model, or less at once elsewhere",
        )
    return EngineError(f"MLX failed: {error}", remedy(error))


def refuse_infinite(found: Sequence[Generated]) -> None:
    """Raise an EngineError where a model wrote with probabilities that are no numbers."""
    if all(math.isfinite(each.avg_logprob + each.no_speech_prob) for each in found):
        return
    raise EngineError(
        "MLX gave numbers that are none",
        "compute exactly: --set transcriber.compute_type=float32; if that is no help, the "
        "recording holds samples that are no numbers: ffmpeg -i RECORDING -c:a pcm_s16le NEW.wav",
    )

"""torch's and pyannote.audio's errors in our words, each with what to type next."""

from __future__ import annotations

import torch

from asrcore.errors import (
    AsrError,
    EngineError,
    ModelError,
    OutOfMemoryError,
    is_out_of_memory,
)
from asrcore_adapters.pyannote.recipe import ANOTHER
from asrcore_adapters.pyannote.refusals import without_tokens

ON_CPU = "use the CPU for it: --set diarizer.device=cpu"
SHERPA = "use sherpa-onnx for it: --set diarizer.backend=sherpa-onnx"
COARSER = "hear less often: --set diarizer.options.segmentation_step=0.5"
LESS_AT_ONCE = (
    "less at once: --set diarizer.options.embedding_batch_size=1 "
    "--set diarizer.options.segmentation_batch_size=1"
)


def not_loaded(pipeline: str, error: Exception, device: torch.device) -> AsrError:
    """The pipeline's files are there and cannot be used."""
    if is_out_of_memory(error):
        return OutOfMemoryError(
            f"there is no memory for pipeline {pipeline}: {_told(error)}",
            SHERPA if device.type == "cpu" else ON_CPU,
        )
    hint = ON_CPU if _of_the_device(error, device) else ANOTHER
    return ModelError(f"pipeline {pipeline} cannot be loaded: {_told(error)}", hint)


def failed(error: Exception, device: torch.device) -> AsrError:
    """It failed while working."""
    if is_out_of_memory(error):
        other = SHERPA if device.type == "cpu" else ON_CPU
        return OutOfMemoryError(
            f"pyannote ran out of memory: {_told(error)}",
            f"{COARSER}; or {LESS_AT_ONCE}; or {other}",
        )
    hint = ON_CPU if _of_the_device(error, device) else SHERPA
    return EngineError(f"pyannote failed: {_told(error)}", hint)


def _told(error: Exception) -> str:
    return without_tokens(f"{type(error).__name__}: {error}")


def _of_the_device(error: Exception, device: torch.device) -> bool:
    text = str(error).lower()
    return device.type != "cpu" and any(word in text for word in ("cuda", "nvidia", "mps"))

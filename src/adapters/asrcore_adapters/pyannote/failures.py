"""torch's and pyannote.audio's errors in our words."""

from __future__ import annotations

import torch

from asrcore.errors import AsrError, EngineError, ModelError, OutOfMemoryError
from asrcore_adapters.pyannote.refusals import without_tokens

ON_CPU = "use the CPU for it: --set diarizer.device=cpu"


def not_loaded(pipeline: str, error: Exception) -> AsrError:
    """The pipeline's files are there and cannot be used."""
    if _out_of_memory(error):
        return OutOfMemoryError(f"there is no memory for pipeline {pipeline}: {error}", ON_CPU)
    return ModelError(f"pipeline {pipeline} cannot be loaded: {_told(error)}", _remedy(str(error)))


def failed(error: Exception) -> AsrError:
    """It failed while working."""
    if _out_of_memory(error):
        return OutOfMemoryError(
            f"pyannote ran out of memory: {_told(error)}",
            "less at once: --set diarizer.options.embedding_batch_size=1 "
            "--set diarizer.options.segmentation_batch_size=1; for hours of sound: "
            "--set diarizer.options.segmentation_step=0.25",
        )
    return EngineError(f"pyannote failed: {_told(error)}", _remedy(str(error)))


def _told(error: Exception) -> str:
    return without_tokens(f"{type(error).__name__}: {error}")


def _out_of_memory(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        "out of memory" in text or "can't allocate memory" in text or "not enough memory" in text
    )


def _remedy(message: str) -> str:
    text = message.lower()
    return ON_CPU if any(word in text for word in ("cuda", "nvidia", "mps")) else ""

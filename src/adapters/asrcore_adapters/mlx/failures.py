"""MLX's errors in our words."""

from __future__ import annotations

from asrcore.errors import AsrError, EngineError, ModelError, OutOfMemoryError, is_out_of_memory

TOO_LITTLE_MEMORY = ("unable to allocate", "attempting to allocate", "insufficient memory")
"""How MLX says it, beside the words that others have, too."""


def not_loaded(model: str, error: Exception) -> AsrError:
    """The model's files are there and MLX cannot use them, or has no room for them."""
    if _is_out_of_memory(error):
        return failed(error)
    return ModelError(
        f"model {model} cannot be loaded: {error}", "download or convert it once more"
    )


def failed(error: Exception) -> AsrError:
    """It failed while working."""
    if _is_out_of_memory(error):
        return OutOfMemoryError(
            f"MLX ran out of memory: {error}",
            "try --batch-size 1, a smaller or quantised --model, or less at once elsewhere",
        )
    return EngineError(f"MLX failed: {error}")


def _is_out_of_memory(error: Exception) -> bool:
    text = str(error).lower()
    return is_out_of_memory(error) or any(words in text for words in TOO_LITTLE_MEMORY)

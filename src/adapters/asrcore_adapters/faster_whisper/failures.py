"""CTranslate2's errors in our words."""

from __future__ import annotations

from asrcore.errors import AsrError, EngineError, ModelError, OutOfMemoryError


def not_loaded(model: str, error: Exception) -> AsrError:
    """The model's files are there and CTranslate2 cannot use them."""
    return ModelError(f"model {model} cannot be loaded: {error}", _remedy(str(error)))


def failed(error: Exception) -> AsrError:
    """It failed while working."""
    if "out of memory" in str(error).lower() or isinstance(error, MemoryError):
        return OutOfMemoryError(
            f"faster-whisper ran out of memory: {error}",
            "try --batch-size 1, a smaller --model, or --set transcriber.compute_type=int8",
        )
    return EngineError(f"faster-whisper failed: {error}", _remedy(str(error)))


def _remedy(message: str) -> str:
    text = message.lower()
    if "libcublas" in text or "cudnn" in text:
        return (
            "run: pip install nvidia-cublas-cu12 'nvidia-cudnn-cu12>=9,<10', and name their lib "
            "folders in LD_LIBRARY_PATH; or use --device cpu"
        )
    if "compute type" in text:
        return "name another with --set transcriber.compute_type=float32"
    if "cuda" in text:
        return "use --device cpu, or update the NVIDIA driver"
    return ""

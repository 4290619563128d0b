"""What engines' failures mean, and what to do about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.errors import (
    AsrError,
    ConfigError,
    EngineError,
    ModelError,
    OutOfMemoryError,
    is_out_of_memory,
)

ACCELERATORS = ("cuda", "nvidia", "mps", "metal")


def failed(error: Exception, at_once: Sequence[Samples] = ()) -> AsrError:
    """An engine's failure while it heard these stretches."""
    if is_out_of_memory(error):
        message = f"wav2vec2 ran out of memory: {error}"
        return OutOfMemoryError(message, _less_memory(at_once))
    return EngineError(f"wav2vec2 failed: {error}", _remedy(error))


def not_loaded(name: str, error: Exception) -> AsrError:
    """A failure while a model was loaded."""
    if is_out_of_memory(error):
        hint = "take the CPU for it: --set aligner.device=cpu"
        return OutOfMemoryError(f"there is no memory for model {name}: {error}", hint)
    return ModelError(f"model {name} cannot be loaded: {error}", _remedy(error))


def cannot_align(name: str, error: ModelError) -> ModelError:
    """A model that was read and refused."""
    hint = error.hint or "name another with --set aligner.options.model=HUB_ID"
    return ModelError(f"model {name} cannot align: {error.message}", hint)


def no_compute_type(compute_type: str, known: Iterable[str]) -> ConfigError:
    """A number format that the engine does not have."""
    return ConfigError(
        f"aligner.compute_type: wav2vec2 computes in {', '.join(known)}, not in {compute_type}",
        "name one of them: --set aligner.compute_type=float32",
    )


def _less_memory(at_once: Sequence[Samples]) -> str:
    if len(at_once) < 2:
        return "take another device or a smaller model for it: --set aligner.device=cpu"
    less = len(at_once) * len(at_once[0]) / SAMPLE_RATE / 2
    return f"align less at once: --set aligner.options.batch_seconds={less:.3g}"


def _remedy(error: Exception) -> str:
    text = str(error).lower()
    if any(name in text for name in ACCELERATORS):
        return "use the CPU for it: --set aligner.device=cpu"
    return ""

"""From a model's name to its files: a local folder, a known size or a Hub id."""

from __future__ import annotations

from pathlib import Path

from asrcore.errors import ModelError, did_you_mean, translate
from asrcore_adapters.common.hub import locate_model, unreadable
from asrcore_adapters.common.paths import folder_of, is_path
from asrcore_adapters.mlx import MLXOptions
from asrcore_adapters.mlx.loading import FILES

PUBLISHED = {
    "tiny": "mlx-community/whisper-tiny-mlx",
    "tiny.en": "mlx-community/whisper-tiny.en-mlx",
    "base": "mlx-community/whisper-base-mlx",
    "base.en": "mlx-community/whisper-base.en-mlx",
    "small": "mlx-community/whisper-small-mlx",
    "small.en": "mlx-community/whisper-small.en-mlx",
    "medium": "mlx-community/whisper-medium-mlx",
    "medium.en": "mlx-community/whisper-medium.en-mlx",
    "large-v1": "mlx-community/whisper-large-v1-mlx",
    "large-v2": "mlx-community/whisper-large-v2-mlx",
    "large-v3": "mlx-community/whisper-large-v3-mlx",
    "large": "mlx-community/whisper-large-v3-mlx",
    "large-v3-turbo": "mlx-community/whisper-large-v3-turbo",
    "turbo": "mlx-community/whisper-large-v3-turbo",
    "distil-large-v3": "mlx-community/distil-whisper-large-v3",
}
"""Sizes as other Whispers name them, and where they are in MLX's layout."""


def locate_whisper(options: MLXOptions) -> Path:
    """The folder with a model's files; downloaded where it is not on this machine yet.

    Raises:
        ModelError: there is no such model, it cannot be downloaded, or the folder holds none.
    """
    folder = folder_of(options.model)
    with translate({OSError: lambda error: unreadable(folder, error)}):
        if (folder / "model.bin").is_file():
            raise ModelError(
                f"{folder} is a CTranslate2 model; this engine reads MLX's",
                "add --backend faster-whisper",
            )
        return locate_model(_full_name(options.model), FILES, options)


def _full_name(name: str) -> str:
    """The Hub id of a size; others as they are."""
    if "/" in name or is_path(name) or folder_of(name).is_dir():
        return name
    if name not in PUBLISHED:
        raise ModelError(
            f"there is no model {name}",
            did_you_mean(name, PUBLISHED)
            or f"name one of {', '.join(PUBLISHED)}; or a Hub id; or a folder",
        )
    return PUBLISHED[name]

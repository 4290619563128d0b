"""From a model's name to its files: a local folder, a known size or a Hub id."""

from __future__ import annotations

from pathlib import Path

from asrcore.errors import ModelError, did_you_mean
from asrcore_adapters.common.hub import locate_model
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
    name = options.model
    if "/" not in name and not is_path(name) and not folder_of(name).is_dir():
        if name not in PUBLISHED:
            raise ModelError(
                f"there is no model {name}",
                did_you_mean(name, PUBLISHED)
                or f"name one of {', '.join(PUBLISHED)}; or a Hub id; or a folder",
            )
        name = PUBLISHED[name]
    return locate_model(name, FILES, options)

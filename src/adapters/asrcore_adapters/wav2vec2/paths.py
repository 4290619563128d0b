"""Which of the configured models are folders, and whether they are there."""

from __future__ import annotations

from collections.abc import Iterator

from asrcore.errors import ModelError
from asrcore_adapters.common.paths import folder_of, is_path
from asrcore_adapters.wav2vec2 import Wav2Vec2Options


def refuse_absent_folders(options: Wav2Vec2Options) -> None:
    """Before any work, and for all models: one may not be asked for until hours later.

    Raises:
        ModelError: names the setting whose folder is not there.
    """
    for setting, name in _named(options):
        if is_path(name) and not folder_of(name).is_dir():
            key = f"aligner.options.{setting}"
            raise ModelError(
                f"{key}: there is no folder {name}",
                f"check the path, or name a Hub id: --set {key}=org/model",
            )


def _named(options: Wav2Vec2Options) -> Iterator[tuple[str, str]]:
    """Every configured model, the setting first."""
    if options.model:
        yield "model", options.model
    if options.fallback_model:
        yield "fallback_model", options.fallback_model
    yield from ((f"models.{language}", name) for language, name in options.models.items())

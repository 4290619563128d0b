"""Whisper checkpoints in Hugging Face's layout: which files, and what kind of model."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from asrcore.errors import ModelError
from asrcore_adapters.common.hub import ModelFiles, locate_model
from asrcore_adapters.common.options import HubOptions

AGAIN = "download the model again"
FILES = ModelFiles(
    kind="Whisper of transformers",
    needed=("config.json",),
    weights=(
        "model.safetensors",
        "model-*.safetensors",
        "pytorch_model.bin",
        "pytorch_model-*.bin",
    ),
    settings="converter",
    others=("*.json", "merges.txt"),
)
WAYS = {"model": "as SOURCE", "revision": "with --revision", "download_root": "in HF_HOME"}
"""An option of `HubOptions` -> how it is given to `asr models convert`, which has no --set."""


def locate_checkpoint(source: str, options: HubOptions) -> Path:
    """The folder of a checkpoint, downloaded where it is not on this machine yet.

    Raises:
        ModelError: there is none, or it cannot be downloaded.
    """
    try:
        return locate_model(source, FILES, options)
    except ModelError as error:
        hint = re.sub(r"with --set converter\.(\w+)=\S+", lambda way: WAYS[way[1]], error.hint)
        raise ModelError(error.message, hint) from error


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a Whisper.

    Raises:
        ModelError: it cannot be read, or is another model's.
    """
    config = read_json(folder / "config.json")
    if (kind := config.get("model_type")) != "whisper":
        raise ModelError(f"{folder}: is a model of kind {kind}, not whisper")
    return config


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file that holds an object.

    Raises:
        ModelError: it cannot be read, or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read: {error}", AGAIN) from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: holds no object", AGAIN)
    return content

"""A checkpoint's weights and what it says of itself: a pickle of Lightning, or safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors import SafetensorError
from safetensors.torch import load_file

from asrcore.errors import ModelError
from asrcore_adapters.pyannote.damage import AGAIN, damaged, refuse_damaged
from asrcore_adapters.pyannote.engine import Problem, Resolution, Specifications
from asrcore_adapters.pyannote.unpickling import unpickled

SAFETENSORS, PICKLE, DESCRIPTION = "model.safetensors", "pytorch_model.bin", "config.yaml"
FILES = (SAFETENSORS, PICKLE)
"""What a folder or repository may hold a model as; the better first."""


@dataclass(frozen=True)
class Checkpoint:
    """A model as it lies in a file.

    Attributes:
        architecture: the dotted name of its class; looked up in a table, never imported.
        settings: what its class is made with.
        specifications: what it was trained for, as pyannote.audio's `Specifications`.
        weights: tensors by name, of any number format.
    """

    architecture: str
    settings: Mapping[str, Any]
    specifications: Any
    weights: Mapping[str, torch.Tensor]


def read_checkpoint(path: Path, description: Path | None) -> Checkpoint:
    """A model from a pickle of Lightning, or from safetensors and what `config.yaml` says of them.

    Args:
        path: of the weights.
        description: `config.yaml`; only safetensors, which hold nothing but weights, need it.

    Raises:
        ModelError: the file is damaged, holds no model of pyannote.audio, or more than a model.
    """
    refuse_damaged(path)
    if path.suffix == ".safetensors":
        return _from_safetensors(path, description)
    content = unpickled(path)
    about = content.get("pyannote.audio") if isinstance(content, dict) else None
    if not isinstance(about, dict) or not isinstance(content.get("state_dict"), dict):
        raise ModelError(f"{path} is no checkpoint of pyannote.audio")
    architecture = about.get("architecture") or {}
    return Checkpoint(
        f"{architecture.get('module')}.{architecture.get('class')}",
        content.get("hyper_parameters") or {},
        about.get("specifications"),
        content["state_dict"],
    )


def _from_safetensors(path: Path, description: Path | None) -> Checkpoint:
    if description is None:
        raise ModelError(f"{path} has no {DESCRIPTION} beside it, which says what it is", AGAIN)
    content = _described(description)
    model = content.get("model") if isinstance(content, dict) else None
    if not isinstance(model, dict) or "_target_" not in model:
        raise ModelError(f"{description} does not say which model {path.name} is: model._target_")
    settings = {key: value for key, value in model.items() if key != "_target_"}
    task = content.get("task") or {}
    return Checkpoint(model["_target_"], settings, _specified(task), _tensors(path))


def _described(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} cannot be read: {error}", AGAIN) from error


def _tensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise damaged(path, str(error)) from error


def _specified(task: Mapping[str, Any]) -> Any:
    """What a model was trained for; a task of speakers in frames, or else one of voices."""
    speakers = task.get("max_speakers_per_chunk")
    if speakers is None:
        return Specifications(
            problem=Problem.REPRESENTATION,
            resolution=Resolution.CHUNK,
            duration=task.get("duration", 5.0),
        )
    together = task.get("max_speakers_per_frame")
    problem = Problem.MONO_LABEL_CLASSIFICATION if together else Problem.MULTI_LABEL_CLASSIFICATION
    return Specifications(
        problem=problem,
        resolution=Resolution.FRAME,
        duration=task["duration"],
        classes=[f"speaker#{number + 1}" for number in range(speakers)],
        powerset_max_classes=together,
        permutation_invariant=True,
    )

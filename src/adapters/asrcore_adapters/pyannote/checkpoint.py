"""A checkpoint's weights and what it says of itself, read without running anything in it.

A checkpoint is a pickle, which can call any function by its name when it is loaded. torch's
restricted reader (`weights_only=True`) calls only what it is told to trust: here, the three
classes that describe a pyannote.audio model, and plain containers. What training leaves beside
(settings of OmegaConf, state of Lightning) is read as empty objects, and never looked at.
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors.torch import load_file
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from asrcore.errors import ModelError
from asrcore_adapters.pyannote.engine import Problem, Resolution, Specifications

SAFETENSORS, PICKLE, DESCRIPTION = "model.safetensors", "pytorch_model.bin", "config.yaml"
FILES = (SAFETENSORS, PICKLE)
"""What a folder or repository may hold a model as; the better first."""


class _Unread:
    """Stands for an object that training left in a checkpoint and nothing here needs."""

    def __init__(self, *_: Any) -> None:
        """Take anything."""

    def __setitem__(self, *_: Any) -> None:
        """Take anything."""

    def __setstate__(self, _: Any) -> None:
        """Take anything."""


TRUSTED: tuple[type, ...] = (Problem, Resolution, Specifications, defaultdict, dict, list, int)
UNREAD = (
    "typing.Any",
    "torch.torch_version.TorchVersion",
    "pyannote.audio.core.model.Introspection",
    "pyannote.audio.core.model.Output",
    "pyannote.core.segment.SlidingWindow",
    "omegaconf.base.ContainerMetadata",
    "omegaconf.base.Metadata",
    "omegaconf.dictconfig.DictConfig",
    "omegaconf.listconfig.ListConfig",
    "omegaconf.nodes.AnyNode",
    "pathlib.Path",
    "pathlib.PosixPath",
    "pytorch_lightning.callbacks.early_stopping.EarlyStopping",
    "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
    "pytorch_lightning.utilities.parsing.AttributeDict",
)
"""What checkpoints of 2021 to 2024 name besides."""
ALLOWED: list[Any] = [*TRUSTED, *((_Unread, name) for name in UNREAD)]


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
        ModelError: the file holds no model of pyannote.audio, or more than a model.
    """
    if path.suffix == ".safetensors":
        return _from_safetensors(path, description)
    content = _unpickled(path)
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


def _unpickled(path: Path) -> Any:
    with safe_globals(ALLOWED):
        if strangers := _strangers(path):
            raise ModelError(
                f"{path} is not loaded: it names {strangers}, which no model needs, "
                "and which may run any code when it is loaded",
                "take the model from its author's own page",
            )
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise ModelError(
                f"{path} is not loaded: it holds more than a model, and may run any code: "
                f"{_reason(str(error))}",
                "take the model from its author's own page",
            ) from error


def _strangers(path: Path) -> str:
    """The functions and classes that a checkpoint names beyond those of a model."""
    try:
        return ", ".join(sorted(get_unsafe_globals_in_checkpoint(path)))
    except Exception:  # noqa: BLE001  a file of another layout: torch.load looks, and says why
        return ""


def _reason(refusal: str) -> str:
    """What torch's reader found, out of its long advice."""
    said = [line.strip() for line in refusal.splitlines() if line.strip()]
    reasons = [line for line in said if not line.startswith(("Check the doc", "Weights only", "("))]
    last = reasons[-1] if reasons else said[0]
    return last.removeprefix("WeightsUnpickler error: ").partition(". Please")[0]


def _from_safetensors(path: Path, description: Path | None) -> Checkpoint:
    if description is None:
        raise ModelError(f"{path} has no {DESCRIPTION} beside it, which says what it is")
    content = yaml.safe_load(description.read_text(encoding="utf-8"))
    model = content.get("model") if isinstance(content, dict) else None
    if not isinstance(model, dict) or "_target_" not in model:
        raise ModelError(f"{description} does not say which model {path.name} is: model._target_")
    settings = {key: value for key, value in model.items() if key != "_target_"}
    task = content.get("task") or {}
    return Checkpoint(model["_target_"], settings, _specified(task), load_file(path))


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

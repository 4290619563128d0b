"""What a pipeline's `config.yaml` says: which models, and which numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from asrcore.errors import ModelError
from asrcore_adapters.pyannote.refusals import without_tokens

PIPELINES = (
    "pyannote.audio.pipelines.SpeakerDiarization",
    "pyannote.audio.pipelines.speaker_diarization.SpeakerDiarization",
)
"""The names of the one class of pyannote.audio 3.4 that this adapter makes."""
CLUSTERINGS = ("AgglomerativeClustering",)
BLOCKS = (
    "segmentation_step",
    "segmentation_batch_size",
    "embedding_batch_size",
    "embedding_exclude_overlap",
)
"""What a pipeline is made with, beside its models and its clustering."""
NO_MATTER = ("der_variant", "use_auth_token")
"""What concerns training, or is ours to decide."""
ANOTHER = "take another: --set diarizer.options.model=pyannote/speaker-diarization-3.1"


@dataclass(frozen=True)
class Recipe:
    """A speaker diarization pipeline.

    Attributes:
        segmentation, embedding: a file or folder beside `config.yaml`, or a Hub id.
        blocks: what the pipeline is made with.
        params: its hyper-parameters, as `Pipeline.instantiate` takes them.
    """

    segmentation: str
    embedding: str
    blocks: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)


def read_recipe(path: Path, name: str) -> Recipe:
    """A pipeline as its `config.yaml` describes it; no class is looked up by a name in it.

    Args:
        path: of the file.
        name: of the pipeline, for messages.

    Raises:
        ModelError: it is no speaker diarization pipeline of pyannote.audio 3, or would run code
            that is not pyannote.audio's.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _recipe(_mapping(content, "config.yaml"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        why = without_tokens(str(error))
        raise ModelError(f"pipeline {name}: config.yaml cannot be read: {why}", ANOTHER) from None
    except ModelError as error:
        raise ModelError(f"pipeline {name}: {error.message}", error.hint or ANOTHER) from error


def _recipe(content: Mapping[str, Any]) -> Recipe:
    _refuse_newer(content)
    if "preprocessors" in content:
        raise ModelError(
            "config.yaml names preprocessors, which are code of any package: they are not run",
            "remove them from a copy of it, and name its folder",
        )
    pipeline = _mapping(content.get("pipeline"), "pipeline")
    if (name := pipeline.get("name")) not in PIPELINES:
        raise ModelError(f"it is made by {name}, and only {PIPELINES[0]} is run")
    params = _mapping(pipeline.get("params", {}), "pipeline.params")
    _refuse_strange(params)
    return Recipe(
        segmentation=_model(params, "segmentation"),
        embedding=_model(params, "embedding"),
        blocks={key: params[key] for key in BLOCKS if key in params},
        params=_parameters(content),
    )


def _parameters(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The numbers of each step; those that are frozen, which nobody tunes, count more."""
    given, frozen = (_mapping(content.get(key, {}), key) for key in ("params", "freeze"))
    steps = dict.fromkeys([*given, *frozen])
    return {
        step: {**_mapping(given.get(step, {}), step), **_mapping(frozen.get(step, {}), step)}
        for step in steps
    }


def _refuse_newer(content: Mapping[str, Any]) -> None:
    needs = content.get("dependencies")
    wanted = needs.get("pyannote.audio") if isinstance(needs, Mapping) else content.get("version")
    if str(wanted or "").partition(".")[0].isdigit() and int(str(wanted).partition(".")[0]) > 3:
        raise ModelError(f"it is made for pyannote.audio {wanted}, and this is version 3")


def _refuse_strange(params: Mapping[str, Any]) -> None:
    clustering = params.get("clustering", CLUSTERINGS[0])
    if clustering not in CLUSTERINGS:
        raise ModelError(f"its clustering is {clustering}, and only {CLUSTERINGS[0]} is done")
    known = {"segmentation", "embedding", "clustering", *BLOCKS, *NO_MATTER}
    if strange := ", ".join(sorted(map(str, set(params) - known))):
        raise ModelError(f"pipeline.params holds {strange}, which pyannote.audio 3.4 has not")


def _model(params: Mapping[str, Any], role: str) -> str:
    """A model is named by a string, or by a mapping with the string under `checkpoint`."""
    named = params.get(role)
    if isinstance(named, Mapping) and set(named) <= {"checkpoint", "map_location", *NO_MATTER}:
        named = named.get("checkpoint")
    if not isinstance(named, str) or not named:
        raise ModelError(f"pipeline.params.{role} names no model: {named!r}")
    return named


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ModelError(f"{where} is no mapping")
    return value

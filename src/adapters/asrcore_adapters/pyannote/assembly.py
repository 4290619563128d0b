"""From options to a pipeline that can be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from asrcore.errors import ConfigError, ModelError
from asrcore_adapters.pyannote import PyannoteOptions
from asrcore_adapters.pyannote.checkpoint import DESCRIPTION, FILES, PICKLE, read_checkpoint
from asrcore_adapters.pyannote.engine import quiet
from asrcore_adapters.pyannote.hub import Folder, Repository, Source, expanded, is_path
from asrcore_adapters.pyannote.networks import Role, build_network
from asrcore_adapters.pyannote.pipeline import HeardOnce
from asrcore_adapters.pyannote.recipe import ANOTHER, Recipe, read_recipe
from asrcore_adapters.pyannote.refusals import without_tokens

STEP = 0.2
"""Of a window, from one to the next, where neither the options nor the pipeline name one: twice
pyannote.audio's own step, half its time, and as right; see docs/speakers.md."""
CPU_BATCH = {"segmentation_batch_size": 4, "embedding_batch_size": 2}
"""Windows at once on a CPU at most: more are no faster there, and need gigabytes."""
SUFFIXES = {".bin", ".ckpt", ".safetensors"}
WITHIN = "$model/"
"""How newer pipelines begin the path of a file of their own."""
ELSEWHERE = ("speechbrain", "nvidia", "nemo")
"""Whose models other packages load, which run code of the models' own."""


def assemble(options: PyannoteOptions, device: torch.device) -> HeardOnce:
    """A pipeline with its models on a device, and the options' numbers in place of its own.

    Raises:
        ConfigError: an option does not fit the pipeline.
        ModelError: the pipeline or a model cannot be had, or is not trusted.
    """
    source = _source_of_pipeline(options)
    path = source.find(DESCRIPTION)
    if path is None:
        raise ModelError(f"{source.name} holds no pipeline: {DESCRIPTION} is missing", ANOTHER)
    recipe = read_recipe(path, source.name)
    with _said_of(source.name), quiet(), torch.random.fork_rng(devices=[]):
        pipeline = HeardOnce(
            segmentation=_network(recipe.segmentation, "segmentation", source, options),
            embedding=_network(recipe.embedding, "embedding", source, options),
            **_blocks(recipe, options, device),
        )
        _tune(pipeline, recipe, options)
        pipeline.to(device)
        pipeline.prepare()
    return pipeline


def _source_of_pipeline(options: PyannoteOptions) -> Source:
    folder = expanded(options.model)
    if not folder.is_dir() and not is_path(options.model):
        return Repository(options.model, options.revision, options)
    if not folder.is_dir():
        raise ModelError(
            f"diarizer.options.model: there is no folder {options.model}",
            "check the path, or name a Hub id: --set diarizer.options.model=org/pipeline",
        )
    if options.revision:
        raise ConfigError(
            f"diarizer.options.revision: {options.model} is a folder, which has no revisions",
            "leave it out",
        )
    return Folder(folder)


def _network(name: str, role: Role, pipeline: Source, options: PyannoteOptions) -> Any:
    """A model by its name in `config.yaml`.

    Raises:
        ModelError: it cannot be had, or is not trusted.
    """
    return build_network(read_checkpoint(*_files(name, role, pipeline, options)), role)


@contextmanager
def _said_of(pipeline: str) -> Iterator[None]:
    """Begin what is said of a model with the pipeline that wants it, and say what to do."""
    try:
        yield
    except ModelError as error:
        said = without_tokens(f"pipeline {pipeline}: {error.message}")
        raise ModelError(said, error.hint or ANOTHER) from error


def _files(
    name: str, role: Role, pipeline: Source, options: PyannoteOptions
) -> tuple[Path, Path | None]:
    """A model's weights, and what describes them: beside `config.yaml`, or on the Hub.

    Safetensors of a folder or repository that nothing describes are passed over for a pickle.
    """
    source = pipeline
    inner = name.removeprefix(WITHIN).removeprefix("./")
    names = (inner, *(f"{inner}/{file}" for file in FILES))
    folder = Path(inner).parent.as_posix() if inner.endswith(".safetensors") else inner
    description = f"{folder}/{DESCRIPTION}"
    ours = name.startswith(WITHIN) or is_path(name) or Path(name).suffix in SUFFIXES
    if not ours and (isinstance(pipeline, Repository) or pipeline.find(*names) is None):
        source, names, description = _repository(name, role, options), FILES, DESCRIPTION
    path = source.find(*names)
    if path is None:
        wanted = f"{name} ({PICKLE})" if source is pipeline else PICKLE
        raise ModelError(f"{source.name} holds no {role} model: {wanted} is missing", ANOTHER)
    if path.suffix != ".safetensors":
        return path, None
    described = source.find(description)
    other = None if described else source.find(*(each for each in names if each.endswith(PICKLE)))
    return other or path, described


def _repository(name: str, role: Role, options: PyannoteOptions) -> Repository:
    """A model of the Hub, `org/name` or `org/name@revision`."""
    owner = name.partition("/")[0]
    if owner in ELSEWHERE:
        raise ModelError(
            f"its {role} model is {name}, which other packages load, with code of its own: "
            "only models of pyannote.audio are",
            ANOTHER,
        )
    repository, _, revision = name.partition("@")
    return Repository(repository, revision or None, options)


def _blocks(recipe: Recipe, options: PyannoteOptions, device: torch.device) -> Mapping[str, Any]:
    asked = {
        "segmentation_step": options.segmentation_step,
        "segmentation_batch_size": options.segmentation_batch_size,
        "embedding_batch_size": options.embedding_batch_size,
    }
    blocks = {"segmentation_step": STEP, **recipe.blocks}
    if device.type == "cpu":
        blocks |= {key: min(blocks.get(key, 1), most) for key, most in CPU_BATCH.items()}
    blocks |= {key: value for key, value in asked.items() if value is not None}
    return blocks


def _tune(pipeline: HeardOnce, recipe: Recipe, options: PyannoteOptions) -> None:
    """Give a pipeline its hyper-parameters."""
    params = {key: dict(value) for key, value in recipe.params.items()}
    if options.threshold is not None:
        params.setdefault("clustering", {})["threshold"] = options.threshold
    try:
        pipeline.instantiate(params)
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"config.yaml holds parameters that do not fit: {error}") from error
    if not pipeline.instantiated:
        raise ModelError("config.yaml lacks parameters of the pipeline", ANOTHER)

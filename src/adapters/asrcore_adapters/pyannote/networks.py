"""From a checkpoint to a network: the classes that there are, and how they are filled."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import torch

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.errors import ModelError
from asrcore_adapters.pyannote.checkpoint import Checkpoint
from asrcore_adapters.pyannote.engine import (
    PyanNet,
    Specifications,
    SSeRiouSS,
    WeSpeakerResNet34,
    WeSpeakerResNet152,
    WeSpeakerResNet221,
    WeSpeakerResNet293,
    XVectorMFCC,
    XVectorSincNet,
    quiet,
)

Role = Literal["segmentation", "embedding"]

NETWORKS: Mapping[Role, Mapping[str, type]] = MappingProxyType(
    {
        "segmentation": {each.__name__: each for each in (PyanNet, SSeRiouSS)},
        "embedding": {
            each.__name__: each
            for each in (
                *(WeSpeakerResNet34, WeSpeakerResNet152, WeSpeakerResNet221, WeSpeakerResNet293),
                *(XVectorMFCC, XVectorSincNet),
            )
        },
    }
)
"""All that a checkpoint may be; a class of another name is never imported."""


def build_network(checkpoint: Checkpoint, role: Role) -> Any:
    """A network on the CPU in float32, ready to be asked.

    Weights of other number formats are converted.

    Raises:
        ModelError: it is of a class that is not pyannote.audio's, does another work, or its
            weights are not those of its class.
    """
    network = _empty(checkpoint, role)
    if network.hparams.sample_rate != SAMPLE_RATE:
        raise ModelError(
            f"the {role} model hears {network.hparams.sample_rate} samples a second, "
            f"not {SAMPLE_RATE}"
        )
    _fill(network, checkpoint, role)
    return network.eval().requires_grad_(False)


def _empty(checkpoint: Checkpoint, role: Role) -> Any:
    kind = _class_of(checkpoint.architecture, role)
    if not isinstance(checkpoint.specifications, Specifications):
        raise ModelError(f"the {role} model does not say what it was trained for")
    known = set(inspect.signature(kind).parameters) - {"task"}
    settings = {key: value for key, value in checkpoint.settings.items() if key in known}
    if isinstance(settings.get("wav2vec"), str):
        raise ModelError(f"the {role} model wants to load {settings['wav2vec']} by itself")
    with quiet(), torch.random.fork_rng(devices=[]):  # its random weights are nobody's business
        network = kind(**settings)
        network.specifications = checkpoint.specifications
        network.setup()
    return network


def _class_of(architecture: str, role: Role) -> type:
    name = architecture.rpartition(".")[2]
    if architecture.startswith(f"pyannote.audio.models.{role}.") and name in NETWORKS[role]:
        return NETWORKS[role][name]
    known = ", ".join(NETWORKS[role])
    raise ModelError(
        f"the {role} model is a {architecture}; only classes of pyannote.audio are made, "
        f"as a checkpoint could name code of any package: {known}"
    )


def _fill(network: Any, checkpoint: Checkpoint, role: Role) -> None:
    """Give a network its weights; those of the loss are of use to training alone."""
    weights = {k: v for k, v in checkpoint.weights.items() if not k.startswith("loss_func")}
    try:
        missing, strange = network.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise ModelError(f"the {role} model's weights do not fit it: {error}") from error
    for names, what in ((missing, "miss"), (strange, "have no place for")):
        if names:
            raise ModelError(f"the {role} model's weights {what} {', '.join(sorted(names))}")

"""Small pipelines of pyannote.audio with random weights, in the layouts that real ones have."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import save_file

from asrcore.errors import ModelError
from asrcore.plugin import Placement
from asrcore_adapters.pyannote import PyannoteOptions
from asrcore_adapters.pyannote.diarizer import PyannoteDiarizer
from asrcore_adapters.pyannote.engine import (
    Model,
    Problem,
    PyanNet,
    Resolution,
    Specifications,
    WeSpeakerResNet34,
    XVectorMFCC,
    XVectorSincNet,
    quiet,
)
from asrcore_adapters.pyannote.machine import torch_threads

PIPELINE = "pyannote.audio.pipelines.SpeakerDiarization"
PARAMS = {
    "clustering": {"method": "centroid", "min_cluster_size": 1, "threshold": 0.7},
    "segmentation": {"min_duration_off": 0.0},
}
POWERSET = Specifications(
    problem=Problem.MONO_LABEL_CLASSIFICATION,
    resolution=Resolution.FRAME,
    duration=10.0,
    classes=["speaker#1", "speaker#2", "speaker#3"],
    powerset_max_classes=2,
    permutation_invariant=True,
)
MULTILABEL = Specifications(
    problem=Problem.MULTI_LABEL_CLASSIFICATION,
    resolution=Resolution.FRAME,
    duration=5.0,
    classes=["speaker#1", "speaker#2", "speaker#3"],
    permutation_invariant=True,
)
VOICE = Specifications(problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=5.0)
LIGHT = {"lstm": {"hidden_size": 16, "num_layers": 1}, "linear": {"hidden_size": 16}}
EMBEDDINGS = {
    "mfcc": (XVectorMFCC, {"dimension": 64}),
    "sinc": (XVectorSincNet, {"dimension": 32}),
    "resnet": (WeSpeakerResNet34, {}),
}


def segmentation(specifications: Specifications = POWERSET) -> Model:
    """A network that hears now this one, now that, now two or nobody."""
    with quiet(), torch_threads(1), torch.random.fork_rng():
        torch.manual_seed(1)
        model = PyanNet(**LIGHT)
        model.specifications = specifications
        model.setup()
        with torch.no_grad():
            for name, weights in model.named_parameters():
                if name.startswith(("lstm", "linear")) and weights.ndim > 1:
                    weights.mul_(3)
            model.classifier.weight.normal_(0, 3)
    return model.eval()


@cache
def embedding(kind: str = "mfcc") -> Model:
    """A network of voices; what it says of them is arbitrary, but the same each time."""
    made, settings = EMBEDDINGS[kind]
    with quiet(), torch_threads(1), torch.random.fork_rng():
        torch.manual_seed(1)
        model = made(**settings)
        model.specifications = VOICE
        model.setup()
        last = model.resnet.seg_1 if kind == "resnet" else model.embedding
        with torch.no_grad():  # so that not all voices point the same way
            last.bias.sub_(model.eval()(_sounds()).mean(dim=0))
    return model


def _sounds() -> torch.Tensor:
    """Two seconds each of noise and of tones, of shape (8, 1, samples)."""
    time = torch.arange(32000) / 16000
    tones = [torch.sin(6.28 * 110 * 2**octave * time) for octave in range(6)]
    noises = [torch.randn(32000) * level for level in (0.03, 0.3)]
    return torch.stack([*tones, *noises])[:, None] * 0.3


def checkpoint(model: Model, **beside: Any) -> dict[str, Any]:
    """What Lightning and pyannote.audio store of a model."""
    stored: dict[str, Any] = {
        "epoch": 3,
        "state_dict": dict(model.state_dict()),
        "pytorch-lightning_version": "2.1.0",
        "hyper_parameters": dict(model.hparams),
        **beside,
    }
    model.on_save_checkpoint(stored)
    return stored


def save_model(model: Model, folder: Path, **beside: Any) -> Path:
    """As `pytorch_model.bin` of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(checkpoint(model, **beside), folder / "pytorch_model.bin")
    return folder / "pytorch_model.bin"


def write_config(folder: Path, **changes: Any) -> None:
    """A `config.yaml` as the 3.1 pipeline has one; changes go by the section's name.

    What a change of `pipeline` gives as None is left out.
    """
    pipeline = {
        "clustering": "AgglomerativeClustering",
        "embedding": "embedding/pytorch_model.bin",
        "embedding_batch_size": 32,
        "embedding_exclude_overlap": True,
        "segmentation": "segmentation/pytorch_model.bin",
        "segmentation_batch_size": 32,
        "segmentation_step": 0.25,
        **changes.pop("pipeline", {}),
    }
    pipeline = {key: value for key, value in pipeline.items() if value is not None}
    content = {
        "version": "3.1.0",
        "pipeline": {"name": PIPELINE, "params": pipeline},
        "params": PARAMS,
        **changes,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(content))


def save_pipeline(
    folder: Path, kind: str = "mfcc", specifications: Specifications = POWERSET, **changes: Any
) -> Path:
    """A folder with a whole pipeline."""
    save_model(segmentation(specifications), folder / "segmentation")
    save_model(embedding(kind), folder / "embedding")
    write_config(folder, **changes)
    return folder


def describe(folder: Path, name: str = "model.safetensors") -> Model:
    """A model as safetensors, and the `config.yaml` beside them."""
    model = segmentation(POWERSET)
    save_file(dict(model.state_dict()), folder / name)
    settings = {"_target_": "pyannote.audio.models.segmentation.PyanNet", **dict(model.hparams)}
    task = {"duration": 10.0, "max_speakers_per_chunk": 3, "max_speakers_per_frame": 2}
    described = {"model": settings, "task": task}
    (folder / "config.yaml").write_text(yaml.safe_dump(described))
    return model


def load(folder: Path, **options) -> PyannoteDiarizer:
    """The diarizer of a folder."""
    checked = PyannoteOptions.model_validate({"model": str(folder), "threads": 1, **options})
    return PyannoteDiarizer(checked, Placement())


def refusal(folder: Path, **options) -> ModelError:
    """What is said, with the folder's name and what to do, where it cannot be loaded."""
    with pytest.raises(ModelError) as caught:
        load(folder, **options)
    assert str(folder) in caught.value.message
    assert caught.value.hint
    return caught.value

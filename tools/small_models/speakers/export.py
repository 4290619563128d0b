"""From checkpoints to files that pyannote.audio and sherpa-onnx load.

    OUT/nano-speakers/config.yaml                     pyannote's SpeakerDiarization pipeline
    OUT/nano-speakers/segmentation/pytorch_model.bin  PyanNet, half precision
    OUT/nano-speakers/embedding/pytorch_model.bin     XVectorMFCC, mostly 8 bits
    OUT/nano-speakers-onnx/segmentation.onnx          the same for sherpa-onnx, half precision
    OUT/nano-speakers-onnx/embedding.onnx             a voiceprint for sherpa-onnx, likewise

The paths in `config.yaml` count from its own folder.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning
import torch
import yaml
from pyannote.audio import Model
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.embedding import XVectorMFCC
from pyannote.audio.models.segmentation import PyanNet
from torch import Tensor

from tools.small_models.speakers.layouts import segmentation_to_onnx, voice_to_onnx
from tools.small_models.speakers.mixing import SECONDS, SPEAKERS
from tools.small_models.speakers.nets import (
    DIMENSION,
    LINEAR,
    LSTM,
    MFCC,
    SINCNET,
    Embedding,
    Segmentation,
    Voiceprint,
)
from tools.small_models.training import load_checkpoint

EPSILON = 1e-5
"""Of torch's batch norm."""


def export_speakers(checkpoints: Path, out: Path, threshold: float, min_cluster_size: int) -> None:
    """Write both folders.

    Args:
        checkpoints: folder that the training filled.
        threshold, min_cluster_size: of the clustering, see `tune.py`.
    """
    folder = out / "nano-speakers"
    for name in ("segmentation", "embedding"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    stored = {name: _net(checkpoints, name) for name in ("segmentation", "embedding", "voice")}
    segmentation = PyanNet(sincnet=SINCNET, lstm=LSTM, linear=LINEAR)
    _write(segmentation, _speaking(), halved(stored["segmentation"]), folder / "segmentation")
    embedding = XVectorMFCC(mfcc=MFCC, dimension=DIMENSION)
    _write(embedding, _represented(), quantised(stored["embedding"]), folder / "embedding")
    write_config(folder / "config.yaml", threshold, min_cluster_size)
    _to_onnx(stored, out / "nano-speakers-onnx")


def _to_onnx(stored: Mapping[str, Mapping[str, Tensor]], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    segmentation, voice = Segmentation(), Voiceprint()
    segmentation.load_state_dict(stored["segmentation"])
    voice.load_state_dict(stored["voice"])
    segmentation_to_onnx(segmentation, folder / "segmentation.onnx")
    voice_to_onnx(voice, folder / "embedding.onnx")


def write_config(path: Path, threshold: float, min_cluster_size: int) -> None:
    """Write the pipeline's configuration, as pyannote's own ones are."""
    params = {
        "clustering": "AgglomerativeClustering",
        "embedding": "embedding/pytorch_model.bin",
        "embedding_batch_size": 16,
        "embedding_exclude_overlap": True,
        "segmentation": "segmentation/pytorch_model.bin",
        "segmentation_batch_size": 16,
    }
    clustering = {
        "method": "centroid",
        "min_cluster_size": min_cluster_size,
        "threshold": threshold,
    }
    config = {
        "version": "3.1.0",
        "pipeline": {
            "name": "pyannote.audio.pipelines.SpeakerDiarization",
            "params": params,
        },
        "params": {"clustering": clustering, "segmentation": {"min_duration_off": 0.0}},
    }
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


def halved(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Half precision, but for the band edges, which are hertz, and the tables beside them."""
    return {name: each if ".filterbank." in name else each.half() for name, each in weights.items()}


def quantised(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same net with weights of eight bits, which loading turns into single precision again.

    What comes before a batch norm may be of any scale: a convolution's weights are whole numbers
    from -127 to 127 in each output channel, the bias is scaled along, leaky ReLU keeps a positive
    scale, and the norm takes it out. In the same way the last norm scales what it gives to the
    last layer, whose weights are whole numbers in each input channel.
    """
    found = {name: each.clone() for name, each in weights.items()}
    last = len(Embedding.SIZES) - 1
    for layer in range(last + 1):
        _quantise_layer(found, f"tdnns.{3 * layer}", f"tdnns.{3 * layer + 2}")
    _quantise_columns(found, "embedding.weight", f"tdnns.{3 * last + 2}")
    kept = (*(f"tdnns.{place}." for place in range(3 * len(Embedding.SIZES))), "embedding.")
    return {name: each if name.startswith(kept) else each.half() for name, each in found.items()}


def _quantise_layer(found: dict[str, Tensor], convolution: str, norm: str) -> None:
    """Whole numbers in a convolution; all of its norm in weight and bias."""
    weight = found[f"{convolution}.weight"]
    scale = weight.abs().amax((1, 2)).clamp(min=1e-12) / 127
    found[f"{convolution}.weight"] = (weight / scale[:, None, None]).round().to(torch.int8)
    found[f"{convolution}.bias"] = found[f"{convolution}.bias"] / scale
    deviation = (found[f"{norm}.running_var"] + EPSILON).sqrt()
    factor = found[f"{norm}.weight"] / deviation
    found[f"{norm}.bias"] = found[f"{norm}.bias"] - factor * found[f"{norm}.running_mean"]
    found[f"{norm}.weight"] = factor * scale
    found[f"{norm}.running_mean"] = torch.zeros_like(deviation)
    found[f"{norm}.running_var"] = torch.full_like(deviation, 1 - EPSILON)


def _quantise_columns(found: dict[str, Tensor], linear: str, norm: str) -> None:
    """Whole numbers in what follows statistics pooling: means and deviations share a scale."""
    columns = found[linear].unflatten(1, (2, -1))
    scale = columns.abs().amax((0, 1)).clamp(min=1e-12) / 127
    found[linear] = (columns / scale).round().to(torch.int8).flatten(1)
    for name in ("weight", "bias"):
        found[f"{norm}.{name}"] = found[f"{norm}.{name}"] * scale


def _net(checkpoints: Path, name: str) -> dict[str, Tensor]:
    """A net's weights without those of its judge."""
    stored = load_checkpoint(checkpoints / f"{name}.npz")
    return {key: each for key, each in stored.items() if not key.startswith("judge.")}


def _speaking() -> Specifications:
    """What PyanNet finds: who of three speaks in each frame, at most two at once."""
    return Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=SECONDS,
        warm_up=(0.0, 0.0),
        classes=[f"speaker#{number + 1}" for number in range(SPEAKERS)],
        powerset_max_classes=2,
        permutation_invariant=True,
    )


def _represented() -> Specifications:
    return Specifications(
        problem=Problem.REPRESENTATION,
        resolution=Resolution.CHUNK,
        duration=SECONDS,
        min_duration=0.5,
        classes=[],
    )


def _write(
    model: Model, specifications: Specifications, weights: Mapping[str, Tensor], folder: Path
) -> None:
    """A checkpoint as Lightning and pyannote.audio write it, with the weights given.

    Raises:
        RuntimeError: they are not the model's.
    """
    model.specifications = specifications
    model.build()
    model.load_state_dict({name: each.float() for name, each in weights.items()}, strict=True)
    checkpoint: dict[str, Any] = {
        "epoch": 0,
        "global_step": 0,
        "pytorch-lightning_version": pytorch_lightning.__version__,
        "state_dict": OrderedDict(weights),
        "callbacks": {},
        "optimizer_states": [],
        "lr_schedulers": [],
        "hparams_name": "kwargs",
        "hyper_parameters": _plain(model.hparams),
    }
    model.on_save_checkpoint(checkpoint)
    versions = checkpoint["pyannote.audio"]["versions"]
    checkpoint["pyannote.audio"]["versions"] = {key: str(each) for key, each in versions.items()}
    torch.save(checkpoint, folder / "pytorch_model.bin")


def _plain(values: Any) -> Any:
    """Dictionaries and what they hold, without the classes of Lightning."""
    if isinstance(values, Mapping):
        return {str(key): _plain(each) for key, each in values.items()}
    return values

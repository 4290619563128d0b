"""ONNX files as sherpa-onnx reads them: a segmentation and a voiceprint."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from tools.small_models.speakers.features import BANDS
from tools.small_models.speakers.mixing import FIELD, SAMPLES, SPEAKERS, STEP
from tools.small_models.speakers.nets import CLASSES, DIMENSION, Segmentation, Voiceprint
from tools.synthetic.speech import SAMPLE_RATE

OPSET = 17
HALVED = 256
"""Tensors of more numbers than that are stored in half precision."""


def voice_to_onnx(voice: Voiceprint, path: Path) -> None:
    """Write a voiceprint; it computes in single precision.

    Input `feats`, shape (stretches, frames, 80); output `embs`, shape (stretches, 64).
    """
    axes = {"feats": {0: "B", 1: "T"}, "embs": {0: "B"}}
    _traced(voice, torch.randn(2, 60, BANDS), path, axes)
    model = _with_metadata(
        path,
        {
            "framework": "wespeaker",
            "language": "English",
            "url": "",
            "comment": "trained on synthetic speech",
            "sample_rate": SAMPLE_RATE,
            "output_dim": DIMENSION,
            "normalize_samples": 0,  # samples go in as 16-bit integers
            "feature_normalize_type": "",
        },
    )
    _halve(model)
    onnx.save(model, path)


def segmentation_to_onnx(net: Segmentation, path: Path) -> None:
    """Write a segmentation, its filters computed once for all.

    Input `x`, shape (windows, 1, samples); output `y`, shape (windows, frames, 7).
    """
    first = net.sincnet.conv1d[0]
    first.filterbank = _Fixed(first.filterbank().detach())
    axes = {"x": {0: "N", 2: "T"}, "y": {0: "N", 1: "frames"}}
    _traced(net, torch.randn(2, 1, SAMPLES), path, axes)
    model = _with_metadata(
        path,
        {
            "model_type": "pyannote-segmentation-3.0",
            "version": 1,
            "num_speakers": SPEAKERS,
            "powerset_max_classes": 2,
            "num_classes": CLASSES,
            "sample_rate": SAMPLE_RATE,
            "window_size": SAMPLES,
            "receptive_field_size": FIELD,
            "receptive_field_shift": STEP,
        },
    )
    _halve(model)
    onnx.save(model, path)


class _Fixed(nn.Module):
    """Filters that are not computed any more."""

    filters: Tensor

    def __init__(self, filters: Tensor) -> None:
        super().__init__()
        self.register_buffer("filters", filters)

    def forward(self) -> Tensor:
        return self.filters


def _traced(net: nn.Module, example: Tensor, path: Path, axes: dict[str, dict[int, str]]) -> None:
    names = list(axes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's age, and of LSTMs of any batch size
        torch.onnx.export(
            net.eval(), (example,), path, input_names=names[:1], output_names=names[1:],
            dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )  # fmt: skip


def _with_metadata(path: Path, values: dict[str, object]) -> onnx.ModelProto:
    model = onnx.load(path)
    for key, value in values.items():
        model.metadata_props.add(key=key, value=str(value))
    return model


def _halve(model: onnx.ModelProto) -> None:
    """Large tensors in half precision; a cast for each, which a session does once, at its start."""
    kept, casts = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size > HALVED:
            half = f"{tensor.name}.half"
            casts.append(helper.make_node("Cast", [half], [tensor.name], to=onnx.TensorProto.FLOAT))
            kept.append(numpy_helper.from_array(values.astype(np.float16), half))
        else:
            kept.append(tensor)
    nodes = list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend([*casts, *nodes])

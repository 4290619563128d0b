"""Models that sherpa-onnx takes, and that hear two pitches: made of a formula, not of training."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from asrcore.domain.audio import SAMPLE_RATE, Samples

LOW, HIGH = 200.0, 2000.0
"""Hertz of the two voices."""
WINDOW = 10 * SAMPLE_RATE
FIELD, SHIFT = 991, 270
"""Samples that a frame of pyannote's segmentation hears, and by which frames move on."""
SEGMENTATION: Mapping[str, object] = {
    "num_speakers": 3,
    "powerset_max_classes": 2,
    "num_classes": 7,
    "sample_rate": SAMPLE_RATE,
    "window_size": WINDOW,
    "receptive_field_size": FIELD,
    "receptive_field_shift": SHIFT,
}
EMBEDDING: Mapping[str, object] = {
    "framework": "wespeaker",
    "language": "English",
    "output_dim": 80,
    "sample_rate": SAMPLE_RATE,
    "normalize_samples": 1,
}
NEMO: Mapping[str, object] = {
    "framework": "nemo",
    "language": "English",
    "output_dim": 80,
    "sample_rate": SAMPLE_RATE,
    "feat_dim": 80,
    "window_size_ms": 25,
    "window_stride_ms": 10,
}
PARTS = {
    "filters": np.stack(
        [
            np.hanning(FIELD) * wave(2 * np.pi * pitch * np.arange(FIELD) / SAMPLE_RATE)
            for pitch in (LOW, HIGH)
            for wave in (np.cos, np.sin)
        ]
    )[:, None],
    "pairs": np.array([[1, 1, 0, 0], [0, 0, 1, 1]])[:, :, None],
    "quiet": np.array(-1.0),
    "none": np.array(0.0),
    "one": np.array(1.0),
    "classes": np.array([[0, 1, 0, 0, 1, 0, 0], [0, 0, 1, 0, 1, 0, 0]]),
    "bias": np.array([0.5, 0, 0, 0, -0.5, 0, 0]),
}
"""Band filters; which of them make a voice; voices that sound -> silence, one, another, both."""


def save_segmentation(path: Path, facts: Mapping[str, object] = SEGMENTATION) -> Path:
    """A model that hears who of two voices sounds: (n, 1, samples) -> (n, frames, 7 classes)."""
    return _save(
        path,
        [
            _node("Conv", "x", "filters", strides=[SHIFT]),
            _node("Mul", "conv", "conv"),
            _node("Conv", "mul", "pairs", to="energy"),
            _node("Add", "energy", "quiet"),
            _node("Clip", "add", "none", "one"),
            _node("Transpose", "clip", perm=[0, 2, 1]),
            _node("MatMul", "transpose", "classes"),
            _node("Add", "matmul", "bias", to="y"),
        ],
        {"x": ["n", 1, "samples"]},
        {"y": ["n", "frames", 7]},
        facts,
    )


def save_embedding(path: Path, facts: Mapping[str, object] = EMBEDDING) -> Path:
    """A model whose voices are the mean energies of mel bands: (n, frames, 80) -> (n, 80)."""
    nodes = [_node("Exp", "x"), _node("ReduceMean", "exp", axes=[1], keepdims=0, to="y")]
    return _save(path, nodes, {"x": ["n", "frames", 80]}, {"y": ["n", 80]}, facts)


def save_nemo_embedding(path: Path, facts: Mapping[str, object] = NEMO) -> Path:
    """The same as NeMo lays it out: (n, 80, frames), lengths -> logits, (n, 80)."""
    nodes = [
        _node("Exp", "x"),
        _node("ReduceMean", "exp", axes=[2], keepdims=0, to="embs"),
        _node("Cast", "length", to_type=TensorProto.FLOAT, to="logits"),
    ]
    inputs = {"x": ["n", 80, "frames"], "length": ["n"]}
    return _save(path, nodes, inputs, {"logits": ["n"], "embs": ["n", 80]}, facts)


def voice(seconds: float, pitch: float) -> Samples:
    """What the models take for somebody's."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound: Samples = (0.3 * np.sin(2 * np.pi * pitch * time)).astype(np.float32)
    return sound


def _node(
    kind: str, *inputs: str, to: str = "", to_type: int | None = None, **attributes: object
) -> onnx.NodeProto:
    if to_type is not None:
        attributes["to"] = to_type
    return helper.make_node(kind, inputs, [to or kind.lower()], **attributes)


def _save(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[object]],
    outputs: Mapping[str, Sequence[object]],
    facts: Mapping[str, object],
) -> Path:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [_value(name, shape) for name, shape in inputs.items()],
        [_value(name, shape) for name, shape in outputs.items()],
        [_constant(name, part) for name, part in PARTS.items() if _used(name, nodes)],
    )
    version = helper.make_opsetid("", 13)
    model = helper.make_model(graph, opset_imports=[version], ir_version=8)
    helper.set_model_props(model, {name: str(fact) for name, fact in facts.items()})
    onnx.save(model, path)
    return path


def _used(name: str, nodes: Sequence[onnx.NodeProto]) -> bool:
    return any(name in node.input for node in nodes)


def _value(name: str, shape: Sequence[object]) -> onnx.ValueInfoProto:
    kind = TensorProto.INT64 if name == "length" else TensorProto.FLOAT
    return helper.make_tensor_value_info(name, kind, shape)


def _constant(name: str, part: NDArray[np.floating]) -> onnx.TensorProto:
    return numpy_helper.from_array(np.ascontiguousarray(part, np.float32), name)

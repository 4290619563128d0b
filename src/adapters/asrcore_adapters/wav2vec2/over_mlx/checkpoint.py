"""A folder's model, loaded without transformers."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx
from mlx.utils import tree_flatten

from asrcore.errors import ModelError
from asrcore_adapters.wav2vec2.description import Architecture, Description
from asrcore_adapters.wav2vec2.over_mlx.wav2vec2 import Wav2Vec2ForCTC
from asrcore_adapters.wav2vec2.over_mlx.weights import read_weights

OTHERWISE = "let torch compute it: --set aligner.backend=wav2vec2"


def load_model(folder: Path, description: Description, dtype: mx.Dtype) -> Wav2Vec2ForCTC:
    """A model on the device that is the calling thread's, its weights computed.

    Raises:
        ModelError: its shape is one that is not written here, or it lacks weights.
        OSError, RuntimeError, ValueError: a file is damaged.
    """
    _refuse_unwritten(description.architecture)
    model = Wav2Vec2ForCTC(description.architecture)
    stored = read_weights(folder)
    wanted = [name for name, _ in tree_flatten(model.parameters())]
    _refuse_incomplete([name for name in wanted if name not in stored])
    model.load_weights([(name, stored[name].astype(dtype)) for name in wanted])
    mx.eval(model.parameters())
    return model


def _refuse_unwritten(shape: Architecture) -> None:
    for activation in (shape.hidden_act, shape.feat_extract_activation):
        if activation != "gelu":
            raise ModelError(f"it computes with {activation}, which is not written here", OTHERWISE)
    if shape.adapter_attn_dim is not None:
        raise ModelError("it has adapters in its layers, which are not written here", OTHERWISE)
    if shape.feat_extract_norm not in ("group", "layer"):
        raise ModelError(f"its feat_extract_norm is {shape.feat_extract_norm}, not group or layer")


def _refuse_incomplete(missing: list[str]) -> None:
    if any(name.startswith("lm_head") for name in missing):
        raise ModelError("it was never trained to write: it has no weights for labels (lm_head)")
    if missing:
        raise ModelError(f"it lacks weights: {missing[0]}")

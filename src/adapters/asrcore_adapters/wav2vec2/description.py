"""What the files beside a model's weights tell: its shape, its labels, its sound."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from asrcore.domain.alignment.emissions import Alphabet
from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.errors import ModelError
from asrcore_adapters.wav2vec2.json_files import read_json
from asrcore_adapters.wav2vec2.labels import read_alphabet


@dataclass(frozen=True)
class Architecture:
    """The shape of a network; names and defaults are those of transformers' `Wav2Vec2Config`."""

    vocab_size: int = 32
    pad_token_id: int = 0
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-5
    do_stable_layer_norm: bool = False
    feat_extract_norm: str = "group"
    feat_extract_activation: str = "gelu"
    conv_dim: tuple[int, ...] = (512,) * 7
    conv_kernel: tuple[int, ...] = (10, 3, 3, 3, 3, 2, 2)
    conv_stride: tuple[int, ...] = (5, 2, 2, 2, 2, 2, 2)
    conv_bias: bool = False
    num_conv_pos_embeddings: int = 128
    num_conv_pos_embedding_groups: int = 16
    add_adapter: bool = False
    adapter_attn_dim: int | None = None

    @property
    def convolutions(self) -> tuple[tuple[int, int], ...]:
        """Width and stride of each convolution, in samples and then in its input's frames."""
        return tuple(zip(self.conv_kernel, self.conv_stride, strict=True))

    @property
    def frame_duration(self) -> float:
        """Seconds from one frame to the next."""
        return math.prod(self.conv_stride) / SAMPLE_RATE


@dataclass(frozen=True)
class Description:
    """A model without its weights.

    Attributes:
        architecture: its shape.
        alphabet: what its columns write.
        normalizes: whether it wants each stretch of mean 0 and variance 1.
    """

    architecture: Architecture
    alphabet: Alphabet
    normalizes: bool

    def prepared(self, samples: Samples) -> Samples:
        """A stretch as the model wants it, over its own samples (`Wav2Vec2FeatureExtractor`)."""
        if not self.normalizes:
            return samples
        prepared: Samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
        return prepared


def describe(folder: Path) -> Description:
    """What a folder's files tell of its model.

    Raises:
        ModelError: it is of another kind, or one that cannot align.
        OSError, ValueError, TypeError: a file cannot be read.
    """
    config = read_json(folder / "config.json")
    if (kind := config.get("model_type")) != "wav2vec2":
        raise ModelError(f"it is a model of kind {kind}, not wav2vec2")
    architecture = _architecture(config)
    if architecture.add_adapter:
        raise ModelError("it has layers after its encoder (add_adapter), which are not read here")
    sound = read_json(folder / "preprocessor_config.json")
    if (rate := sound.get("sampling_rate", SAMPLE_RATE)) != SAMPLE_RATE:
        raise ModelError(f"it hears {rate} samples a second, not {SAMPLE_RATE}")
    alphabet = read_alphabet(folder, architecture.vocab_size, architecture.pad_token_id)
    return Description(architecture, alphabet, sound.get("do_normalize", True))


def _architecture(config: Mapping[str, Any]) -> Architecture:
    known = {each.name for each in fields(Architecture)} & config.keys()
    values = {name: config[name] for name in known}
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Architecture(**{**values, **lists})

"""What Whisper models take of the memory, from their published dimensions.

Sources: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022),
table 1; Gandhi et al., "Distil-Whisper" (2023), table 3; the configurations of large-v3-turbo and
the distilled models on the Hub.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asrcore.domain.footprint import Footprint
from asrcore.plugin import Placement
from asrcore_adapters.common.paths import folder_of, is_path
from asrcore_adapters.common.whisper_options import WhisperOptions

GIB = 2**30
FRAMES = 1500
"""What the encoder makes of 30 s of sound."""
MAX_TOKENS = 448
HEAD = 64
"""Numbers that a head of attention works on, in every Whisper."""
BYTES: Mapping[str | None, tuple[float, int]] = {
    None: (4, 4),
    "float32": (4, 4),
    "float16": (2, 2),
    "bfloat16": (2, 2),
    "int16": (2, 4),
    "int8": (1, 4),
    "int8_float32": (1, 4),
    "int8_float16": (1, 2),
    "int8_bfloat16": (1, 2),
}
"""Number format -> bytes for a weight, and for a number that is computed."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The dimensions of a Whisper.

    Attributes:
        width: numbers that stand for a frame or a token.
        encoder, decoder: layers.
        mels: frequency bands of its input.
        vocabulary: tokens that it knows.
    """

    width: int
    encoder: int
    decoder: int
    mels: int = 80
    vocabulary: int = 51865

    @property
    def parameters(self) -> int:
        """Weights, without biases and norms, which are less than one in a hundred."""
        layers = 12 * self.encoder + 16 * self.decoder
        convolutions = 3 * (self.mels + self.width)
        tables = FRAMES + MAX_TOKENS + self.vocabulary
        return self.width * (layers * self.width + convolutions + tables)

    def numbers_a_chunk(self, hypotheses: int) -> int:
        """Numbers that are kept at once for 30 s of sound, when it is most.

        That is in the encoder, where each head's attention is held twice (before and after
        softmax) beside eight copies of the frames; or in the decoder, where each layer keeps
        keys and values, those of the frames once, those of the text once a hypothesis.
        Measured with CTranslate2 4.6 and MLX 0.32 on a CPU; both reuse what the other half took.
        """
        heads = self.width // HEAD
        encoder = 2 * heads * FRAMES**2 + 8 * FRAMES * self.width
        kept = FRAMES + hypotheses * MAX_TOKENS
        return max(encoder, 2 * self.decoder * self.width * kept)


KEYS = (
    ("d_model", "encoder_layers", "decoder_layers", "num_mel_bins", "vocab_size"),
    ("n_audio_state", "n_audio_layer", "n_text_layer", "n_mels", "n_vocab"),
)
"""What transformers and MLX call a shape's attributes."""
SHAPES: Mapping[str, Shape] = {
    "tiny": Shape(384, 4, 4),
    "base": Shape(512, 6, 6),
    "small": Shape(768, 12, 12),
    "medium": Shape(1024, 24, 24),
    "large": Shape(1280, 32, 32, 128),
    "large-v1": Shape(1280, 32, 32),
    "large-v2": Shape(1280, 32, 32),
    "large-v3": Shape(1280, 32, 32, 128),
    "large-v3-turbo": Shape(1280, 32, 4, 128),
    "turbo": Shape(1280, 32, 4, 128),
    "distil-small": Shape(768, 12, 4),
    "distil-medium": Shape(1024, 24, 2),
    "distil-large-v2": Shape(1280, 32, 2),
    "distil-large-v3": Shape(1280, 32, 2, 128),
    "distil-large-v3.5": Shape(1280, 32, 2, 128),
}
NAME = re.compile(
    r"(?<![a-z0-9])(distil-)?(?:whisper-)?"
    r"(tiny|base|small|medium|large-v3-turbo|large(?:-v\d(?:\.\d)?)?|turbo)(?![a-z0-9])"
)
BITS = re.compile(r"[-_](?:q(?=\d$)|(?=\dbit$))([2-8])")
"""As names of quantised models for MLX end: `-q4`, `-4bit`."""
SCALES = 0.5
"""Bits more for each weight of those: MLX keeps two numbers of 16 bits for 64 weights."""


def whisper_footprint(options: WhisperOptions, placement: Placement) -> Footprint | None:
    """What a Whisper takes; None where its dimensions are not known.

    Args:
        options: its model, as a size (`small`), a Hub id
            (`mlx-community/whisper-large-v3-turbo-q4`) or a folder whose `config.json` tells the
            dimensions, as for transformers and MLX; and how many hypotheses are kept for a chunk:
            the beam, or samples, which are drawn at temperatures above 0 alone.
        placement: its number format counts.
    """
    folder = folder_of(options.model)
    local = is_path(options.model) or _exists(folder)
    shape, bits = _described(folder) if local else _named(options.model)
    if shape is None or placement.compute_type not in BYTES:
        return None
    weight, number = BYTES[placement.compute_type]
    if bits:
        weight = (bits + SCALES) / 8
    samples = options.best_of if any(options.temperatures) else 1
    chunk = number * shape.numbers_a_chunk(max(options.beam_size, samples))
    return Footprint(folder.name, weight * shape.parameters / GIB, chunk / GIB)


def _exists(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except OSError:  # it may not be looked at: who loads the model says so
        return False


def _named(model: str) -> tuple[Shape | None, int]:
    """The shape of a known size, and the bits of a weight if its name tells; else 0."""
    name = model.rpartition("/")[2].lower()
    size, bits = NAME.search(name), BITS.search(name)
    shape = SHAPES.get((size[1] or "") + size[2]) if size else None
    return shape, int(bits[1]) if bits else 0


def _described(folder: Path) -> tuple[Shape | None, int]:
    """The same from a model's own description."""
    try:
        told: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        theirs = next(keys for keys in KEYS if keys[0] in told)
        bits = told.get("quantization", {}).get("bits", 0)
        return Shape(*(int(told[key]) for key in theirs)), int(bits)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, StopIteration):
        return None, 0

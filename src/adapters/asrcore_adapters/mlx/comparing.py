"""What a checkpoint and the MLX model made of it write for a clip."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx
from mlx_whisper.decoding import DecodingOptions, decode
from mlx_whisper.load_models import load_model
from mlx_whisper.tokenizer import get_tokenizer

from asrcore.domain.audio import Samples
from asrcore.domain.conversion import Reading
from asrcore.errors import ModelError, translate
from asrcore_adapters.common.mlx_devices import remedy
from asrcore_adapters.common.whisper_checkpoint import read_config
from asrcore_adapters.common.whisper_reference import MULTILINGUAL, Script, log_mel, reference


def expected(source: Path, clip: Samples) -> Reading:
    """By transformers, with mlx-whisper's vocabulary."""
    return reference(source, clip, _script(read_config(source)["vocab_size"]))


def found(target: Path, clip: Samples) -> Reading:
    """By mlx-whisper, computing in float32 whatever the weights are stored in.

    Raises:
        ModelError: it cannot read the model.
    """
    with translate({Exception: lambda error: _unreadable(target, error)}):
        model = load_model(str(target))
        model.set_dtype(mx.float32)
        options = DecodingOptions(
            language="en",
            without_timestamps=True,
            suppress_tokens="",
            suppress_blank=False,
            fp16=False,
        )
        result = decode(model, mx.array(log_mel(clip, model.dims.n_mels).T), options)
        return _script(model.dims.n_vocab).reading(result.tokens)


def _script(vocabulary: int) -> Script:
    multilingual = vocabulary >= MULTILINGUAL
    languages = vocabulary - MULTILINGUAL + 99 if multilingual else 99
    tokenizer = get_tokenizer(
        multilingual, num_languages=languages, language="en", task="transcribe"
    )
    prompt = tokenizer.sot_sequence_including_notimestamps
    return Script(tuple(prompt), tokenizer.eot, tokenizer.decode)


def _unreadable(target: Path, error: Exception) -> ModelError:
    return ModelError(f"{target}: cannot be read by mlx-whisper: {error}", remedy(error))

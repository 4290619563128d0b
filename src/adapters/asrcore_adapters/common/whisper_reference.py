"""What a Whisper checkpoint writes by transformers: what a converted model is held against.

Nothing is suppressed and nothing is forced behind the prompt, so that every engine can do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration

from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.domain.conversion import Reading
from asrcore.errors import ModelError, translate
from asrcore_adapters.common.transformers_logging import quiet
from asrcore_adapters.common.whisper_checkpoint import AGAIN

MULTILINGUAL = 51865
"""Tokens from which on a Whisper knows languages and tasks."""


@dataclass(frozen=True)
class Script:
    """How a model is made to write English without timestamps.

    Attributes:
        prompt: the tokens before the text.
        end: the token behind it.
        spell: tokens to text.
    """

    prompt: tuple[int, ...]
    end: int
    spell: Callable[[Sequence[int]], str]

    def reading(self, tokens: Sequence[int]) -> Reading:
        """What was written."""
        return Reading(tuple(tokens), self.spell(tokens).strip())


def log_mel(clip: Samples, bands: int) -> NDArray[np.float32]:
    """The log-mel spectrogram of a clip, padded with silence to 30 s: shape (bands, 3000)."""
    extract = WhisperFeatureExtractor(feature_size=bands)  # type: ignore[no-untyped-call]
    given = extract(clip, sampling_rate=SAMPLE_RATE, return_tensors="np")
    features: NDArray[np.float32] = given.input_features[0].astype(np.float32)
    return features


def reference(folder: Path, clip: Samples, script: Script) -> Reading:
    """Let a checkpoint write a clip in float32, at most half its context.

    Raises:
        ModelError: it cannot be read.
    """
    with quiet(), translate({Exception: lambda error: unreadable(folder, error)}):
        model, report = WhisperForConditionalGeneration.from_pretrained(
            folder, local_files_only=True, output_loading_info=True
        )
        refuse_incomplete(folder, report)
        features = log_mel(clip, model.config.num_mel_bins)
        with torch.inference_mode():
            return script.reading(_greedy(model.eval().float(), features, script))


def _greedy(model: Any, features: NDArray[np.float32], script: Script) -> list[int]:
    encoded = model.get_encoder()(torch.from_numpy(features)[None])
    given, past = torch.tensor([script.prompt]), None
    tokens: list[int] = []
    for _ in range(model.config.max_target_positions // 2):
        step = model(encoder_outputs=encoded, decoder_input_ids=given, past_key_values=past)
        token = int(step.logits[0, -1].argmax())
        if token == script.end:
            break
        tokens.append(token)
        given, past = torch.tensor([[token]]), step.past_key_values
    return tokens


def refuse_incomplete(folder: Path, report: dict[str, Any]) -> None:
    """Weights that are absent, or of another shape, would silently be random.

    Args:
        folder: where the model is.
        report: what transformers tells of the loading.

    Raises:
        ModelError: there are such.
    """
    if absent := sorted(report["missing_keys"]):
        raise ModelError(f"{folder}: has no weights for {', '.join(absent[:3])}", AGAIN)
    if odd := sorted(str(each) for each in report["mismatched_keys"]):
        raise ModelError(f"{folder}: has weights of wrong shapes: {', '.join(odd[:3])}", AGAIN)


def unreadable(folder: Path, error: Exception) -> ModelError:
    """The files are there and transformers cannot use them."""
    return ModelError(f"{folder}: cannot be read by transformers: {error}", AGAIN)

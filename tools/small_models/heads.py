"""Which cross-attention heads follow the words: their attention tells word times.

Heads are ranked by how far the word starts that they give lie from the true ones, after Whisper's
own method (dynamic time warping over normalised attention); good ones are added while they help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.signal import medfilt
from transformers import WhisperForConditionalGeneration, WhisperProcessor
from transformers.models.whisper.generation_whisper import _dynamic_time_warping

from tools.small_models.guidance import FRAME
from tools.small_models.vocabulary import END, NO_TIMESTAMPS, START
from tools.synthetic.speech import SAMPLE_RATE, Utterance

MOST = 7
"""Heads that are tried beside the best."""

Head = tuple[int, int]


@dataclass(frozen=True)
class Attended:
    """One utterance as the model attends to it.

    Attributes:
        attention: shape (layers, heads, tokens, frames), normalised over the tokens.
        first_tokens: where each word begins among the tokens.
        starts: true word starts in seconds.
    """

    attention: np.ndarray
    first_tokens: Sequence[int]
    starts: np.ndarray

    def errors(self, heads: Sequence[Head]) -> np.ndarray:
        """Seconds between the word starts that these heads give and the true ones."""
        together = np.mean([self.attention[head] for head in heads], axis=0)
        tokens, frames = _dynamic_time_warping(-together.astype(np.float64))
        jumps = np.pad(np.diff(tokens), (1, 0), constant_values=1).astype(bool)
        found = frames[jumps] * FRAME
        return np.abs(found[list(self.first_tokens)] - self.starts)


def best_heads(model: Path, utterances: Sequence[Utterance]) -> list[Head]:
    """The heads of a model in Hugging Face's layout, by speech whose word times are known."""
    network = WhisperForConditionalGeneration.from_pretrained(
        model, torch_dtype=torch.float32, attn_implementation="eager"
    ).eval()
    processor = WhisperProcessor.from_pretrained(model)
    attended = [_attend(network, processor, utterance) for utterance in utterances]
    layers = network.config.decoder_layers
    every = [(n, h) for n in range(layers) for h in range(network.config.decoder_attention_heads)]
    ranked = sorted(every, key=lambda head: _mean(attended, [head]))
    chosen = ranked[:1]
    for head in ranked[1 : 1 + MOST]:
        if _mean(attended, [*chosen, head]) < _mean(attended, chosen):
            chosen.append(head)
    return sorted(chosen)


def _mean(attended: Sequence[Attended], heads: Sequence[Head]) -> float:
    return float(np.concatenate([each.errors(heads) for each in attended]).mean())


def _attend(
    network: WhisperForConditionalGeneration, processor: WhisperProcessor, utterance: Utterance
) -> Attended:
    tokens: list[int] = []
    first_tokens = []
    for word in utterance.sentence.words:
        first_tokens.append(len(tokens))
        tokens += processor.tokenizer.encode(f" {word.written}", add_special_tokens=False)
    samples = utterance.samples.astype(np.float32) / 32768
    features = processor(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt").input_features
    sequence = torch.tensor([[START, NO_TIMESTAMPS, *tokens, END]])
    with torch.no_grad():
        found = network(features, decoder_input_ids=sequence, output_attentions=True)
    frames = int(utterance.duration / FRAME) + 1
    weights = torch.stack([layer[0] for layer in found.cross_attentions])[..., :frames].numpy()
    spread = weights.std(axis=-2, keepdims=True).clip(min=1e-8)
    weights = (weights - weights.mean(axis=-2, keepdims=True)) / spread
    smooth = medfilt(weights, (1, 1, 1, 7))[:, :, 1:-1]
    return Attended(smooth, first_tokens, utterance.starts)

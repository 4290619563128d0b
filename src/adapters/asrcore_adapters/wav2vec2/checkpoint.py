"""A folder's model, as transformers loads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.nn.utils import parametrize
from transformers import Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC
from transformers.utils import logging

from asrcore.domain.alignment.emissions import Alphabet
from asrcore.domain.audio import SAMPLE_RATE
from asrcore.errors import ModelError
from asrcore_adapters.wav2vec2.labels import alphabet_of


@dataclass(frozen=True)
class Checkpoint:
    """A model, what it wants its sound to be like, and what it writes."""

    model: Any
    extractor: Any
    alphabet: Alphabet


def load_checkpoint(folder: Path) -> Checkpoint:
    """A `Wav2Vec2ForCTC` on the CPU in float32, ready to be asked.

    Raises:
        ModelError: the folder holds another kind of model, or one that cannot align.
    """
    _refuse_strange(_read(folder / "config.json"), _read(folder / "vocab.json"))
    with _quiet():
        model, report = Wav2Vec2ForCTC.from_pretrained(
            folder, local_files_only=True, output_loading_info=True
        )
        extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder, local_files_only=True)
        tokenizer = Wav2Vec2CTCTokenizer.from_pretrained(folder, local_files_only=True)
    _refuse_unusable(model.config, extractor, report["missing_keys"])
    alphabet = alphabet_of(tokenizer, model.config.vocab_size, model.config.pad_token_id)
    return Checkpoint(_for_inference(model), extractor, alphabet)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _refuse_strange(config: dict[str, Any], vocabulary: dict[str, Any]) -> None:
    if (kind := config.get("model_type")) != "wav2vec2":
        raise ModelError(f"it is a model of kind {kind}, not wav2vec2")
    if any(isinstance(column, dict) for column in vocabulary.values()):
        raise ModelError("it has a vocabulary a language (MMS adapters), which is not read here")


def _refuse_unusable(config: Any, extractor: Any, missing: list[str]) -> None:
    if any(key.startswith("lm_head") for key in missing):
        raise ModelError("it was never trained to write: it has no weights for labels (lm_head)")
    if config.add_adapter:
        raise ModelError("it has layers after its encoder (add_adapter), which are not read here")
    if extractor.sampling_rate != SAMPLE_RATE:
        raise ModelError(f"it hears {extractor.sampling_rate} samples a second, not {SAMPLE_RATE}")


def _for_inference(model: Any) -> Any:
    """Without dropout, and with the weights of the positions computed once, not at each call."""
    positions = model.wav2vec2.encoder.pos_conv_embed.conv
    if parametrize.is_parametrized(positions):
        parametrize.remove_parametrizations(positions, "weight")
    return model.eval().requires_grad_(False)


@contextmanager
def _quiet() -> Iterator[None]:
    """What transformers has to say of weights is told by errors here."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # as transformers is
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # as transformers is
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]  # as transformers is

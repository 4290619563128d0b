"""From checkpoints to folders that the engines load: Hugging Face's layout."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import (
    GenerationConfig,
    Wav2Vec2Config,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Processor,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

from tools.small_models.characters import LABELS
from tools.small_models.training import load_checkpoint
from tools.small_models.vocabulary import END, NO_TIMESTAMPS, PREVIOUS, SIZE, START

SPACE = 220
"""The token of a lone space, which no transcript begins with."""
SYMBOLS = (
    *(1, 2, 7, 8, 9, 10, 14, 25, 26, 27, 28, 29, 31, 58, 59, 60, 61, 62, 63, 90, 91, 92, 93, 357),
    *(366, 438, 532, 685, 705, 796, 930, 1058, 1220, 1267, 1279, 1303, 1343, 1377, 1391, 1635),
    *(1782, 1875, 2162, 2361, 2488, 3467, 4008, 4211, 4600, 4808, 5299, 5855, 6329, 7203, 9609),
    *(9959, 10563, 10786, 11420, 11709, 11907, 13163, 13697, 13700, 14808, 15306, 16410, 16791),
    *(17992, 19203, 19510, 20724, 22305, 22935, 27007, 30109, 30420, 33409, 34949, 40283, 40493),
    *(40549, 47282, 49146, 50257, 50357, 50358, 50359, 50360, 50361),
)
"""Tokens of brackets, notes and the like, which Whisper's English models suppress."""
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def export_whisper(
    checkpoints: Sequence[Path],
    used: Sequence[int],
    tokenizer: Path,
    out: Path,
    heads: Sequence[tuple[int, int]],
) -> None:
    """Write a Whisper as transformers, CTranslate2's converter and ours read it.

    Args:
        checkpoints: one or more files whose weights together are the model.
        used: the tokens that have rows of their own, in the rows' order.
        tokenizer: folder that holds Whisper's English tokenizer.
        heads: (layer, head) of the cross-attention that follows the words, see `heads.py`.
    """
    weights = {name: each for path in checkpoints for name, each in load_checkpoint(path).items()}
    weights["decoder.embed_tokens.weight"] = _all_rows(weights["decoder.embed_tokens.weight"], used)
    model = WhisperForConditionalGeneration(_whisper_config(weights))
    ours = {f"model.{name}": each for name, each in weights.items() if not name.startswith("ctc.")}
    _load(model, ours, tied={"proj_out.weight"})
    model.generation_config = _generation(heads)
    _save(model, out)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(out)
    for name in TOKENIZER_FILES:
        _write_compact(json.loads((tokenizer / name).read_text(encoding="utf-8")), out / name)


def export_ctc(checkpoint: Path, out: Path, shape: Path) -> None:
    """Write a wav2vec2 CTC model with its processor.

    Args:
        shape: the configuration it was trained with.
    """
    model = Wav2Vec2ForCTC(Wav2Vec2Config(**json.loads(shape.read_text(encoding="utf-8"))))
    _load(model, load_checkpoint(checkpoint), tied=set())
    _save(model, out)
    vocabulary = out / "vocab.json"
    _write_compact({label: number for number, label in enumerate(LABELS)}, vocabulary)
    tokenizer = Wav2Vec2CTCTokenizer(vocabulary, word_delimiter_token="|", do_lower_case=False)
    extractor = Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True)
    Wav2Vec2Processor(extractor, tokenizer).save_pretrained(out)


def _all_rows(rows: Tensor, used: Sequence[int]) -> Tensor:
    """The whole embedding: the shared row wherever a token has none of its own."""
    table = rows[-1:].repeat(SIZE, 1)
    table[torch.tensor(used)] = rows[:-1]
    return table


def _whisper_config(weights: dict[str, Tensor]) -> WhisperConfig:
    width = weights["decoder.embed_tokens.weight"].shape[1]
    hidden = weights["encoder.layers.0.fc1.weight"].shape[0]
    return WhisperConfig(
        vocab_size=SIZE,
        d_model=width,
        encoder_layers=_layers(weights, "encoder"),
        decoder_layers=_layers(weights, "decoder"),
        encoder_attention_heads=width // 64,
        decoder_attention_heads=width // 64,
        encoder_ffn_dim=hidden,
        decoder_ffn_dim=hidden,
        decoder_start_token_id=START,
        bos_token_id=END,
        eos_token_id=END,
        pad_token_id=END,
        suppress_tokens=None,
        begin_suppress_tokens=[SPACE, END],
    )


def _layers(weights: dict[str, Tensor], side: str) -> int:
    return len({name.split(".")[2] for name in weights if name.startswith(f"{side}.layers.")})


def _generation(heads: Sequence[tuple[int, int]]) -> GenerationConfig:
    """How Whisper's English models decode."""
    return GenerationConfig(
        alignment_heads=[list(head) for head in heads],
        begin_suppress_tokens=[SPACE, END],
        bos_token_id=END,
        decoder_start_token_id=START,
        eos_token_id=END,
        is_multilingual=False,
        max_initial_timestamp_index=50,
        max_length=448,
        no_timestamps_token_id=NO_TIMESTAMPS,
        pad_token_id=END,
        prev_sot_token_id=PREVIOUS,
        return_timestamps=False,
        suppress_tokens=list(SYMBOLS),
    )


def _load(model: torch.nn.Module, weights: dict[str, Tensor], tied: set[str]) -> None:
    """Load all weights.

    Raises:
        ValueError: names do not match, so that the model would be partly untrained.
    """
    missing, unknown = model.load_state_dict(weights, strict=False)
    if set(missing) - tied or unknown:
        raise ValueError(f"missing {sorted(set(missing) - tied)}, unknown {sorted(unknown)}")
    model.tie_weights()


def _save(model: torch.nn.Module, out: Path) -> None:
    """Half precision, into an empty folder."""
    shutil.rmtree(out, ignore_errors=True)
    model.half().save_pretrained(out)


def _write_compact(values: object, path: Path) -> None:
    """JSON without spaces: a tokenizer is 2 MB then instead of 4."""
    path.write_text(json.dumps(values, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")

"""From Hugging Face's layout to those of CTranslate2 and MLX."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from ctranslate2.converters import TransformersConverter
from safetensors.numpy import load_file, save_file

RENAMED = (
    (r"^model\.", ""),
    (r"\.layers\.", ".blocks."),
    (r"\.encoder_attn_layer_norm\.", ".cross_attn_ln."),
    (r"\.self_attn_layer_norm\.", ".attn_ln."),
    (r"\.encoder_attn\.", ".cross_attn."),
    (r"\.self_attn\.", ".attn."),
    (r"\.q_proj\.", ".query."),
    (r"\.k_proj\.", ".key."),
    (r"\.v_proj\.", ".value."),
    (r"\.out_proj\.", ".out."),
    (r"\.fc1\.", ".mlp1."),
    (r"\.fc2\.", ".mlp2."),
    (r"\.final_layer_norm\.", ".mlp_ln."),
    (r"^encoder\.layer_norm\.", "encoder.ln_post."),
    (r"^decoder\.layer_norm\.", "decoder.ln."),
    (r"^decoder\.embed_tokens\.", "decoder.token_embedding."),
    (r"^decoder\.embed_positions\.weight", "decoder.positional_embedding"),
)
"""Hugging Face's name of a weight -> OpenAI's, which MLX keeps."""


def to_ctranslate2(source: Path, out: Path, quantization: str) -> None:
    """Write what faster-whisper loads."""
    copied = ["tokenizer.json", "preprocessor_config.json"]
    converter = TransformersConverter(str(source), copy_files=copied)
    with _appearing(out) as draft:
        converter.convert(str(draft), quantization=quantization, force=True)


def to_mlx(source: Path, out: Path) -> None:
    """Write what mlx-whisper loads, in half precision."""
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    generation = json.loads((source / "generation_config.json").read_text(encoding="utf-8"))
    weights = {
        _renamed(name): _channels_last(name, each)
        for name, each in load_file(source / "model.safetensors").items()
        if name not in ("model.encoder.embed_positions.weight", "proj_out.weight")
    }
    weights["alignment_heads"] = np.array(generation["alignment_heads"], np.int32)
    with _appearing(out) as draft:
        save_file(weights, draft / "weights.safetensors")
        (draft / "weights.safetensors").chmod(0o644)
        text = json.dumps(_mlx_config(config), indent=1)
        (draft / "config.json").write_text(text, encoding="utf-8")


@contextmanager
def _appearing(out: Path) -> Iterator[Path]:
    """A folder that takes the place of `out` once it is complete."""
    draft = out.with_name(f".{out.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    yield draft
    shutil.rmtree(out, ignore_errors=True)
    draft.rename(out)


def _renamed(name: str) -> str:
    for pattern, replacement in RENAMED:
        name = re.sub(pattern, replacement, name)
    return name


def _channels_last(name: str, weight: np.ndarray) -> np.ndarray:
    """MLX convolves over (width, channels)."""
    moved = weight.transpose(0, 2, 1) if re.search(r"conv\d\.weight$", name) else weight
    return np.ascontiguousarray(moved.astype(np.float16))


def _mlx_config(config: dict[str, int]) -> dict[str, int | str]:
    """OpenAI's names of a model's dimensions."""
    return {
        "model_type": "whisper",
        "n_mels": config["num_mel_bins"],
        "n_audio_ctx": config["max_source_positions"],
        "n_audio_state": config["d_model"],
        "n_audio_head": config["encoder_attention_heads"],
        "n_audio_layer": config["encoder_layers"],
        "n_vocab": config["vocab_size"],
        "n_text_ctx": config["max_target_positions"],
        "n_text_state": config["d_model"],
        "n_text_head": config["decoder_attention_heads"],
        "n_text_layer": config["decoder_layers"],
    }

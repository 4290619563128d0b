"""From Hugging Face's names and numbers of a Whisper to OpenAI's, which mlx-whisper keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asrcore.errors import ModelError
from asrcore_adapters.common.whisper_checkpoint import read_json

ENCODER_POSITIONS = "model.encoder.embed_positions.weight"
OUTPUT = "proj_out.weight"
EMBEDDING = "model.decoder.embed_tokens.weight"
HEADS = "alignment_heads"
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
DIMENSIONS = {
    "n_mels": "num_mel_bins",
    "n_audio_ctx": "max_source_positions",
    "n_audio_state": "d_model",
    "n_audio_head": "encoder_attention_heads",
    "n_audio_layer": "encoder_layers",
    "n_vocab": "vocab_size",
    "n_text_ctx": "max_target_positions",
    "n_text_state": "d_model",
    "n_text_head": "decoder_attention_heads",
    "n_text_layer": "decoder_layers",
}
"""OpenAI's name of a dimension -> Hugging Face's."""
FIXED: Mapping[str, Sequence[Any]] = {
    "activation_function": ("gelu",),
    "scale_embedding": (False,),
    "max_source_positions": (1500,),
    "num_mel_bins": (80, 128),
    "vocab_size": (51864, 51865, 51866),
}
"""What mlx-whisper's code takes for granted; its tokenizer, for the number of tokens."""


def renamed(name: str) -> str:
    """A weight's name in mlx-whisper."""
    for pattern, replacement in RENAMED:
        name = re.sub(pattern, replacement, name)
    return name


def dimensions(config: Mapping[str, Any]) -> dict[str, int]:
    """What mlx-whisper builds a model from.

    Raises:
        ModelError: its code cannot express the model.
    """
    for key, known in FIXED.items():
        if (value := config.get(key, known[0])) not in known:
            expected = " or ".join(map(str, known))
            raise ModelError(
                f"config.json: {key} is {value}; mlx-whisper has {expected} alone",
                "convert it for CTranslate2: --to ctranslate2",
            )
    try:
        found = {ours: int(config[theirs]) for ours, theirs in DIMENSIONS.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"config.json: no usable dimension {error}") from error
    _refuse_uneven(found)
    return found


def _refuse_uneven(sizes: Mapping[str, int]) -> None:
    for side in ("audio", "text"):
        width, heads = sizes[f"n_{side}_state"], sizes[f"n_{side}_head"]
        if width < 4 or width % 2 or heads < 1 or width % heads:
            raise ModelError(f"config.json: {heads} heads do not share a width of {width}")


def alignment_heads(folder: Path, sizes: Mapping[str, int]) -> list[list[int]]:
    """The (layer, head) pairs whose attention tells times; none where the checkpoint names none.

    Raises:
        ModelError: the decoder does not have such heads.
    """
    path = folder / "generation_config.json"
    heads: list[list[int]] = (read_json(path).get(HEADS) or []) if path.is_file() else []
    for layer, head in heads:
        if not (0 <= layer < sizes["n_text_layer"] and 0 <= head < sizes["n_text_head"]):
            raise ModelError(
                f"{path}: {HEADS} names head {head} of layer {layer}, which the decoder has not",
                f"correct {HEADS} there, or remove it",
            )
    return heads

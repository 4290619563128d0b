"""A multilingual Whisper of random weights, without a tokenizer, and its way to MLX."""

from pathlib import Path

import torch
from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

from asrcore.plugin import Placement
from asrcore_adapters.common.options import HubOptions
from asrcore_adapters.mlx.converting import MlxConverter


def tiny_whisper(vocabulary: int = 51865, width: int = 64) -> WhisperForConditionalGeneration:
    """Its weights are exact in every number format of 16 bits, and it writes 16 tokens at most."""
    config = WhisperConfig(
        vocab_size=vocabulary,
        d_model=width,
        encoder_layers=1,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=4 * width,
        decoder_ffn_dim=4 * width,
        max_target_positions=32,
        init_std=0.3,
    )
    torch.manual_seed(0)
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(alignment_heads=[[0, 1], [1, 0]])
    for weight in model.parameters():
        weight.data = weight.data.bfloat16().float()
    return model


def save(model: WhisperForConditionalGeneration, folder: Path, **how: object) -> Path:
    """Write it as transformers does."""
    model.save_pretrained(folder, **how)
    return folder


def converter(number_format: str = "float16") -> MlxConverter:
    return MlxConverter(HubOptions(), Placement("cpu", number_format))


def converted(source: Path, target: Path, number_format: str = "float16") -> Path:
    target.mkdir()
    converter(number_format).convert(source, target)
    return target

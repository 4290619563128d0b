"""Makes a multilingual Whisper of random weights: it knows nothing, but every language token.

    python make_polyglot.py SMALL_ENGLISH_WHISPER OUTPUT_FOLDER

No small multilingual model can be had offline; this one runs the same code in the engine.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import AddedToken, Tokenizer
from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

LANGUAGES = [code for code in _LANGUAGE_CODES if code != "yue"]
"""Cantonese is the hundredth, which large-v3 alone knows; this is the vocabulary of the others."""
AFTER_LANGUAGES = (
    *("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"),
    "<|notimestamps|>",
)


def make(english: Path, folder: Path) -> None:
    """Write the model in Hugging Face's layout."""
    folder.mkdir(parents=True)
    specials = ["<|endoftext|>", "<|startoftranscript|>"]
    specials += [f"<|{language}|>" for language in LANGUAGES] + list(AFTER_LANGUAGES)
    specials += [f"<|{0.02 * step:.2f}|>" for step in range(1501)]
    first = write_tokenizer(english, folder, specials)
    ids = {token: first + index for index, token in enumerate(specials)}
    config = WhisperConfig(
        vocab_size=first + len(specials),
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        decoder_start_token_id=ids["<|startoftranscript|>"],
        eos_token_id=ids["<|endoftext|>"],
        pad_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<|endoftext|>"],
        suppress_tokens=[],
        begin_suppress_tokens=[ids["<|endoftext|>"]],
        init_std=0.3,
    )
    torch.manual_seed(0)
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        alignment_heads=[[0, 0]],
        lang_to_id={f"<|{language}|>": ids[f"<|{language}|>"] for language in LANGUAGES},
        no_timestamps_token_id=ids["<|notimestamps|>"],
        suppress_tokens=[],
        begin_suppress_tokens=[ids["<|endoftext|>"]],
    )
    model.save_pretrained(folder)
    shutil.copy(english / "preprocessor_config.json", folder)


def write_tokenizer(english: Path, folder: Path, specials: list[str]) -> int:
    """The English byte pairs, then the specials; gives the first special's id."""
    described = json.loads((english / "tokenizer.json").read_text(encoding="utf-8"))
    described["added_tokens"] = []
    words = described["model"]["vocab"]
    words = {word: index for word, index in words.items() if not word.startswith("<|")}
    words[""] = len(words)  # by this token CTranslate2 knows a multilingual vocabulary
    described["model"]["vocab"] = words
    tokenizer = Tokenizer.from_str(json.dumps(described))
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in specials])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return len(words)


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))

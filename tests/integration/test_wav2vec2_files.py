"""What is read of the files beside a model's weights is what transformers reads of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from transformers import Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor

from asrcore_adapters.wav2vec2.description import describe
from asrcore_adapters.wav2vec2.labels import SILENT, read_alphabet

pytestmark = pytest.mark.integration

NANO = Path(__file__).parents[2] / "models" / "nano-wav2vec2"
LETTERS = {"|": 0, "a": 1, "ch": 2, "ł": 3}
MARKED = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "|": 4, "a": 5, "b": 6}


def described(content, **more):
    """A token as files of transformers describe it."""
    flags = {"lstrip": False, "normalized": True, "rstrip": False, "single_word": False}
    return {"content": content, **flags, **more}


FOLDERS = {
    "vocabulary alone": {"vocab.json": MARKED},
    "no marker has a column": {"vocab.json": LETTERS},
    "markers in brackets": {
        "vocab.json": {**LETTERS, "[UNK]": 4, "[PAD]": 5},
        "tokenizer_config.json": {"pad_token": "[PAD]", "unk_token": "[UNK]"},
    },
    "markers beside the vocabulary": {
        "vocab.json": {**LETTERS, "[UNK]": 4, "[PAD]": 5},
        "tokenizer_config.json": {"pad_token": "[PAD]", "unk_token": "[UNK]"},
        "special_tokens_map.json": {"bos_token": "<s>", "eos_token": "</s>"},
        "added_tokens.json": {"<s>": 6, "</s>": 7},
    },
    "the map counts more than the configuration": {
        "vocab.json": {**LETTERS, "_": 4, "*": 5},
        "tokenizer_config.json": {"pad_token": "_", "word_delimiter_token": "a"},
        "special_tokens_map.json": {"pad_token": "*", "unk_token": described("_")},
    },
    "a decoder, beside which older files do not count": {
        "vocab.json": {**LETTERS, "_": 4, "*": 5},
        "tokenizer_config.json": {
            "pad_token": "_",
            "added_tokens_decoder": {"6": described("!"), "7": described("</s>")},
        },
        "special_tokens_map.json": {"pad_token": "*"},
        "added_tokens.json": {"?": 8},
    },
    "a decoder that gives a letter another column": {
        "vocab.json": LETTERS,
        "tokenizer_config.json": {"added_tokens_decoder": {"13": described("a")}},
    },
    "tokens without a role": {
        "vocab.json": MARKED,
        "tokenizer_config.json": {"bos_token": None, "eos_token": None, "unk_token": None},
    },
    "roles that the vocabulary lacks, in their order": {
        "vocab.json": LETTERS,
        "tokenizer_config.json": {
            **{"eos_token": "E", "bos_token": "B", "mask_token": "M", "sep_token": "S"},
            **{"pad_token": "P", "unk_token": "U", "cls_token": "C"},
            "additional_special_tokens": ["X", "E", "Y"],
        },
    },
    "a role in an object": {
        "vocab.json": {**LETTERS, "_": 4},
        "tokenizer_config.json": {"pad_token": {"__type": "AddedToken", **described("_")}},
    },
}


def write(folder, files):
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.mark.parametrize("files", FOLDERS.values(), ids=FOLDERS.keys())
@pytest.mark.parametrize("columns", [5, 7, 9, 16])
def test_the_alphabet_is_that_of_transformers_tokenizer(tmp_path, files, columns):
    tokenizer = Wav2Vec2CTCTokenizer.from_pretrained(write(tmp_path, files))
    found = read_alphabet(tmp_path, columns, padding=3)
    vocabulary = tokenizer.get_vocab()
    silent = {getattr(tokenizer, role) for role in SILENT}
    written = {column: token for token, column in vocabulary.items() if column < columns}
    for column, label in enumerate(found.labels):
        token = written.get(column, "")
        assert label == ("" if token in silent or token[:1] + token[-1:] in ("<>", "[]") else token)
    blank = vocabulary.get(tokenizer.pad_token, columns)
    assert found.blank == (blank if blank < columns else 3)
    separator = vocabulary.get(tokenizer.word_delimiter_token, columns)
    assert found.separator == (separator if separator < columns else None)


@pytest.mark.parametrize("normalizes", [True, False])
def test_the_sound_is_prepared_as_by_transformers(tmp_path, normalizes):
    for path in NANO.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    extractor = Wav2Vec2FeatureExtractor(do_normalize=normalizes, return_attention_mask=True)
    extractor.save_pretrained(tmp_path)
    samples = np.random.default_rng(0).normal(0.3, 0.2, 4000).astype(np.float32)
    prepared = describe(tmp_path).prepared(samples)
    expected = extractor(samples, sampling_rate=16000)["input_values"][0]
    assert prepared.dtype == np.float32
    np.testing.assert_array_equal(prepared, expected)


def test_a_model_that_says_nothing_of_its_sound_is_normalised(tmp_path):
    """As most older models on the Hub: transformers' defaults count."""
    for path in NANO.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    write(tmp_path, {"preprocessor_config.json": {}, "config.json": {"model_type": "wav2vec2"}})
    described = describe(tmp_path)
    assert described.normalizes == Wav2Vec2FeatureExtractor().do_normalize
    assert described.architecture.frame_duration == 0.02

"""What the columns of a model's answer write: its vocabulary, read as transformers reads it.

`Wav2Vec2CTCTokenizer` of transformers 4 is what all published models were made with; its files and
their order of precedence are those of `PreTrainedTokenizerBase.from_pretrained`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from asrcore.domain.alignment.emissions import Alphabet
from asrcore.errors import ModelError
from asrcore_adapters.wav2vec2.json_files import read_json

MARKER = re.compile(r"<.+>|\[.+\]", re.DOTALL)
"""How tokens that write nothing are spelled: `<pad>`, `[UNK]`."""
DEFAULTS = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
    "word_delimiter_token": "|",
}
SILENT = ("pad_token", "unk_token", "bos_token", "eos_token")
SPECIAL = (
    *("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token"),
    *("mask_token", "additional_special_tokens"),
)
"""The roles of tokens, in the order in which those without a column are given one."""


def read_alphabet(folder: Path, columns: int, padding: int) -> Alphabet:
    """The labels of a model; its padding token is the blank of CTC.

    Args:
        folder: with `vocab.json` and the tokenizer's other files, which may be absent.
        columns: labels that the model tells apart.
        padding: the blank by the model's configuration, where the tokenizer's is no column.

    Raises:
        ModelError: the vocabulary does not fit the model.
        OSError, ValueError: a file cannot be read.
    """
    vocabulary = read_json(folder / "vocab.json")
    if any(isinstance(column, dict) for column in vocabulary.values()):
        raise ModelError("it has a vocabulary a language (MMS adapters), which is not read here")
    roles, added = _roles(folder)
    tokens = _with_columns({**vocabulary, **added}, roles)
    silent = {_text(roles.get(role)) for role in SILENT}
    labels = [""] * columns
    for token, column in tokens.items():
        if column < columns and token not in silent and not MARKER.fullmatch(token):
            labels[column] = token
    if not any(labels):
        raise ModelError("its vocabulary names none of the model's labels")
    blank = tokens.get(_text(roles["pad_token"]), columns)
    separator = tokens.get(_text(roles["word_delimiter_token"]), columns)
    return Alphabet(
        tuple(labels),
        blank if blank < columns else padding,
        separator if separator < columns else None,
    )


def _roles(folder: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """Role -> token, and the columns of tokens beside the vocabulary.

    Two files are older than `added_tokens_decoder`, and count only where that is absent.
    """
    roles = {**DEFAULTS, **read_json(folder / "tokenizer_config.json", optional=True)}
    if "added_tokens_decoder" in roles:
        added = roles["added_tokens_decoder"]
        return roles, {_text(token): int(column) for column, token in added.items()}
    roles |= read_json(folder / "special_tokens_map.json", optional=True)
    return roles, read_json(folder / "added_tokens.json", optional=True)


def _with_columns(tokens: Mapping[str, int], roles: Mapping[str, Any]) -> dict[str, int]:
    """The tokens, and behind them those that have a role alone."""
    found = dict(tokens)
    for token in _special(roles):
        found.setdefault(token, len(found))
    return found


def _special(roles: Mapping[str, Any]) -> Iterator[str]:
    for role in SPECIAL:
        value = roles.get(role)
        yield from (_text(each) for each in (value if isinstance(value, list) else [value]) if each)


def _text(token: Any) -> str:
    """A token's own text; some files describe it in an object. Nothing where there is none."""
    return str(token["content"]) if isinstance(token, dict) else (token or "")

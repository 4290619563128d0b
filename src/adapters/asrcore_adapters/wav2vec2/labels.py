"""What the columns of a model's answer write."""

from __future__ import annotations

import re
from typing import Any

from asrcore.domain.alignment.emissions import Alphabet
from asrcore.errors import ModelError

MARKER = re.compile(r"<.+>|\[.+\]", re.DOTALL)
"""How tokens that write nothing are spelled: `<pad>`, `[UNK]`."""


def alphabet_of(tokenizer: Any, columns: int, padding: int) -> Alphabet:
    """The labels of a CTC tokenizer of transformers; its padding token is the blank of CTC.

    Args:
        tokenizer: a `Wav2Vec2CTCTokenizer`.
        columns: labels that the model tells apart.
        padding: the blank by the model's configuration, where the tokenizer's is no column.

    Raises:
        ModelError: the vocabulary does not fit the model.
    """
    vocabulary = tokenizer.get_vocab()
    silent = {tokenizer.pad_token, tokenizer.unk_token, tokenizer.bos_token, tokenizer.eos_token}
    labels = [""] * columns
    for label, column in vocabulary.items():
        if column < columns and label not in silent and not MARKER.fullmatch(label):
            labels[column] = label
    if not any(labels):
        raise ModelError("its vocabulary names none of the model's labels")
    blank = vocabulary.get(tokenizer.pad_token, columns)
    separator = vocabulary.get(tokenizer.word_delimiter_token, columns)
    return Alphabet(
        tuple(labels),
        blank if blank < columns else padding,
        separator if separator < columns else None,
    )

"""The labels of the CTC model: those of the published 960-hour wav2vec2 models, in their order."""

from __future__ import annotations

from collections.abc import Iterable

from tools.synthetic.speech import Word

LABELS = ("<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ")
BLANK = 0
SEPARATOR = LABELS.index("|")
_NUMBERS = {label: number for number, label in enumerate(LABELS)}


def spelled(word: Word) -> list[int]:
    """The labels of a word as spoken; its parts are separated as words are."""
    return [_NUMBERS[letter] for letter in "|".join(word.spoken).upper()]


def transcript(words: Iterable[Word]) -> list[int]:
    """The labels of words in a row."""
    labels: list[int] = []
    for word in words:
        if labels:
            labels.append(SEPARATOR)
        labels += spelled(word)
    return labels

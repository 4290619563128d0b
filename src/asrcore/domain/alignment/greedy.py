"""What a CTC model hears by itself: the likeliest label of every frame."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word


def greedy_words(emissions: Emissions, alphabet: Alphabet) -> list[Word]:
    """The words that are heard, rough as they are; without a separator each label is one."""
    best = emissions.log_probs.argmax(axis=1)
    changes = np.flatnonzero(best[1:] != best[:-1]) + 1
    runs = pairwise([0, *changes.tolist(), len(best)] if len(best) else [])
    words: list[Word] = []
    text, begun, ended = "", 0, 0
    for first, stop in runs:
        column = int(best[first])
        if text and alphabet.separator in (column, None):
            words.append(_word(text, begun, ended, emissions))
            text = ""
        if column not in (alphabet.blank, alphabet.separator):
            begun = begun if text else first
            text, ended = text + alphabet.labels[column], stop
    if text:
        words.append(_word(text, begun, ended, emissions))
    return words


def _word(text: str, begun: int, ended: int, emissions: Emissions) -> Word:
    seconds = emissions.frame_duration
    return Word(text, TimeSpan(begun * seconds, ended * seconds))

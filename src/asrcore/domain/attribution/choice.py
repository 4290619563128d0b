"""One speaker a sentence, unless it pays to part it."""

from __future__ import annotations

import numpy as np

from asrcore.domain.attribution.spans import Floats, Integers

CHANGE = 0.3
"""Seconds of words that another must speak on end for them not to be the sentence's speaker's."""


def choose(lacking: Floats, firsts: Integers) -> Integers:
    """Who says each word, by sentences, at the least cost.

    A word costs what is lacking if it is given to a speaker, and each stretch of words of others
    than the sentence's own speaker costs `CHANGE`. Its own speaker is the one who misses least
    of it all; of equals, the first.

    Args:
        lacking: seconds of shape (words, speakers), at least one of each.
        firsts: the word with which each sentence begins; the first is 0.

    Returns:
        speakers, of shape (words,).
    """
    lengths = np.diff(firsts, append=len(lacking))
    totals = np.add.reduceat(lacking, firsts, axis=0).round(6)
    owners = totals.argmin(axis=1)
    chosen = np.repeat(owners, lengths)
    costly = np.flatnonzero(totals.min(axis=1) > CHANGE)
    if costly.size:
        costly = costly[np.argsort(-lengths[costly])]
        _part(chosen, lacking, _steps(firsts[costly], lengths[costly]), owners[costly])
    return chosen


def _steps(firsts: Integers, lengths: Integers) -> list[Integers]:
    """The first words of all sentences, then the second ones of those that have two, ..."""
    return [firsts[: np.sum(lengths > step)] + step for step in range(lengths[0])]


def _part(chosen: Integers, lacking: Floats, steps: list[Integers], owners: Integers) -> None:
    """Viterbi's algorithm on sentences, the longest first, all at once; `chosen` is written."""
    speakers = np.arange(lacking.shape[1])
    prices = CHANGE * (speakers != owners[:, None])
    costs = prices.copy()
    before = np.empty(lacking.shape, np.intp)
    for words in steps:
        stay, least = costs[: len(words)], costs[: len(words)].argmin(axis=1)[:, None]
        change = np.take_along_axis(stay, least, axis=1) + prices[: len(words)]
        before[words] = np.where(stay <= change, speakers, least)
        costs[: len(words)] = np.minimum(stay, change) + lacking[words]
    last = costs.argmin(axis=1)
    for words in reversed(steps):
        chosen[words] = last[: len(words)]
        last[: len(words)] = before[words, last[: len(words)]]

"""From what an engine gave to an Utterance: one rate, one loudness, trimmed, times per word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy.signal import firwin, resample_poly

from tools.synthetic.speech import SAMPLE_RATE, Delivery, Sentence, Utterance
from tools.synthetic.voices import Voice

LEAD = 0.06
"""Seconds kept before the first word."""
TAIL = 0.08
"""Seconds kept after the last word."""
PEAK = 20_000
_SILENT_PEAK = 300
_SHORTEST_WORD = 0.01
_HOMOGRAPHS = {"red": "read", "reed": "read", "led": "lead", "leed": "lead"}
"""How engines write down which reading of a word they chose."""


@dataclass(frozen=True)
class Token:
    """A word of the text as an engine read it.

    Attributes:
        text: as it stood in the text, without punctuation.
        parts: what the engine made of it: `it` and `'s`, `b` `b` `c`, or wrongly `two` of `II`.
        start, end: seconds.
    """

    text: str
    parts: tuple[str, ...]
    start: float
    end: float

    def says(self, word: str) -> bool:
        """Whether it is that word, and was read as it is spelled; capitals may be spelled out."""
        read = _letters("".join(self.parts))
        spelled_out = len(self.parts) > 1 and all(len(part) == 1 for part in self.parts)
        if spelled_out and not self.text.isupper():
            return False
        return _letters(self.text) == _letters(word) in (read, _HOMOGRAPHS.get(read))


@dataclass(frozen=True)
class Take:
    """A sentence as an engine gave it.

    Attributes:
        samples: shape (n,), int16, mono.
        rate: samples per second.
        tokens: the plain words with their times in seconds; pauses belong to none of them.
    """

    samples: np.ndarray
    rate: int
    tokens: tuple[Token, ...]

    def utterance(self, sentence: Sentence, voice: Voice, playing: float = 1.0) -> Utterance | None:
        """Finish it; None where the words are not the sentence's or nothing sounds.

        `playing` is the speed of playing it, as of a tape: 1.1 is a tenth faster, with every
        frequency a tenth higher.
        """
        spans = self._word_spans(sentence)
        if spans is None or np.abs(self.samples).max(initial=0) < _SILENT_PEAK:
            return None
        ratio = Fraction(SAMPLE_RATE / (self.rate * playing)).limit_denominator(500)
        samples = _resampled(self.samples, ratio)
        spans = spans * (self.rate * float(ratio) / SAMPLE_RATE)
        samples, offset = _trimmed(samples, spans[0, 0], spans[-1, 1])
        starts, ends = (spans - offset).astype(np.float32).T
        return Utterance(sentence, voice.name, _levelled(samples), starts.copy(), ends.copy())

    def _word_spans(self, sentence: Sentence) -> np.ndarray | None:
        """Start and end of each written word, in seconds; None where any is not known."""
        spoken = sentence.spoken
        if len(self.tokens) != len(spoken):
            return None
        if not all(token.says(word) for token, word in zip(self.tokens, spoken, strict=True)):
            return None
        plain = np.array([(token.start, token.end) for token in self.tokens])
        if not _ordered(plain):
            return None
        stops = np.cumsum([len(word.spoken) for word in sentence.words])
        firsts = np.concatenate([[0], stops[:-1]])
        return np.stack([plain[firsts, 0], plain[stops - 1, 1]], axis=1)


class OneByOne:
    """The `speak_many` of an engine that gains nothing from batches."""

    def speak(self, sentence: Sentence, voice: Voice, delivery: Delivery) -> Utterance | None:
        """Speak one sentence."""
        raise NotImplementedError

    def speak_many(
        self, lines: Iterable[tuple[Sentence, Delivery]], voice: Voice
    ) -> list[Utterance | None]:
        """Speak many sentences with one voice, in order."""
        return [self.speak(sentence, voice, delivery) for sentence, delivery in lines]


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


def _ordered(spans: np.ndarray) -> bool:
    lasting = np.all(spans[:, 1] - spans[:, 0] >= _SHORTEST_WORD)
    apart = all(now[1] <= following[0] + 1e-6 for now, following in pairwise(spans))
    return bool(lasting and apart)


def _resampled(samples: np.ndarray, ratio: Fraction) -> np.ndarray:
    samples = samples.astype(np.float32)
    if ratio == 1:
        return samples
    window = _low_pass(max(ratio.numerator, ratio.denominator))
    return resample_poly(samples, ratio.numerator, ratio.denominator, window=window)


@lru_cache(maxsize=64)
def _low_pass(factor: int) -> np.ndarray:
    """What resample_poly would design anew for every sentence."""
    taps = firwin(20 * factor + 1, 1 / factor, window=("kaiser", 5.0))
    return taps.astype(np.float32)


def _trimmed(samples: np.ndarray, start: float, end: float) -> tuple[np.ndarray, float]:
    """Samples from LEAD before start to TAIL after end, silent where there were none; new zero."""
    first = round((start - LEAD) * SAMPLE_RATE)
    last = round((end + TAIL) * SAMPLE_RATE)
    kept = samples[max(first, 0) : last]
    silence = (max(-first, 0), last - max(first, 0) - len(kept))
    return np.pad(kept, silence), first / SAMPLE_RATE


def _levelled(samples: np.ndarray) -> np.ndarray:
    return np.round(samples * (PEAK / np.abs(samples).max())).astype(np.int16)

"""How late a model places its labels.

CTC says nothing of where within its sound a label stands; a model learns some place, and keeps to
it: many name a sound a frame or two after it has begun. The lag is the median, over the words of
speech whose times are known, of where the model hears a word begin less where it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from asrcore.domain.audio import Samples
from asrcore.domain.transcript import Word

SURE = 0.5
"""Words that score less tell nothing: the model does not know them."""
ENOUGH = 10
"""Words; of fewer the median is not believed, and no lag is taken out."""


@dataclass(frozen=True, eq=False, slots=True)
class KnownSpeech:
    """Speech whose word times are known exactly; `samples` of shape (n,), 16 kHz."""

    samples: Samples
    words: tuple[Word, ...]


def estimate_lag(pairs: Iterable[tuple[Sequence[Word], Sequence[Word]]]) -> float:
    """Seconds by which a model is late, negative where it is early; 0 where too little is known.

    Args:
        pairs: for each known speech its true words, and the same as aligned without any lag.
    """
    deviations = [
        aligned.span.start - true.span.start
        for known, found in pairs
        for true, aligned in zip(known, found, strict=True)
        if true.span is not None and aligned.span is not None and (aligned.score or 0.0) >= SURE
    ]
    return median(deviations) if len(deviations) >= ENOUGH else 0.0

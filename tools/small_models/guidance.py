"""What the known word times say about each frame: which labels may sound there, where words begin.

Plain CTC learns when things are said only by the way. Synthetic speech comes with exact times, so
a frame may be told which labels are out of place in it. That speeds up learning many times over and
keeps the labels where the sound is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tools.small_models.characters import BLANK, SEPARATOR, spelled
from tools.small_models.corpus import Entry

FRAME = 0.02
"""Seconds a frame, of Whisper's encoder as of wav2vec2."""
ANYWHERE = 1 << BLANK | 1 << SEPARATOR


@dataclass
class Guide:
    """Guidance for one window.

    Attributes:
        allowed: shape (frames,), int64; bit n is set where label n may sound.
        onsets: (frame, label) of the first sound of every word.
    """

    allowed: np.ndarray
    onsets: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def of(cls, frames: int) -> Guide:
        """A window in which nothing is said yet."""
        return cls(np.full(frames, ANYWHERE, np.int64))

    def add(self, entry: Entry, at: float, pace: float, first: int = 0) -> None:
        """An utterance whose first sample sounds at `at` seconds, `pace` times as fast."""
        frames = len(self.allowed)
        for word, start, end in zip(
            entry.words[first:], entry.starts[first:], entry.ends[first:], strict=True
        ):
            labels = spelled(word)
            begin, stop = int((at + start / pace) / FRAME), int((at + end / pace) / FRAME)
            if begin >= frames:
                return
            bits = np.bitwise_or.reduce([1 << label for label in labels])
            self.allowed[max(0, begin - 1) : stop + 2] |= bits
            if begin >= 0:
                self.onsets.append((begin, labels[0]))

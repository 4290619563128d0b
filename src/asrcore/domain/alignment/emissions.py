"""What a CTC model says of some sound: how likely each label is in each frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The labels of a model, one a column of its emissions.

    Attributes:
        labels: what each column writes, spelled as in the model's vocabulary (`a`, `A`, `ł`,
            `に`); an empty string where a column writes nothing (blank, padding, unknown).
        blank: the column that stands for "no new label here".
        separator: the column between words; None where the model has none.

    Raises:
        ValueError: a column is named that does not exist.
    """

    labels: tuple[str, ...]
    blank: int = 0
    separator: int | None = None

    def __post_init__(self) -> None:
        for column in (self.blank, *(() if self.separator is None else (self.separator,))):
            if not 0 <= column < len(self.labels):
                raise ValueError(f"an alphabet of {len(self.labels)} labels has no column {column}")


@dataclass(frozen=True, eq=False, slots=True)
class Emissions:
    """A model's answer to one stretch of sound.

    Attributes:
        log_probs: shape (frames, labels), float32: natural-log probabilities, a row sums to 1.
        frame_duration: seconds from one frame to the next; frame n begins at n times that.

    Raises:
        ValueError: it is no matrix, or frames take no time.
    """

    log_probs: NDArray[np.float32]
    frame_duration: float = 0.02

    def __post_init__(self) -> None:
        if self.log_probs.ndim != 2:
            raise ValueError(f"emissions have shape (frames, labels), not {self.log_probs.shape}")
        if not self.frame_duration > 0:
            raise ValueError(f"a frame lasts more than 0 s, not {self.frame_duration}")

"""A CTC model that needs no network, and sound that spells words to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from string import ascii_lowercase

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.transcript import Word

FRAME = 320
"""Samples of a frame: 20 ms."""
BLANK, SEPARATOR, FIRST_LETTER = 0, 1, 2
"""Columns."""
LEVEL = 1 / 32
"""The level of the first letter; each further one is louder by as much."""
SURE = 0.9
"""The probability of what is heard."""


class FakeEmissionModel:
    """Hears in each frame the letter whose level the sound has, see `spelled`.

    Emissions come in the opposite order of the batch. In a pause of two frames or more it hears
    one separator, and blanks.

    Args:
        lag: seconds, whole frames, by which every label comes late; early where it is negative.
        languages: those that it has a model for; None for any.
        error: what asking for emissions raises, after those of the batch's last stretch.

    Attributes:
        asked: the language and the seconds of each stretch of every batch that it was asked for.
        closed: how often it was closed.
    """

    def __init__(
        self,
        *,
        lag: float = 0.0,
        languages: frozenset[str] | None = None,
        error: Exception | None = None,
    ) -> None:
        self._lag = round(lag * SAMPLE_RATE / FRAME)
        self._error = error
        self.capabilities = AlignerCapabilities(languages, characters=True)
        self.asked: list[tuple[str | None, list[float]]] = []
        self.closed = 0

    def alphabet(self, language: str | None) -> Alphabet:
        return Alphabet(("", "|", *ascii_lowercase), BLANK, SEPARATOR)

    def emissions(
        self, batch: Sequence[Samples], language: str | None
    ) -> Iterator[tuple[int, Emissions]]:
        self.asked.append((language, [len(samples) / SAMPLE_RATE for samples in batch]))
        for index in reversed(range(len(batch))):
            yield index, Emissions(self._heard(batch[index]), FRAME / SAMPLE_RATE)
            if self._error is not None:
                raise self._error

    def close(self) -> None:
        self.closed += 1

    def _heard(self, samples: Samples) -> NDArray[np.float32]:
        frames = len(samples) // FRAME
        levels = np.abs(samples[: frames * FRAME].reshape(frames, FRAME)).mean(axis=1)
        letters = np.minimum(np.rint(levels / LEVEL).astype(np.intp), len(ascii_lowercase))
        before, earlier = np.append(1, letters)[:-1], np.append([0, 0], letters)[:-2]
        pause = (letters == 0) & (before == 0) & (earlier > 0)
        columns = np.where(letters, letters + FIRST_LETTER - 1, np.where(pause, SEPARATOR, BLANK))
        return _log_probs(_late(columns, self._lag))


def _late(columns: NDArray[np.intp], frames: int) -> NDArray[np.intp]:
    """The same, some frames later; blanks where nothing is known."""
    late = np.full_like(columns, BLANK)
    known = slice(max(0, -frames), max(0, len(columns) - frames))
    moved = columns[known][: max(0, len(columns) - abs(frames))]
    begin = max(0, frames)
    late[begin : begin + len(moved)] = moved
    return late


def _log_probs(columns: NDArray[np.intp]) -> NDArray[np.float32]:
    labels = FIRST_LETTER + len(ascii_lowercase)
    probabilities = np.full((len(columns), labels), (1 - SURE) / (labels - 1))
    probabilities[np.arange(len(columns)), columns] = SURE
    log_probs: NDArray[np.float32] = np.log(probabilities).astype(np.float32)
    return log_probs


def spelled(words: Sequence[Word], seconds: float) -> Samples:
    """Sound that spells words to `FakeEmissionModel`: a level a letter, each for its share.

    Args:
        words: letters `a` to `z` alone; each with a span that lies on whole frames (20 ms) and
            has frames enough: one a letter, two where the next one is the same.
        seconds: the length of the sound.
    """
    samples = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    for word in words:
        assert word.span is not None, f"{word.text} needs a span"
        first, stop = (
            round(time * SAMPLE_RATE / FRAME) for time in (word.span.start, word.span.end)
        )
        bounds = np.linspace(first, stop, len(word.text) + 1).round().astype(int) * FRAME
        for letter, following, (begin, end) in zip(
            word.text, f"{word.text[1:]} ", pairwise(bounds.tolist()), strict=True
        ):
            louder = ascii_lowercase.index(letter) + 1
            samples[begin : end - FRAME * (letter == following)] = louder * LEVEL
    return samples

"""Everything said so far, as arrays, so that thousands of utterances are drawn at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.small_models.speakers.identities import Source
from tools.synthetic.engines.takes import LEAD, TAIL
from tools.synthetic.speech import SAMPLE_RATE

Ints = np.ndarray
Floats = np.ndarray


@dataclass(frozen=True)
class Spans:
    """Words in a row of some utterances; arrays of one shape.

    Attributes:
        offset: of the first sample in the memory of all speech.
        samples: how many.
        on, off: seconds from there to the first word's start and to the last word's end.
    """

    offset: Ints
    samples: Ints
    on: Floats
    off: Floats


class Cast:
    """Who can be heard, and what they said.

    Args:
        sources: whose speech counts; other speech is passed over. A source's place in it is what
            the methods here call a source.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = tuple(sources)
        self._places = {source.name: place for place, source in enumerate(sources)}
        self._known: set[str] = set()
        self._table = np.zeros((0, 5), np.int64)
        self._times = np.zeros((0, 2))
        self._index()

    def __len__(self) -> int:
        return len(self._table)

    @property
    def present(self) -> Ints:
        """The sources that have said something."""
        return np.flatnonzero(self._counts)

    def extend(self, shards: Iterable[tuple[str, int]]) -> None:
        """Read the shards that are not known yet: sample file, and where its samples were put."""
        new = [(path, offset) for path, offset in shards if path not in self._known]
        self._known.update(path for path, _ in new)
        parts = [self._read(Path(path), offset) for path, offset in new]
        self._append([part for part in parts if len(part[0])])

    def draw(self, source: Ints, words: Ints, rng: np.random.Generator) -> Spans:
        """Something that each source said, at most so many words of it, from anywhere in it."""
        picked = rng.random(source.shape) * self._counts[source]
        picked = self._order[self._firsts[source] + picked.astype(np.int64)]
        offset, samples, first, count = self._table[picked, :4].T
        kept = np.clip(words, 1, count)
        begin = first + (rng.random(source.shape) * (count - kept + 1)).astype(np.int64)
        end = begin + kept - 1
        starts, ends = self._times[begin, 0], self._times[end, 1]
        before = self._times[np.maximum(begin - 1, 0), 1]
        after = self._times[np.minimum(end + 1, len(self._times) - 1), 0]
        left = np.where(begin > first, np.maximum(before, starts - LEAD), 0.0)
        right = np.where(end < first + count - 1, np.minimum(after, ends + TAIL), np.inf)
        left_sample = np.round(left * SAMPLE_RATE).astype(np.int64)
        right_sample = np.minimum(np.round(right * SAMPLE_RATE), samples).astype(np.int64)
        left = left_sample / SAMPLE_RATE
        return Spans(offset + left_sample, right_sample - left_sample, starts - left, ends - left)

    def _read(self, path: Path, offset: int) -> tuple[Ints, Floats]:
        """A shard's utterances, and the times of their words; places count within the shard."""
        utterances: list[tuple[int, int, int, int, int]] = []
        words: list[tuple[float, float]] = []
        with path.with_suffix(".jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                place = self._places.get(record["voice"])
                if place is not None:
                    count = len(record["starts"])
                    utterances.append((offset, record["samples"], len(words), count, place))
                    words.extend(zip(record["starts"], record["ends"], strict=True))
                offset += record["samples"]
        return np.array(utterances, np.int64).reshape(-1, 5), np.array(words).reshape(-1, 2)

    def _append(self, parts: Sequence[tuple[Ints, Floats]]) -> None:
        if not parts:
            return
        before = len(self._times) + np.cumsum([0, *(len(words) for _, words in parts)])
        for (utterances, _), words in zip(parts, before[:-1], strict=True):
            utterances[:, 2] += words
        self._table = np.concatenate([self._table, *(utterances for utterances, _ in parts)])
        self._times = np.concatenate([self._times, *(words for _, words in parts)])
        self._index()

    def _index(self) -> None:
        self._order = np.argsort(self._table[:, 4], kind="stable")
        self._counts = np.bincount(self._table[:, 4], minlength=len(self.sources))
        self._firsts = np.cumsum(self._counts) - self._counts

"""Synthesised utterances on disk and in memory.

A shard is two files: `NAME.npy` holds the samples of its utterances end to end (int16, 16 kHz),
`NAME.jsonl` one line for each: the sentence in its notation, voice, length and word times.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.synthetic.speech import Sentence, Utterance, Word


@dataclass(frozen=True, slots=True)
class Entry:
    """One utterance: where its samples are, and what is said when.

    Attributes:
        offset: of its first sample in the memory that holds all shards.
        samples: how many.
        words: as written and spoken.
        starts, ends: seconds from its first sample, one for each word.
        family: the kind of voice, such as `flite`.
    """

    offset: int
    samples: int
    words: tuple[Word, ...]
    starts: Sequence[float]
    ends: Sequence[float]
    family: str

    def text(self, first: int = 0, last: int | None = None) -> str:
        """The written words from `first` up to `last`."""
        return " ".join(word.written for word in self.words[first:last])


def write_shard(folder: Path, name: str, spoken: Sequence[tuple[str, Utterance]]) -> None:
    """Write utterances with the lines they came from; a reader sees all of the shard or nothing."""
    samples, lines = folder / f"{name}.npy", folder / f"{name}.jsonl"
    with (folder / f"{name}.part").open("wb") as stream:
        np.save(stream, np.concatenate([utterance.samples for _, utterance in spoken]))
    (folder / f"{name}.part").rename(samples)
    text = "".join(f"{json.dumps(_record(line, utterance))}\n" for line, utterance in spoken)
    (folder / f"{name}.part").write_text(text, encoding="utf-8")
    (folder / f"{name}.part").rename(lines)


def finished_shards(folder: Path) -> list[Path]:
    """The shards that are complete, by their sample files."""
    return sorted(path.with_suffix(".npy") for path in folder.glob("*.jsonl"))


def _record(line: str, utterance: Utterance) -> dict[str, object]:
    return {
        "line": line,
        "voice": utterance.voice,
        "samples": len(utterance.samples),
        "starts": [round(float(start), 4) for start in utterance.starts],
        "ends": [round(float(end), 4) for end in utterance.ends],
    }


class Corpus:
    """Every utterance known so far; grows while synthesis goes on.

    Args:
        weights: family -> how often it is picked; families that are not there yet are not.
    """

    def __init__(self, weights: dict[str, float]) -> None:
        self._weights = weights
        self._families: dict[str, list[Entry]] = defaultdict(list)
        self._known: set[str] = set()

    def __len__(self) -> int:
        return sum(len(entries) for entries in self._families.values())

    def extend(self, shards: Iterable[tuple[str, int]]) -> None:
        """Read the shards that are not known yet.

        Args:
            shards: sample file, and the offset at which its samples were put.
        """
        for path, offset in shards:
            if path not in self._known:
                self._known.add(path)
                self._read(Path(path), offset)

    def pick(self, chance: random.Random) -> Entry:
        """Any utterance, families by their weights."""
        families = list(self._families)
        weights = [self._weights.get(family, 0.0) for family in families]
        return chance.choice(self._families[chance.choices(families, weights)[0]])

    def _read(self, path: Path, offset: int) -> None:
        with path.with_suffix(".jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                words = Sentence.parse(record["line"]).words
                family = record["voice"].split("/")[0]
                times = np.array(record["starts"]), np.array(record["ends"])
                entry = Entry(offset, record["samples"], words, *times, family)
                self._families[family].append(entry)
                offset += record["samples"]

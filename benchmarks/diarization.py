"""Diarizers against recordings whose truth is known: errors, speaker counts, words, speed.

    python -m tools.synthetic talks
    python benchmarks/diarization.py out/talks --system "pyannote: diarizer.backend=pyannote"

Each system is a name and settings; all hear all recordings in turn, in this order, in one run.
DER has no collar and counts overlap. Words are the true ones at their true times, attributed to the
turns that were found; a word overlaps where another speaker speaks while it sounds. The time is
that of the diarizer alone, per minute of sound, its model loaded before.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from asrcore import Engine
from asrcore.bootstrap.config import merge, parse_assignment
from asrcore.domain.annotation import Annotation
from asrcore.domain.attribution import attribute
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.scoring.measures import Rate, pool
from asrcore.domain.transcript import Segment, Word
from asrcore.errors import InputError

SHARES = {"no overlap": 0.0, "up to 5 %": 0.05, "more": 1.0}
"""The share of overlap up to which recordings are put together."""
HEADINGS = ("system", "overlap", "DER", "count", "words", "in overl.", "s/min")


@dataclass(frozen=True)
class Talk:
    """A recording, what is true of it, and its sound's path."""

    truth: Annotation
    sound: Path

    @property
    def overlap(self) -> float:
        """The share of the speech in which several speak."""
        turns = self.truth.diarization
        assert turns is not None
        told = sum(turn.span.duration for turn in turns.turns)
        speech = sum(turn.span.duration for turn in turns.exclusive)
        return (told - speech) / speech


@dataclass(frozen=True)
class Result:
    """How a system did on one recording; `wrong` and `words` by whether others speak meanwhile."""

    overlap: float
    der: Rate
    count_right: bool
    wrong: Counter[bool]
    words: Counter[bool]
    seconds: float
    duration: float


def talks(engine: Engine, folder: Path) -> Iterator[Talk]:
    """The recordings of a folder that have a truth."""
    for path in sorted(folder.glob("*.json")):
        for annotation in engine.read(path).values():
            yield Talk(annotation, folder / (annotation.audio or ""))


def measured(engine: Engine, talk: Talk) -> Result:
    """One recording heard and scored."""
    begun = time.perf_counter()
    found = engine.diarize(talk.sound)
    seconds = time.perf_counter() - begun
    duration = talk.truth.duration or 0.0
    heard = Annotation(turns=found, duration=duration)
    (scored,) = engine.evaluate({"": talk.truth}, {"": heard}).scored
    der = scored.measures["der"]
    assert isinstance(der, Rate)
    truth = talk.truth.diarization
    assert truth is not None
    wrong, words = words_wrong(talk.truth, found, truth)
    count_right = len(found.speakers) == len(truth.speakers)
    return Result(talk.overlap, der, count_right, wrong, words, seconds, duration)


def words_wrong(
    truth: Annotation, found: Diarization, turns: Diarization
) -> tuple[Counter[bool], Counter[bool]]:
    """Words given to the wrong speaker, and all words, by whether others speak meanwhile."""
    said = [
        Segment(each.span, each.text, each.words) for each in truth.utterances or () if each.span
    ]
    named = attribute([_nameless(segment) for segment in said], found)
    pairs = list(zip(truth.words, (word for each in named for word in each.words), strict=True))
    names = _best_names([(one.speaker, other.speaker) for one, other in pairs])
    wrong: Counter[bool] = Counter()
    words: Counter[bool] = Counter()
    for true, heard in pairs:
        beside = _overlaps(true, turns.turns)
        words[beside] += 1
        wrong[beside] += names.get(heard.speaker) != true.speaker
    return wrong, words


def _nameless(segment: Segment) -> Segment:
    words = tuple(Word(word.text, word.span) for word in segment.words)
    return Segment(segment.span, segment.text, words)


def _overlaps(word: Word, turns: Sequence[SpeakerTurn]) -> bool:
    assert word.span is not None
    return any(turn.speaker != word.speaker and turn.span.overlap(word.span) > 0 for turn in turns)


def _best_names(pairs: Sequence[tuple[str | None, str | None]]) -> Mapping[str | None, str | None]:
    """Found name -> true name, so that as many words as possible are right."""
    true = sorted({one for one, _ in pairs if one})
    heard = sorted({other for _, other in pairs if other})
    together = np.zeros((len(heard), len(true)))
    for one, other in pairs:
        if one and other:
            together[heard.index(other), true.index(one)] += 1
    rows, columns = linear_sum_assignment(-together)
    return {heard[row]: true[column] for row, column in zip(rows, columns, strict=True)}


def row(name: str, what: str, results: Sequence[Result]) -> str:
    """Results pooled."""
    der = pool([each.der for each in results]).value or 0.0
    right = sum(each.count_right for each in results)
    shares = []
    for beside in (False, True):
        words = sum(each.words[beside] for each in results)
        wrong = sum(each.wrong[beside] for each in results)
        shares.append(f"{wrong / words:.1%}" if words else "-")
    speed = sum(each.seconds for each in results) / sum(each.duration for each in results) * 60
    return line(name, what, f"{der:.1%}", f"{right} of {len(results)}", *shares, f"{speed:.2f}")


def line(name: str, what: str, *figures: str) -> str:
    """Columns of the table."""
    return f"{name:24} {what:12}" + "".join(f"{each:>10}" for each in figures)


def by_overlap(results: Sequence[Result]) -> Mapping[str, Sequence[Result]]:
    """Results by the share of overlap, and all of them."""
    groups: dict[str, list[Result]] = {name: [] for name in SHARES}
    for each in results:
        name = next(name for name, most in SHARES.items() if each.overlap <= most)
        groups[name].append(each)
    return {name: some for name, some in {**groups, "all": results}.items() if some}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="+", help="truth sets")
    parser.add_argument("--system", action="append", required=True, metavar="'NAME: KEY=VALUE ...'")
    given = parser.parse_args()
    print(line(*HEADINGS))
    for system in given.system:
        name, _, assignments = system.partition(":")
        values: dict[str, object] = {"evaluation": {"metrics": ["speakers"]}}
        for assignment in assignments.split():
            values = merge(values, parse_assignment(assignment))
        with Engine(values) as engine:
            found = [talk for folder in given.folder for talk in talks(engine, folder)]
            if not found:
                raise InputError(f"{given.folder}: there is no truth in it")
            engine.diarize(np.zeros(16_000, np.float32))
            results = [measured(engine, talk) for talk in found]
        for what, some in by_overlap(results).items():
            print(row(name, what, some), flush=True)


if __name__ == "__main__":
    main()

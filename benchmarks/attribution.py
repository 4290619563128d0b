"""Words to speakers: ours beside WhisperX's `assign_word_speakers`, from the same turns.

    PYTHONPATH=src:. python benchmarks/attribution.py [RUNS]

Run it where WhisperX is: `pip install whisperx==3.8.6`, in an environment of its own.

First how many words get their true speaker: the words of the synthetic meetings and hard
recordings, and of made-up conversations that need no sound, beside turns that are true or wrong in
the ways in which a diarizer's are. WhisperX runs as it is by default and with `fill_nearest`.
"outside" counts only words during which nobody else speaks. A word that nobody is named for is
not right; "wrong" are those of the wrong person.

Then how long it takes for a lively hour, in turn, so that a slow moment meets each; medians, and
how many times faster than WhisperX. Its tables and dictionaries and our turns and segments are
made beforehand. "words" is who says each word, "segments" is all: new words, new segments.
"""

import gc
import logging
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from attribution_cases import CASES, SETS, Case, Talk, Turns, made_up, off, read, turns_of
from whisperx.diarize import assign_word_speakers

from asrcore.domain.attribution import attribute
from asrcore.domain.attribution.speakers import speakers_of
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word
from tools.synthetic.scenes import Manner

SEEDS = 3
DIGITS = "0123456789"
LIVELY = Manner(300, overlap=0.1, within=(0.05, 0.4), between=(0.05, 0.6), sentences=(1, 2))

Labels = list[str | None]


def bare(talk: Talk) -> Talk:
    """The same, nobody told."""
    return [
        replace(each, speaker=None, words=tuple(replace(w, speaker=None) for w in each.words))
        for each in talk
    ]


def diarization(turns: Turns) -> Diarization:
    """As we take it."""
    return Diarization(
        tuple(SpeakerTurn(TimeSpan(float(start), float(end)), who) for start, end, who in turns)
    )


def table(turns: Turns) -> pd.DataFrame:
    """As WhisperX takes it."""
    return pd.DataFrame(turns, columns=["start", "end", "speaker"])


def result(talk: Talk) -> dict[str, Any]:
    """As WhisperX takes it."""

    def timed(each: Segment | Word) -> dict[str, Any]:
        return {"start": each.span.start, "end": each.span.end} if each.span is not None else {}

    return {
        "segments": [
            timed(each) | {"words": [timed(w) | {"word": w.text} for w in each.words]}
            for each in talk
        ]
    }


def ours(talk: Talk, turns: Turns) -> Labels:
    """Whom our attribution names."""
    found = attribute(talk, diarization(turns))
    return [word.speaker for each in found for word in each.words]


def theirs(talk: Talk, turns: Turns, *, fill: bool) -> Labels:
    """Whom WhisperX names."""
    found = assign_word_speakers(table(turns), result(talk), fill_nearest=fill)
    return [word.get("speaker") for each in found["segments"] for word in each["words"]]


def alone(talk: Talk) -> list[bool]:
    """Of each word, whether nobody else speaks during it."""
    turns = [(word.span, word.speaker) for each in talk for word in each.words if word.span]
    starts = np.array([span.start for span, _ in turns])
    ends = np.array([span.end for span, _ in turns])
    names = np.array([who for _, who in turns])
    return [
        not np.any((starts < span.end) & (ends > span.start) & (names != who))
        for span, who in turns
    ]


def score(case: Case, talks: Sequence[Talk]) -> Counter[str]:
    """Words that are right, right outside overlap, and wrong, of each way."""
    counts: Counter[str] = Counter()
    for number, talk in enumerate(talks):
        for seed in range(SEEDS):
            rng = np.random.default_rng([seed, number])
            turns, told = case.turns(turns_of(talk), rng), case.words(talk, rng)
            truth = [word.speaker for each in told for word in each.words]
            apart = alone(told)
            counts.update(words=len(truth), outside=sum(apart))
            for way, said in (
                ("ours", ours(bare(told), turns)),
                ("theirs", theirs(told, turns, fill=False)),
                ("filled", theirs(told, turns, fill=True)),
            ):
                right = [one == other for one, other in zip(said, truth, strict=True)]
                outside = [one and only for one, only in zip(right, apart, strict=True)]
                wrong = [
                    who is not None and not good for who, good in zip(said, right, strict=True)
                ]
                counts[f"{way} right"] += sum(right)
                counts[f"{way} outside"] += sum(outside)
                counts[f"{way} wrong"] += sum(wrong)
    return counts


def show(case: Case, counts: Counter[str]) -> None:
    """A line of the table."""
    ways = ("ours", "theirs", "filled")
    right = " ".join(f"{counts[f'{way} right']:7}" for way in ways)
    outside = " ".join(f"{100 * counts[f'{way} outside'] / counts['outside']:7.2f}" for way in ways)
    wrong = " ".join(f"{counts[f'{way} wrong']:7}" for way in ways)
    less = counts["ours right"] < max(counts["theirs right"], counts["filled right"])
    print(f"{case.name:25} {counts['words']:6} | {right} | {outside} | {wrong}{' LESS' * less}")


def compare(title: str, talks: Sequence[Talk]) -> None:
    """A table."""
    ways = " ".join(f"{way:>7}" for way in ("ours", "theirs", "filled"))
    print(f"\n{title:25} {'words':>6} | {'right':23} | {'% right outside overlap':23} | wrong")
    print(f"{'':25} {'':6} | {ways} | {ways} | {ways}")
    for case in CASES:
        show(case, score(case, talks))


def hour(texts: Sequence[str]) -> Talk:
    """Four people, an hour, in pieces, since `conversation` takes the square of its length."""
    talk: list[Segment] = []
    for seed in range(12):
        piece = made_up(LIVELY, 4, texts, np.random.default_rng(seed))
        talk += [moved(each, 300.0 * seed + 10) for each in piece if each.span.end < 300]
    return talk


def moved(each: Segment, seconds: float) -> Segment:
    """The same, later."""
    words = tuple(word.shift(seconds) for word in each.words)
    return replace(each, span=each.span.shift(seconds), words=words)


def clock(talk: Talk, runs: int) -> None:
    """How long an hour takes."""
    turns = off(0.1, turns_of(talk), np.random.default_rng(0))
    heard, spoken, rows = bare(talk), diarization(turns), table(turns)
    print(
        f"\nan hour: {sum(len(each.words) for each in talk)} words, {len(talk)} sentences, ", end=""
    )
    print(f"{len(turns)} turns, {runs} runs")
    ways: dict[str, Callable[[Any], object]] = {
        "WhisperX": lambda given: assign_word_speakers(rows, given),
        "asrcore, words": lambda _: speakers_of(heard, spoken),
        "asrcore, segments": lambda _: attribute(heard, spoken),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs + 1):
        for name, work in ways.items():
            times[name].append(timed(work, result(talk)))
    medians = {name: statistics.median(each[1:]) for name, each in times.items()}
    for name, median in medians.items():
        print(f"{name:20} {1000 * median:8.2f} ms {medians['WhisperX'] / median:6.1f} x")


def clock_many(talk: Talk, words: int, turns: int) -> None:
    """How long a day of it takes, cut to so many words and turns."""
    found = off(0.1, turns_of(talk), np.random.default_rng(0))
    hours = range(0, 40 * 3600, 3600)
    every = [moved(each, hour) for hour in hours for each in bare(talk)]
    counts = np.cumsum([len(each.words) for each in every])
    heard = every[: int(np.searchsorted(counts, words, "right"))]
    rows = [(start + hour, end + hour, who) for hour in hours for start, end, who in found]
    spoken = diarization(rows[:: max(1, len(rows) // turns)][:turns])
    seconds = timed(lambda _: attribute(heard, spoken), {})
    print(f"{sum(len(each.words) for each in heard)} words, {turns} turns: {seconds:.2f} s")


def timed(work: Callable[[Any], object], given: dict[str, Any]) -> float:
    """Wall time of one run."""
    gc.collect()
    begun = time.perf_counter()
    work(given)
    return time.perf_counter() - begun


def main(runs: int) -> None:
    """All of it."""
    logging.disable(logging.WARNING)
    sets = (sorted((SETS / name).glob("*.json")) for name in ("meetings", "hard"))
    talks = [read(path) for paths in sets for path in paths]
    texts = [each.text for talk in talks for each in talk if not set(each.text) & set(DIGITS)]
    compare("meetings and hard", talks)
    for overlap in (0.05, 0.15, 0.25):
        manner = Manner(300, overlap=overlap)
        rngs = (np.random.default_rng([seed, round(100 * overlap)]) for seed in range(4))
        made = [made_up(manner, 2 + n % 3, texts, rng) for n, rng in enumerate(rngs)]
        compare(f"made up, {overlap:.0%} overlap", made)
    talk = hour(texts)
    clock(talk, runs)
    clock_many(talk, 100_000, 10_000)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)

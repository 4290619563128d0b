"""Speech of many pseudo-speakers, a small shard a source at a time."""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

from tools.small_models.corpus import write_shard
from tools.small_models.speakers.identities import Source, sources
from tools.small_models.synthesis import LONGEST
from tools.synthetic.engines import engine
from tools.synthetic.speech import Delivery, Sentence, Utterance

NATURAL_ROUNDS = 3
"""Shards of a natural source for each one of a formant source: half of all speech, and more."""
JITTER = 0.03


def synthesise(
    lines: Path,
    out: Path,
    *,
    worker: int,
    workers: int,
    seconds: float,
    shard: int,
    engines: Collection[str],
) -> None:
    """Speak until the time is over: every source once, early, then in turn.

    The utterances' `voice` is the name of their source.
    """
    out.mkdir(parents=True, exist_ok=True)
    chance, began = random.Random(worker), time.monotonic()
    texts = _texts(lines, chance)
    for number, source in enumerate(islice(_schedule(engines), worker, None, workers)):
        if time.monotonic() - began > seconds:
            return
        spoken = _speak(list(islice(texts, shard)), source, chance)
        if spoken:
            write_shard(out, f"{number:04d}_{worker:02d}", spoken)


def _schedule(engines: Collection[str]) -> Iterator[Source]:
    """The same for all workers: those who tell how training goes come first, natural ones often."""
    chance, everybody = random.Random(0), sources(engines)
    apart = [source for source in everybody if source.development]
    learnt = [source for source in everybody if not source.development]
    natural = [source for source in learnt if source.natural]
    yield from apart
    while True:
        yield from chance.sample(learnt, len(learnt))
        for _ in range(NATURAL_ROUNDS - 1):
            yield from chance.sample(natural, len(natural))
        yield from apart


def _speak(texts: list[str], source: Source, chance: random.Random) -> list[tuple[str, Utterance]]:
    """In one accent; what an engine spoke otherwise than written is left out."""
    voice = chance.choice(source.voices)
    wanted = [(Sentence.parse(text), _delivery(source, chance)) for text in texts]
    found = engine(voice.engine).speak_many(wanted, voice)
    return [
        (text, dataclasses.replace(utterance, voice=source.name))
        for text, utterance in zip(texts, found, strict=True)
        if utterance is not None and utterance.duration < LONGEST
    ]


def _delivery(source: Source, chance: random.Random) -> Delivery:
    """Pace and melody are free, pitch is nearly the source's."""
    pitch = source.pitch * chance.uniform(1 - JITTER, 1 + JITTER)
    if chance.random() < 0.4:
        return Delivery(pitch=pitch)
    return Delivery(chance.uniform(0.8, 1.35), pitch, chance.uniform(0.5, 1.5))


def _texts(lines: Path, chance: random.Random) -> Iterator[str]:
    """The lines from a place of chance on, over and over."""
    texts = lines.read_text(encoding="utf-8").splitlines()
    place = chance.randrange(len(texts))
    while True:
        yield texts[place % len(texts)]
        place += 1

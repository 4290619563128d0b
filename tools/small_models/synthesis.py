"""Training speech: lines of text spoken by the training voices, shard by shard."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from tools.small_models.corpus import write_shard
from tools.synthetic.engines import engine
from tools.synthetic.speech import Delivery, Sentence, Utterance
from tools.synthetic.voices import Voice, training_voices

SHARES = {"flite": 0.45, "festival": 0.22, "espeak": 0.33}
"""How much of the shards each engine makes, and how often each is heard in training."""
LONGEST = 14.0
"""Seconds: what is longer is left out."""


def synthesise(
    lines: Path,
    out: Path,
    *,
    worker: int,
    workers: int,
    seconds: float,
    shard: int = 150,
    engines: Collection[str] = tuple(SHARES),
) -> None:
    """Speak this worker's share of the lines until the time is over, a shard a voice at a time."""
    out.mkdir(parents=True, exist_ok=True)
    chance, began, number = random.Random(worker), time.monotonic(), 0
    waiting = _share(lines, worker, workers)
    families = _families(engines)
    while time.monotonic() - began < seconds:
        family = _family(families, chance, number + worker)
        voice = chance.choices(family, [_weight(voice) for voice in family])[0]
        texts = [next(waiting) for _ in range(shard)]
        spoken = _speak(texts, voice, chance)
        if spoken:
            write_shard(out, f"{worker:02d}_{number:04d}", spoken)
        number += 1


def _speak(texts: list[str], voice: Voice, chance: random.Random) -> list[tuple[str, Utterance]]:
    """What came back in step with its text; the rest is left out, never guessed."""
    wanted = [(Sentence.parse(text), _delivery(chance)) for text in texts]
    found = engine(voice.engine).speak_many(wanted, voice)
    return [
        (text, utterance)
        for text, utterance in zip(texts, found, strict=True)
        if utterance is not None and utterance.duration < LONGEST
    ]


def _delivery(chance: random.Random) -> Delivery:
    """Two sentences of five in the voice's own manner, the others in any that people have."""
    if chance.random() < 0.4:
        return Delivery()
    return Delivery(chance.uniform(0.8, 1.35), chance.uniform(0.75, 1.3), chance.uniform(0.5, 1.5))


def _weight(voice: Voice) -> float:
    """Voices as they are count twice as much as those that are derived from them."""
    return voice.weight * (2 if (voice.tract, voice.pitch) == (1.0, 1.0) else 1)


def _families(engines: Collection[str]) -> dict[str, list[Voice]]:
    families: dict[str, list[Voice]] = {}
    for voice in training_voices():
        if voice.engine in engines:
            families.setdefault(voice.engine, []).append(voice)
    return families


def _family(families: dict[str, list[Voice]], chance: random.Random, turn: int) -> list[Voice]:
    """Every family early on, so that training may begin; then by the time each needs."""
    names = sorted(families)
    if turn < len(names) * 4:
        return families[names[turn % len(names)]]
    return families[chance.choices(names, [SHARES[name] for name in names])[0]]


def _share(lines: Path, worker: int, workers: int) -> Iterator[str]:
    """Every so-many-th line, again from the start when they are all spoken."""
    texts = lines.read_text(encoding="utf-8").splitlines()[worker::workers]
    if not texts:
        raise ValueError(f"{lines} has no line for worker {worker} of {workers}")
    while True:
        yield from texts

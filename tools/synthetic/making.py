"""Sets of recordings -> sound files, each with its truth beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.synthetic import recordings, truth
from tools.synthetic.conditions import Conditions, recorded
from tools.synthetic.effects import Samples
from tools.synthetic.scenes import FULL_SCALE, Scene, clip, conversation
from tools.synthetic.sets import CLEAN, EDGE, MURMURS, Clips, RecordingSet, Shelf, Talk, endless
from tools.synthetic.speech import Delivery, Sentence, Utterance
from tools.synthetic.truth import Truth
from tools.synthetic.voices import Voice

CROWD = 8
"""Voices that babble; nobody can follow one of so many."""

ATTEMPTS = 20
"""Sentences that a voice may fail to speak in a row."""


Perform = Callable[[Sentence, str, Delivery], Utterance | None]
"""Sentence, voice's name, delivery -> how it sounds; None where its times are not known."""


@dataclass(frozen=True)
class Cast:
    """Who can speak.

    Attributes:
        held_out: voices that no model hears in training.
        perform: lets one of them speak.
    """

    held_out: Sequence[Voice]
    perform: Perform

    def of(self, clips: Clips) -> list[str]:
        """The voices that take turns in clips."""
        if isinstance(clips.voices, tuple):
            return list(clips.voices)
        return [voice.name for voice in self.held_out if voice.kind == clips.voices]

    def mixed(self, count: int, rng: np.random.Generator) -> list[str]:
        """So many held-out voices, women and men in turn, no person twice."""
        drawn = [self.held_out[place] for place in rng.permutation(len(self.held_out))]
        chosen: list[Voice] = []
        while len(chosen) < count:
            fitting = [voice for voice in drawn if _joins(voice, chosen)]
            if not fitting:
                raise ValueError(f"there are not {count} held-out voices that differ clearly")
            chosen.append(fitting[0])
        return [voice.name for voice in chosen]


def _joins(voice: Voice, others: Sequence[Voice]) -> bool:
    """Whether one can tell a voice from others."""
    if others and voice.sex == others[-1].sex:
        return False
    persons = [other.family for other in others if other.kind == "natural"]
    return voice not in others and voice.family not in persons


@dataclass(frozen=True, eq=False)
class Made:
    """A recording that has been written: its truth and the size of both files in bytes."""

    truth: Truth
    size: int


class Script:
    """Sentences in order, and who speaks them."""

    def __init__(self, sentences: Sequence[Sentence], perform: Perform) -> None:
        self._sentences = endless(sentences)
        self._perform = perform

    def spoken(self, voice: str, delivery: Delivery) -> Utterance:
        """The next sentence that this voice can speak; those that it cannot are left out.

        Raises:
            RuntimeError: the voice cannot speak at all, or no sentence is there.
        """
        return _first_spoken(self._sentences, voice, delivery, self._perform)


def make(
    wanted: RecordingSet,
    dealt: Mapping[Shelf, Sequence[Sentence]],
    cast: Cast,
    folder: Path,
    seed: int,
) -> Iterator[Made]:
    """Write a set's recordings into a folder of its name, one after another."""
    folder = folder / wanted.name
    folder.mkdir(parents=True, exist_ok=True)
    scripts = {shelf: Script(sentences, cast.perform) for shelf, sentences in dealt.items()}
    rng = np.random.default_rng([seed, *wanted.name.encode()])
    for name, scene in _clips(wanted, cast, scripts, rng):
        samples = recorded(scene, CLEAN, (), rng)
        yield _written(scene, samples, folder / f"{name}.flac", CLEAN)
    for talk in wanted.talks:
        script = scripts[talk.shelf]
        scene = _scene(talk, cast, script, rng)
        crowd = _crowd(cast, scene, script, rng) if talk.conditions.noise == "babble" else ()
        samples = recorded(scene, talk.conditions, crowd, rng)
        yield _written(scene, samples, folder / f"{talk.name}.opus", talk.conditions)


def _clips(
    wanted: RecordingSet, cast: Cast, scripts: Mapping[Shelf, Script], rng: np.random.Generator
) -> Iterator[tuple[str, Scene]]:
    number = 0
    for clips in wanted.clips:
        voices = cast.of(clips)
        for place in range(clips.count):
            voice = voices[place % len(voices)]
            utterance = scripts[wanted.shelf].spoken(voice, Delivery())
            name = f"{number:02}-{voice}".replace("/", "-").replace("+", "-")
            yield name, clip(utterance, *rng.uniform(*EDGE, 2))
            number += 1


def _scene(talk: Talk, cast: Cast, script: Script, rng: np.random.Generator) -> Scene:
    delivery = Delivery(pace=talk.conditions.pace)

    def murmur(voice: str) -> Utterance:
        said = (Sentence.parse(MURMURS[place]) for place in rng.permutation(len(MURMURS)))
        return _first_spoken(said, voice, delivery, cast.perform)

    return conversation(
        cast.mixed(talk.voices, rng) if isinstance(talk.voices, int) else talk.voices,
        talk.manner,
        lambda voice: script.spoken(voice, delivery),
        murmur,
        rng,
    )


def _crowd(cast: Cast, scene: Scene, script: Script, rng: np.random.Generator) -> list[Samples]:
    """Speech of voices that take no part in a scene."""
    strangers = [voice.name for voice in cast.held_out if voice.name not in scene.voices]
    return [
        script.spoken(str(voice), Delivery()).samples.astype(np.float32) / FULL_SCALE
        for voice in rng.permutation(strangers)[:CROWD]
    ]


def _first_spoken(
    sentences: Iterator[Sentence], voice: str, delivery: Delivery, perform: Perform
) -> Utterance:
    for _, sentence in zip(range(ATTEMPTS), sentences, strict=False):
        utterance = perform(sentence, voice, delivery)
        if utterance is not None:
            return utterance
    raise RuntimeError(f"{voice} could speak none of the sentences it was given")


def _written(scene: Scene, samples: Samples, path: Path, conditions: Conditions) -> Made:
    recordings.write(path, samples)
    told = truth.truth_of(scene, path.name, path.parent.name, conditions.as_values())
    beside = path.with_suffix(".json")
    truth.write(told, beside)
    return Made(told, path.stat().st_size + beside.stat().st_size)

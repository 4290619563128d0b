"""A scene: who says what when, exactly, and how it sounds before any room or noise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from tools.synthetic.effects import Mask, Samples, gain
from tools.synthetic.speech import SAMPLE_RATE, Utterance

FULL_SCALE = 32_768

BREATH = 0.1
"""Seconds that a voice needs at least between two of its sentences."""

LAP = (0.2, 1.0)
"""Seconds by which a speaker begins before another has ended."""

ASIDE_GAIN = -4.0
"""Decibels: "yeah" is said more softly than a sentence."""

Speak = Callable[[str], Utterance]
"""A voice's name -> the next thing that this voice says."""


@dataclass(frozen=True, eq=False)
class Placed:
    """An utterance at its place.

    Attributes:
        utterance: the voice of which is the speaker; a voice is one person throughout.
        offset: sample of the scene at which the utterance's first sample sounds.
        decibels: how much louder than it was spoken.
    """

    utterance: Utterance
    offset: int
    decibels: float = 0.0

    @property
    def voice(self) -> str:
        """Who speaks."""
        return self.utterance.voice

    @property
    def starts(self) -> list[float]:
        """When each word begins in the scene, seconds."""
        return [self.offset / SAMPLE_RATE + float(time) for time in self.utterance.starts]

    @property
    def ends(self) -> list[float]:
        """When each word ends in the scene, seconds."""
        return [self.offset / SAMPLE_RATE + float(time) for time in self.utterance.ends]

    @property
    def start(self) -> float:
        """When the first word begins, seconds."""
        return self.offset / SAMPLE_RATE + float(self.utterance.starts[0])

    @property
    def end(self) -> float:
        """When the last word ends, seconds."""
        return self.offset / SAMPLE_RATE + float(self.utterance.ends[-1])


@dataclass(frozen=True, eq=False)
class Scene:
    """Utterances in the order of their first words, and how many samples it all takes.

    Raises:
        ValueError: a voice speaks over itself, or outside the scene.
    """

    placed: tuple[Placed, ...]
    length: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "placed", tuple(sorted(self.placed, key=lambda it: it.start)))
        last: dict[str, float] = {}
        for each in self.placed:
            if each.start < last.get(each.voice, 0.0):
                raise ValueError(f"{each.voice} speaks over itself at {each.start:.3f} s")
            if each.offset < 0 or each.end > self.duration:
                raise ValueError(f"{each.voice} at {each.start:.3f} s is not within the scene")
            last[each.voice] = each.end

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.length / SAMPLE_RATE

    @property
    def voices(self) -> tuple[str, ...]:
        """In the order in which they are first heard."""
        return tuple(dict.fromkeys(each.voice for each in self.placed))

    @property
    def overlap(self) -> float:
        """The share of the time with speech in which two or more speak."""
        speech, overlap = speech_and_overlap((each.start, each.end) for each in self.placed)
        return overlap / speech if speech else 0.0

    def samples(self) -> Samples:
        """All utterances, added up; shape (length,), float32."""
        mix = np.zeros(self.length, np.float32)
        for each in self.placed:
            sound = each.utterance.samples[: self.length - each.offset]
            factor = np.float32(gain(each.decibels) / FULL_SCALE)
            mix[each.offset : each.offset + len(sound)] += sound * factor
        return mix

    def active(self) -> Mask:
        """Where a word sounds; shape (length,)."""
        active = np.zeros(self.length, np.bool_)
        for each in self.placed:
            for start, end in zip(each.starts, each.ends, strict=True):
                active[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)] = True
        return active


def speech_and_overlap(spans: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Seconds in which at least one of the spans runs, and in which at least two do.

    >>> speech_and_overlap([(0.0, 4.0), (3.0, 5.0), (7.0, 8.0)])
    (6.0, 1.0)
    """
    moments = sorted(moment for start, end in spans for moment in ((start, 1), (end, -1)))
    speech = overlap = 0.0
    running = 0
    for (time, change), (later, _) in pairwise(moments):
        running += change
        speech += (later - time) * (running >= 1)
        overlap += (later - time) * (running >= 2)
    return speech, overlap


def clip(utterance: Utterance, lead: float, tail: float) -> Scene:
    """One utterance with so many seconds of silence before and after it."""
    offset = round(lead * SAMPLE_RATE)
    length = offset + len(utterance.samples) + round(tail * SAMPLE_RATE)
    return Scene((Placed(utterance, offset),), length)


@dataclass(frozen=True, slots=True)
class Manner:
    """How people talk with each other; pairs are bounds of a uniform draw, in seconds.

    Attributes:
        seconds: about how long they talk; the sentence that is begun then is finished.
        overlap: the share of the time with speech in which two or more speak, from 0 to about
            0.1: some turns begin before the one before has ended, and listeners say "yeah".
        within: silence between the sentences of a turn.
        between: silence between turns, where they do not overlap.
        pause: silence that takes the place of the one between turns now and then.
        pauses: how often it does, 0 to 1.
        sentences: the fewest and the most in a turn.
    """

    seconds: float
    overlap: float = 0.0
    within: tuple[float, float] = (0.25, 0.6)
    between: tuple[float, float] = (0.2, 1.6)
    pause: tuple[float, float] = (5.0, 20.0)
    pauses: float = 0.0
    sentences: tuple[int, int] = (1, 3)


def conversation(
    voices: Sequence[str],
    manner: Manner,
    say: Speak,
    murmur: Speak,
    rng: np.random.Generator,
) -> Scene:
    """Let voices talk in turns.

    Args:
        voices: who takes part; the first begins. One alone gives a monologue.
        manner: how they talk.
        say: speaks a voice's next sentence.
        murmur: speaks a listener's "yeah".
        rng: draws all that is left to chance.
    """
    talk = _Talk(manner, rng, {voice: rng.uniform(-9.0, -5.0) for voice in voices})
    for voice in _turns(voices, rng):
        if talk.now >= manner.seconds:
            break
        for number in range(rng.integers(*manner.sentences, endpoint=True)):
            talk.add(say(voice), new_turn=number == 0)
            talk.listen(voices, murmur)
    return talk.scene()


def _turns(voices: Sequence[str], rng: np.random.Generator) -> Iterator[str]:
    """Who speaks next: never the one who just spoke, rather one who spoke little."""
    turns = dict.fromkeys(voices, 0)
    voice = voices[0]
    while True:
        turns[voice] += 1
        yield voice
        others = [other for other in voices if other != voice] or voices
        voice = min(others, key=lambda other: turns[other] + rng.uniform(0.0, 2.0))


@dataclass
class _Talk:
    """A conversation as it grows; `levels` in decibels."""

    manner: Manner
    rng: np.random.Generator
    levels: dict[str, float]
    placed: list[Placed] = field(default_factory=list)

    @property
    def now(self) -> float:
        """When the last word so far ends, seconds."""
        return self._latest.end if self.placed else 0.0

    def add(self, utterance: Utterance, *, new_turn: bool) -> None:
        """Place the next sentence of a turn."""
        gap = self._gap(new_turn)
        if self.placed and gap < 0:  # leave the other most of the sentence
            gap = max(gap, (self._latest.start - self.now) / 2)
        self._place(utterance, max(self.now + gap, self._free(utterance.voice)))

    def listen(self, voices: Sequence[str], murmur: Speak) -> None:
        """Let a listener say "yeah" over the last sentence, where overlap is owed."""
        sentence = self._latest
        free = [
            voice
            for voice in voices
            if voice != sentence.voice and self._free(voice) < sentence.start + 0.5
        ]
        if not free or self._owed() < LAP[0] or self.rng.random() < 0.5:
            return
        aside = murmur(free[self.rng.integers(len(free))])
        first, last = sentence.start + 0.5, sentence.end - 0.5 - aside.duration
        if first < last:
            self._place(aside, self.rng.uniform(first, last), ASIDE_GAIN)

    def scene(self) -> Scene:
        """All of it, and half a second after."""
        return Scene(tuple(self.placed), round((self.now + 0.5) * SAMPLE_RATE))

    @property
    def _latest(self) -> Placed:
        """What ends last so far."""
        return max(self.placed, key=lambda it: it.end)

    def _gap(self, new_turn: bool) -> float:
        """Seconds of silence before the next sentence; negative where it begins too early."""
        if not self.placed:
            return self.rng.uniform(0.3, 0.8)
        if not new_turn:
            return self.rng.uniform(*self.manner.within)
        lap = self.rng.uniform(*LAP)
        if lap <= self._owed() + LAP[0]:
            return -lap
        long = self.rng.random() < self.manner.pauses
        return self.rng.uniform(*(self.manner.pause if long else self.manner.between))

    def _owed(self) -> float:
        """Seconds of overlap that are missing so far; minus infinity where none is wanted."""
        if not self.manner.overlap:
            return -np.inf
        speech, overlap = speech_and_overlap((each.start, each.end) for each in self.placed)
        return self.manner.overlap * speech - overlap

    def _free(self, voice: str) -> float:
        """When a voice can speak again, seconds."""
        return max((each.end + BREATH for each in self.placed if each.voice == voice), default=0.0)

    def _place(self, utterance: Utterance, start: float, decibels: float = 0.0) -> None:
        """With its first word at a time in seconds."""
        offset = round((start - float(utterance.starts[0])) * SAMPLE_RATE)
        loud = self.levels[utterance.voice] + decibels
        self.placed.append(Placed(utterance, offset, loud))

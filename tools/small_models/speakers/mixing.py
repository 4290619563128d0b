"""Windows of conversations, put together by chance, hundreds at once; no sound yet.

A window of ten seconds is cut out of a longer talk, so that it begins in the midst of a turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.small_models.speakers.cast import Cast, Floats, Ints, Spans
from tools.small_models.speakers.identities import PLAIN, SPEEDS
from tools.synthetic.speech import SAMPLE_RATE

SECONDS = 10.0
SAMPLES = round(SECONDS * SAMPLE_RATE)
SPEAKERS = 3
"""In a window, at most."""
FIELD, STEP, FRAMES = 991, 270, 589
"""Samples that a frame of PyanNet sees, samples from frame to frame, frames in a window."""
TURNS = 12
HEADCOUNT = (0.03, 0.2, 0.32, 0.45)
"""How often nobody takes part in a talk, one does, two, three."""
NATURAL = 0.6
"""How often a speaker is a natural voice."""
ALL = 10_000
"""More words than any sentence has."""


@dataclass(frozen=True)
class Talk:
    """So many windows.

    Attributes:
        rows: shape (spans that sound, 7): window, offset of the first sample in the memory of all
            speech, samples there, sample of the window at which it begins (negative: before),
            speed, gain, speaker.
        identities: shape (windows, SPEAKERS): place of the source * speeds + speed; -1 nobody.
        active: shape (windows, SPEAKERS, FRAMES), bool: who speaks in each frame, never three.
    """

    rows: Floats
    identities: Ints
    active: np.ndarray


class Mixer:
    """Draws windows.

    Args:
        cast: who may take part.
        varied: whether speakers are played at all speeds; otherwise as they are.
        seed: of all chance.
    """

    def __init__(self, cast: Cast, *, varied: bool, seed: int) -> None:
        self._cast, self._varied = cast, varied
        self._rng = np.random.default_rng(seed)

    def talk(self, windows: int) -> Talk:
        """Put windows together."""
        people = self._people(windows)
        scene = _Scene(people, self._cast, self._rng)
        for _ in range(TURNS):
            scene.turn()
        return scene.talk()

    def _people(self, windows: int) -> _People:
        rng = self._rng
        present = len(np.unique(self._cast.present))
        count = np.minimum(rng.choice(4, windows, p=HEADCOUNT), present)
        speeds = np.full((windows, SPEAKERS), PLAIN)
        if self._varied:
            speeds = rng.integers(len(SPEEDS), size=(windows, SPEAKERS))
        levels = rng.uniform(-4, 4, (windows, SPEAKERS))
        return _People(count, self._distinct(windows), speeds, levels)

    def _distinct(self, windows: int) -> Ints:
        """Three sources a window, each another as far as there are so many; natural ones often."""
        present = self._cast.present
        natural = np.array([self._cast.sources[place].natural for place in present])
        share = natural.mean()
        weights = np.where(
            natural, NATURAL / max(share, 1e-9), (1 - NATURAL) / max(1 - share, 1e-9)
        )
        # the largest of u ** (1 / weight) are a weighted draw without replacement
        keys = np.log(self._rng.random((windows, len(present)))) / weights
        places = np.argsort(-keys, axis=1)[:, :SPEAKERS]
        return present[np.pad(places, ((0, 0), (0, SPEAKERS - places.shape[1])), mode="edge")]


@dataclass(frozen=True)
class _People:
    """Of each window: how many, and of each of three their source, speed and level in decibels."""

    count: Ints
    sources: Ints
    speeds: Ints
    levels: Floats


class _Scene:
    """Windows as they fill, turn by turn; times in seconds of the window."""

    def __init__(self, people: _People, cast: Cast, rng: np.random.Generator) -> None:
        self._people, self._cast, self._rng = people, cast, rng
        windows = len(people.count)
        self._all = np.arange(windows)
        self._now = rng.uniform(-9.0, 1.0, windows)
        self._begun = self._now.copy()
        self._speaker = np.zeros(windows, np.int64)
        self._free = np.full((windows, SPEAKERS), -np.inf)
        self._laps = self._sometimes(0.6, 0.8)
        self._asides = self._sometimes(0.6, 0.6)
        self._stays = rng.uniform(0.1, 0.7, windows)
        self._short = rng.uniform(0.0, 0.7, windows)
        self._rows: list[Floats] = []
        self._spans: list[Floats] = []

    def turn(self) -> None:
        """Let somebody say something, and perhaps another a word or two meanwhile."""
        change = self._rng.random(len(self._all)) > self._stays
        speaker = np.where(change, self._other(), self._speaker)
        change = speaker != self._speaker
        spans = self._drawn(speaker, self._rng.random(len(self._all)) < self._short, 8)
        start = np.maximum(self._now + self._gap(change), self._free[self._all, speaker] + 0.1)
        start = np.where(change, np.maximum(start, (self._begun + self._now) / 2), start)
        open_ = (self._people.count > 0) & (self._now < SECONDS)
        end = self._place(speaker, spans, start, 0.0, open_)
        self._aside(speaker, start, end, open_)
        self._speaker = np.where(open_, speaker, self._speaker)
        self._begun = np.where(open_, start, self._begun)
        self._now = np.where(open_, np.maximum(self._now, end), self._now)

    def talk(self) -> Talk:
        """The windows."""
        rows, spans = np.concatenate(self._rows), np.concatenate(self._spans)
        heard = (spans[:, 2] < SECONDS) & (spans[:, 3] > 0)
        identities = self._people.sources * len(SPEEDS) + self._people.speeds
        missing = np.arange(SPEAKERS) >= self._people.count[:, None]
        return Talk(rows[heard], np.where(missing, -1, identities), self._active(spans[heard]))

    def _sometimes(self, often: float, most: float) -> Floats:
        """Zero or up to `most`, for each window."""
        does = self._rng.random(len(self._all)) < often
        return does * self._rng.uniform(0, most, len(self._all))

    def _other(self) -> Ints:
        """Anybody but who spoke last."""
        count = np.maximum(self._people.count, 1)
        step = 1 + (self._rng.random(len(self._all)) * (count - 1)).astype(np.int64)
        return np.where(count > 1, (self._speaker + step) % count, 0)

    def _gap(self, change: np.ndarray) -> Floats:
        """Silence before a sentence; where it is negative, speech overlaps."""
        rng, many = self._rng, len(self._all)
        between = np.where(
            rng.random(many) < self._laps,
            -rng.uniform(0.1, 1.2, many),
            rng.uniform(0.03, 1.4, many),
        )
        gap = np.where(change, between, rng.uniform(0.12, 0.7, many))
        return np.where(rng.random(many) < 0.05, rng.uniform(1.5, 6.0, many), gap)

    def _drawn(self, speaker: Ints, short: np.ndarray, most: int) -> Spans:
        words = np.where(short, self._rng.integers(1, most + 1, len(self._all)), ALL)
        return self._cast.draw(self._people.sources[self._all, speaker], words, self._rng)

    def _aside(self, speaker: Ints, start: Floats, end: Floats, open_: np.ndarray) -> None:
        """A listener's "yeah" within what is said, or any few words."""
        other = self._other_than(speaker)
        spans = self._drawn(other, np.ones(len(self._all), bool), 3)
        length = (spans.off - spans.on) / self._speed(other)
        room = end - start - length - 0.6
        at = start + 0.3 + self._rng.random(len(self._all)) * np.maximum(room, 0)
        wanted = self._rng.random(len(self._all)) < self._asides
        fits = (room > 0) & (at > self._free[self._all, other] + 0.1) & (self._people.count > 1)
        self._place(
            other, spans, at, self._rng.uniform(-5, 0, len(self._all)), open_ & wanted & fits
        )

    def _other_than(self, speaker: Ints) -> Ints:
        count = np.maximum(self._people.count, 1)
        step = 1 + (self._rng.random(len(self._all)) * (count - 1)).astype(np.int64)
        return (speaker + step) % count

    def _speed(self, speaker: Ints) -> Floats:
        return np.array(SPEEDS)[self._people.speeds[self._all, speaker]]

    def _place(
        self, speaker: Ints, spans: Spans, start: Floats, louder: Floats | float, which: np.ndarray
    ) -> Floats:
        """Note what is said where `which`; when its last word ends."""
        speed = self._speed(speaker)
        end = start + (spans.off - spans.on) / speed
        sample = np.round((start - spans.on / speed) * SAMPLE_RATE)
        decibels = self._people.levels[self._all, speaker] + louder
        decibels = decibels + self._rng.uniform(-1, 1, len(self._all))
        gain = 10 ** (decibels / 20)
        row = (self._all, spans.offset, spans.samples, sample, speed, gain, speaker)
        self._rows.append(np.stack(row, axis=1)[which])
        self._spans.append(np.stack((self._all, speaker, start, end, decibels), axis=1)[which])
        free = np.maximum(self._free[self._all, speaker], end)
        self._free[self._all, speaker] = np.where(which, free, self._free[self._all, speaker])
        return end

    def _active(self, spans: Floats) -> np.ndarray:
        """Frames whose middle lies in a span; of three at once the softest is dropped."""
        window, speaker = spans[:, 0].astype(np.int64), spans[:, 1].astype(np.int64)
        change = np.zeros((len(self._all), SPEAKERS, FRAMES + 1), np.int64)
        np.add.at(change, (window, speaker, _frame(spans[:, 2])), 1)
        np.add.at(change, (window, speaker, _frame(spans[:, 3])), -1)
        active = np.cumsum(change, axis=2)[:, :, :FRAMES] > 0
        softest = np.argmin(self._people.levels, axis=1)
        crowded = active.all(axis=1)
        active[self._all, softest] &= ~crowded
        return active


def _frame(time: Floats) -> Ints:
    """The first frame whose middle is not before a time."""
    frame = np.ceil((time * SAMPLE_RATE - FIELD // 2) / STEP).astype(np.int64)
    return np.clip(frame, 0, FRAMES)

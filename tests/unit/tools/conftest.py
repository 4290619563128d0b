"""A voice without an engine: a tone a word, at times that are known."""

from dataclasses import dataclass

import numpy as np
import pytest

from tools.synthetic.speech import SAMPLE_RATE, Delivery, Sentence, Utterance

LEAD, TAIL, REST = 0.06, 0.08, 0.02
PEAK = 20_000
PLAIN = Delivery()

FEW = ("It rained all morning.", "We walked to the old mill, and back again.", "Nobody came.")


@dataclass(frozen=True)
class Tone:
    """What a cast knows of a voice, and the pitch of its tones."""

    name: str
    hertz: float
    sex: str = "female"
    kind: str = "formant"
    family: str = "hum"


TONES = tuple(
    Tone(name, hertz, sex)
    for name, hertz, sex in (
        ("ann", 400.0, "female"),
        ("bob", 560.0, "male"),
        ("cat", 780.0, "female"),
        ("dan", 1100.0, "male"),
    )
)


def hummed(sentence: Sentence, voice: str, delivery: Delivery = PLAIN) -> Utterance:
    """Each word a tone of 60 ms a letter, 20 ms of rest after it."""
    hertz = next(tone.hertz for tone in TONES if tone.name == voice)
    lengths = np.array([0.06 * len(word.written) for word in sentence.words]) / delivery.pace
    starts = LEAD + np.concatenate([[0.0], np.cumsum(lengths + REST)[:-1]])
    ends = starts + lengths
    time = np.arange(round((ends[-1] + TAIL) * SAMPLE_RATE)) / SAMPLE_RATE
    inside = ((time[:, None] >= starts) & (time[:, None] < ends)).any(axis=1)
    sound = PEAK * np.sin(2 * np.pi * hertz * time) * inside
    return Utterance(
        sentence, voice, sound.astype(np.int16), starts.astype(np.float32), ends.astype(np.float32)
    )


class Speaker:
    """Says a few sentences over and over."""

    def __init__(self, *lines: str) -> None:
        self._sentences = [Sentence.parse(line) for line in lines]
        self._said = 0

    def __call__(self, voice: str) -> Utterance:
        self._said += 1
        return hummed(self._sentences[self._said % len(self._sentences)], voice)


@pytest.fixture
def hum():
    return hummed


@pytest.fixture
def tones():
    return TONES


@pytest.fixture
def say():
    return Speaker(*FEW)


@pytest.fixture
def murmur():
    return Speaker("Yeah.", "Right.")


@pytest.fixture
def rng():
    return np.random.default_rng(5)

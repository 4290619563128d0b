"""Who speaks: many pseudo-speakers made of few training voices.

A *person* is a vocal tract: an eSpeak variant in all its accents, or a natural voice as it is or
derived. A person at one pitch is a *source*, which synthesis speaks; a source played at one speed,
which moves formants and pitch together, is an *identity*, which the nets learn to tell apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from tools.synthetic.voices import Voice, training_voices

PITCHES = (0.8, 1.0, 1.25)
SPEEDS = (0.87, 0.93, 1.0, 1.08, 1.16)
PLAIN = SPEEDS.index(1.0)

DEVELOPMENT = frozenset(
    {
        *("espeak/m8", "espeak/f5", "espeak/klatt", "espeak/anika"),
        *("flite/slt_young", "festival/ked_small"),
    }
)
"""Persons among the training voices whom the speaker models never learn from: they tell whether
the models generalise, and tune the clustering."""

_COUPLED = frozenset({"rms", "slt_hts"})
"""Families whose pitch cannot move without the formants, as speed moves both."""


@dataclass(frozen=True)
class Source:
    """One person at one pitch.

    Attributes:
        person: `engine/name`.
        pitch: height relative to the person's own.
        voices: one for each accent.
    """

    person: str
    pitch: float
    voices: tuple[Voice, ...]

    @property
    def name(self) -> str:
        """What shards call it."""
        return f"{self.person}@{self.pitch:g}"

    @property
    def natural(self) -> bool:
        """Whether it is built from recordings of a human being."""
        return self.voices[0].kind == "natural"

    @property
    def development(self) -> bool:
        """Whether it is kept out of training."""
        return self.person in DEVELOPMENT


def sources(engines: Collection[str] = ("espeak", "flite", "festival")) -> tuple[Source, ...]:
    """Every source that these engines speak, in an order that never changes."""
    voices: dict[str, list[Voice]] = defaultdict(list)
    for voice in training_voices():
        voices[person(voice)].append(voice)
    return tuple(
        Source(name, pitch, tuple(accents))
        for name, accents in voices.items()
        for pitch in _pitches(name, accents[0])
        if accents[0].engine in engines
    )


def person(voice: Voice) -> str:
    """Whose vocal tract a voice has: eSpeak's variants are the same in every accent."""
    if voice.engine != "espeak":
        return voice.name
    return f"espeak/{voice.id.partition('+')[2] or 'plain'}"


def _pitches(name: str, voice: Voice) -> tuple[float, ...]:
    return (1.0,) if voice.family in _COUPLED or name in DEVELOPMENT else PITCHES

"""Every voice that speaks for us, and which of them training must never hear."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Literal

Kind = Literal["natural", "formant"]
Sex = Literal["female", "male"]


@dataclass(frozen=True)
class Voice:
    """One voice of one engine.

    Attributes:
        name: how people call it, `engine/voice`.
        engine: name of the engine that owns it.
        id: what the engine calls it.
        kind: built from recordings of a person, or from formants alone.
        sex: which sex it sounds like.
        family: voices of one family share a speaker, or a method; training draws families first.
        training: whether training may hear it. No held-out espeak variant and no held-out person
            occurs in training under another name.
        tract: resonances of the vocal tract, relative to the engine's own voice; 1.1 lifts every
            formant by a tenth, as a shorter tract does.
        pitch: height relative to the engine's own voice, whatever `tract` is.
    """

    name: str
    engine: str
    id: str
    kind: Kind
    sex: Sex
    family: str
    training: bool
    tract: float = 1.0
    pitch: float = 1.0

    @property
    def weight(self) -> float:
        """How often training draws this voice, against the others of its engine."""
        if not self.training:
            return 0.0
        return _FAMILY_WEIGHTS[self.family] / _training_sizes()[self.family]


_FAMILY_WEIGHTS = {"slt": 0.2, "rms": 0.16, "awb": 0.16, "ked": 0.1, "slt_hts": 0.08, "espeak": 0.3}
"""Weight of each family among those of its engine."""


def _flite(
    name: str, sex: Sex, *, of: str, training: bool, tract: float = 1.0, pitch: float = 1.0
) -> Voice:
    family = "kal" if of.startswith("kal") else of
    return Voice(f"flite/{name}", "flite", of, "natural", sex, family, training, tract, pitch)


def _festival(
    name: str, sex: Sex, *, of: str, training: bool, tract: float = 1.0, pitch: float = 1.0
) -> Voice:
    family = name.removesuffix("_diphone").split("_")[0] if "hts" not in name else "slt_hts"
    return Voice(f"festival/{name}", "festival", of, "natural", sex, family, training, tract, pitch)


_HTS = "cmu_us_slt_arctic_hts"

_NATURAL = (
    _flite("slt", "female", of="slt", training=True),
    _flite("rms", "male", of="rms", training=True),
    _flite("awb", "male", of="awb", training=True),
    _festival("ked", "male", of="ked_diphone", training=True),
    _festival("slt_hts", "female", of=_HTS, training=True),
    _flite("kal", "male", of="kal", training=False),
    _flite("kal16", "male", of="kal16", training=False),
    _festival("kal", "male", of="kal_diphone", training=False),
)

_DERIVED = (
    _flite("slt_low", "female", of="slt", training=True, tract=0.92, pitch=0.8),
    _flite("slt_young", "female", of="slt", training=True, tract=1.12, pitch=1.3),
    _flite("slt_man", "male", of="slt", training=True, tract=0.84, pitch=0.62),
    _flite("rms_big", "male", of="rms", training=True, tract=0.9, pitch=0.9),
    _flite("rms_small", "male", of="rms", training=True, tract=1.12, pitch=1.12),
    _flite("awb_high", "male", of="awb", training=True, tract=1.06, pitch=1.25),
    _flite("awb_big", "male", of="awb", training=True, tract=0.9, pitch=0.72),
    _festival("ked_big", "male", of="ked_diphone", training=True, tract=0.9, pitch=0.85),
    _festival("ked_small", "male", of="ked_diphone", training=True, tract=1.1, pitch=1.3),
    _festival("slt_hts_man", "male", of=_HTS, training=True, tract=0.85, pitch=0.6),
    _festival("slt_hts_young", "female", of=_HTS, training=True, tract=1.1, pitch=1.25),
    _flite("awb_woman", "female", of="awb", training=False, tract=1.2, pitch=1.6),
    _festival("ked_woman", "female", of="ked_diphone", training=False, tract=1.2, pitch=1.9),
    _festival("slt_hts_low", "female", of=_HTS, training=False, tract=0.93, pitch=0.85),
)

_ACCENTS = (
    "en-us",
    "en",
    "en-gb-scotland",
    "en-gb-x-rp",
    "en-029",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
)

_TRAINING_MEN = (
    *("", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"),
    *("Alex", "Andy", "Mike", "Diogo", "Hugo", "Mario", "max", "pedro", "antonio", "robert"),
    *("grandpa", "boris", "klatt", "david"),
)
_TRAINING_WOMEN = ("f1", "f2", "f3", "f4", "f5", "anika", "aunty", "belinda", "Alicia", "grandma")

_HELD_OUT_MEN = {
    "Gene": "en",
    "paul": "en-gb-scotland",
    "Denis": "en-us",
    "ed": "en-us",
    "rob": "en-gb-x-rp",
}
_HELD_OUT_WOMEN = {"Annie": "en-us", "Andrea": "en", "steph": "en-gb-x-rp", "shelby": "en-us"}


def _espeak(accent: str, variant: str, sex: Sex, *, training: bool) -> Voice:
    espeak_id = f"{accent}+{variant}" if variant else accent
    return Voice(f"espeak/{espeak_id}", "espeak", espeak_id, "formant", sex, "espeak", training)


_FORMANT = (
    *(_espeak(a, v, "male", training=True) for a in _ACCENTS for v in _TRAINING_MEN),
    *(_espeak(a, v, "female", training=True) for a in _ACCENTS for v in _TRAINING_WOMEN),
    *(_espeak(accent, v, "male", training=False) for v, accent in _HELD_OUT_MEN.items()),
    *(_espeak(accent, v, "female", training=False) for v, accent in _HELD_OUT_WOMEN.items()),
)

_VOICES = {voice.name: voice for voice in (*_NATURAL, *_DERIVED, *_FORMANT)}


def voice(name: str) -> Voice:
    """Find a voice by its name.

    Raises:
        KeyError: nobody is called so.
    """
    return _VOICES[name]


def training_voices() -> tuple[Voice, ...]:
    """What models may learn from."""
    return tuple(voice for voice in _VOICES.values() if voice.training)


def held_out_voices() -> tuple[Voice, ...]:
    """What models are tested on and never learn from."""
    return tuple(voice for voice in _VOICES.values() if not voice.training)


@cache
def _training_sizes() -> Counter[str]:
    return Counter(voice.family for voice in training_voices())

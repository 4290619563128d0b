"""Under which conditions a scene is recorded, as values, and what it then sounds like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from tools.synthetic import effects
from tools.synthetic.effects import Samples
from tools.synthetic.scenes import Scene

Noise = Literal["white", "pink", "babble", "music"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a recording is made; what is None or False is not done.

    Attributes:
        pace: how fast everybody speaks, 1 being each voice's own speed.
        rt60: seconds in which the room's answer falls by 60 dB.
        direct_to_reverberant: direct sound over all reflections, in decibels.
        noise: what else sounds.
        snr: speech over noise in decibels, while somebody speaks.
        telephone: whether it comes over a telephone line, noise and all.
        gain: of the whole recording, noise and all, in decibels.
    """

    pace: float = 1.0
    rt60: float | None = None
    direct_to_reverberant: float = 6.0
    noise: Noise | None = None
    snr: float = 40.0
    telephone: bool = False
    gain: float | None = None

    def as_values(self) -> dict[str, Any]:
        """Only what was done."""
        values = asdict(self)
        if self.rt60 is None:
            del values["direct_to_reverberant"]
        if self.noise is None:
            del values["snr"]
        if self.pace == 1.0:
            del values["pace"]
        return {key: value for key, value in values.items() if value not in (None, False)}


def recorded(
    scene: Scene, conditions: Conditions, crowd: Sequence[Samples], rng: np.random.Generator
) -> Samples:
    """What one hears of a scene; pace is the speakers' and in the scene already.

    Args:
        scene: what is said.
        conditions: how it is recorded.
        crowd: speech of people who babble, where the conditions want babble.
        rng: draws noise and reflections.
    """
    samples, active = scene.samples(), scene.active()
    if conditions.rt60 is not None:
        samples = effects.with_reverberation(
            samples,
            rt60=conditions.rt60,
            direct_to_reverberant=conditions.direct_to_reverberant,
            rng=rng,
        )
    if conditions.noise is not None:
        noise = _noise(conditions.noise, len(samples), crowd, rng)
        samples = effects.with_noise(samples, noise, conditions.snr, active)
    if conditions.telephone:
        samples = effects.telephone(samples)
    if conditions.gain is not None:
        samples = effects.amplified(samples, conditions.gain)
    return effects.within_full_scale(samples)


def _noise(kind: Noise, length: int, crowd: Sequence[Samples], rng: np.random.Generator) -> Samples:
    match kind:
        case "white":
            return effects.white(length, rng)
        case "pink":
            return effects.pink(length, rng)
        case "music":
            return effects.music(length, rng)
        case "babble":
            return effects.babble(crowd, length, rng)

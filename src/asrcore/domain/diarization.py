"""Who speaks when."""

from __future__ import annotations

from dataclasses import dataclass

from asrcore.domain.timespan import TimeSpan


@dataclass(frozen=True, order=True, slots=True)
class SpeakerTurn:
    """One stretch during which one speaker speaks."""

    span: TimeSpan
    speaker: str


@dataclass(frozen=True, slots=True)
class Diarization:
    """The turns of a recording in order of time; turns of different speakers may overlap."""

    turns: tuple[SpeakerTurn, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "turns", tuple(sorted(self.turns)))

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers in order of first appearance."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))


@dataclass(frozen=True, slots=True)
class SpeakerCount:
    """How many speakers the user knows there are; None means unknown.

    Raises:
        ValueError: the bounds exclude each other or ask for less than one speaker.
    """

    minimum: int | None = None
    maximum: int | None = None

    def __post_init__(self) -> None:
        bounds = [bound for bound in (self.minimum, self.maximum) if bound is not None]
        if any(bound < 1 for bound in bounds) or bounds != sorted(bounds):
            raise ValueError(
                "speaker counts run from at least 1 upwards, "
                f"not from {self.minimum} to {self.maximum}"
            )

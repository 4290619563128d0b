"""Who speaks when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, pairwise

from asrcore.domain.timespan import TimeSpan

Embedding = tuple[float, ...]
"""A voice as a point: the closer two are in angle, the likelier it is one speaker's."""


@dataclass(frozen=True, order=True, slots=True)
class SpeakerTurn:
    """One stretch during which one speaker speaks."""

    span: TimeSpan
    speaker: str


@dataclass(frozen=True, slots=True)
class Diarization:
    """The turns of a recording in order of time.

    Attributes:
        turns: turns of different speakers may overlap; what lasts no time is left out.
        exclusive: the same with one speaker at a time, as words have one; where it is not given,
            `exclusive_turns` makes it.
        embeddings: speaker -> voice; empty where nobody asked for them.
    """

    turns: tuple[SpeakerTurn, ...] = ()
    exclusive: tuple[SpeakerTurn, ...] = ()
    embeddings: Mapping[str, Embedding] = field(default_factory=dict)

    def __post_init__(self) -> None:
        turns = _in_order(self.turns)
        exclusive = _in_order(self.exclusive) or exclusive_turns(turns)
        object.__setattr__(self, "turns", turns)
        object.__setattr__(self, "exclusive", exclusive)

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers in order of first appearance."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))

    @property
    def main_speaker(self) -> str | None:
        """Who speaks longest; None where nobody does."""
        return max(self.speakers, key=self.seconds_of, default=None)

    def seconds_of(self, speaker: str) -> float:
        """How long somebody speaks."""
        return sum(turn.span.duration for turn in self.turns if turn.speaker == speaker)

    def differing(self, other: Diarization) -> float:
        """Seconds in which somebody of the same name speaks in one of two and not in the other."""
        names = dict.fromkeys((*self.speakers, *other.speakers))
        return sum(_difference(self._spans(name), other._spans(name)) for name in names)

    def _spans(self, speaker: str) -> list[TimeSpan]:
        return [turn.span for turn in self.turns if turn.speaker == speaker]

    def renamed(self, names: Mapping[str, str]) -> Diarization:
        """The same by other names; who is not in `names` keeps his own, who is silent no voice."""

        def rename(turns: Iterable[SpeakerTurn]) -> tuple[SpeakerTurn, ...]:
            return tuple(
                replace(turn, speaker=names.get(turn.speaker, turn.speaker)) for turn in turns
            )

        voices = {name: self.embeddings[name] for name in self.speakers if name in self.embeddings}
        embeddings = {names.get(name, name): voice for name, voice in voices.items()}
        return Diarization(rename(self.turns), rename(self.exclusive), embeddings)

    def numbered(self, known: Mapping[str, str] | None = None) -> Diarization:
        """SPEAKER_00, SPEAKER_01, ... in order of first appearance, whatever the engine says.

        Args:
            known: engine's name -> name of those who have one of their own.
        """
        names = dict(known or {})
        taken = set(names.values())
        free = (name for name in map("SPEAKER_{:02d}".format, count()) if name not in taken)
        return self.renamed({each: names.get(each) or next(free) for each in self.speakers})


def _in_order(turns: Iterable[SpeakerTurn]) -> tuple[SpeakerTurn, ...]:
    return tuple(sorted(turn for turn in turns if turn.span.duration > 0))


def _difference(some: Sequence[TimeSpan], others: Sequence[TimeSpan]) -> float:
    """Seconds that lie in spans of one list and in none of the other."""
    edges = [
        (moment, which, change)
        for which, spans in enumerate((some, others))
        for span in spans
        for moment, change in ((span.start, 1), (span.end, -1))
    ]
    running, seconds, last = [0, 0], 0.0, 0.0
    for moment, which, change in sorted(edges):
        seconds += (moment - last) * ((running[0] > 0) != (running[1] > 0))
        running[which] += change
        last = moment
    return seconds


def exclusive_turns(turns: Iterable[SpeakerTurn]) -> tuple[SpeakerTurn, ...]:
    """One speaker at a time: where several speak, the one whose turn began last.

    So whoever takes the floor has it from his first word on, and a "yeah" within a longer turn is
    its speaker's, after which the longer turn goes on. Turns that touch are joined.

    Args:
        turns: in any order.
    """
    ordered = sorted(turns)
    changes = sorted({moment for turn in ordered for moment in (turn.span.start, turn.span.end)})
    waiting = ordered[::-1]
    speaking: list[SpeakerTurn] = []
    found: list[SpeakerTurn] = []
    for start, end in pairwise(changes):
        while waiting and waiting[-1].span.start <= start:
            speaking.append(waiting.pop())
        speaking = [turn for turn in speaking if turn.span.end > start]
        if speaking:
            _extend(found, SpeakerTurn(TimeSpan(start, end), speaking[-1].speaker))
    return tuple(found)


def _extend(turns: list[SpeakerTurn], following: SpeakerTurn) -> None:
    """Append a turn, or make the last one longer where it is the same speaker's and touches."""
    last = turns[-1] if turns else None
    if last is not None and (last.speaker, last.span.end) == (
        following.speaker,
        following.span.start,
    ):
        turns[-1] = SpeakerTurn(last.span | following.span, last.speaker)
    else:
        turns.append(following)


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

    def __str__(self) -> str:
        if self.exact is not None:
            return str(self.exact)
        least = "" if self.minimum is None else f"at least {self.minimum}"
        most = "" if self.maximum is None else f"at most {self.maximum}"
        return " and ".join(filter(None, (least, most))) or "any number"

    @property
    def exact(self) -> int | None:
        """The number of speakers where it is known, else None."""
        return self.minimum if self.minimum == self.maximum else None

    @property
    def unknown(self) -> bool:
        """Whether nothing is known."""
        return self.minimum is None and self.maximum is None

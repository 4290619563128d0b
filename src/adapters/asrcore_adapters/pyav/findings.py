"""What was wrong with a recording, gathered while it is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from asrcore.errors import AudioDecodeError

TRY_ELSEWHERE = (
    "if it plays elsewhere, convert it to WAV or FLAC; if not, copy or download it again"
)

MISSING_SECONDS = 0.5
MISSING_SHARE = 0.01
"""A recording counts as cut off where more than both is missing of the length it states."""

FAR_TOO_LOUD = 32.0
"""Floats beyond this (30 dB over full scale) are integers that were only cast."""


@dataclass
class Findings:
    """Counts, to be told in words once the end is reached.

    Attributes:
        stated: how long its header says that it lasts, in seconds.
        holes: places in the middle without sound that can be decoded.
        damaged: whether one of them is so because of damage; a recorder may leave holes too.
        silence: seconds of silence put there.
        broken_off: why there is nothing from some point on.
        not_sound: samples that no recording has: NaN, infinite, absurdly large.
        loudest: the largest sample, where full scale is 1.
    """

    stated: float | None = None
    holes: int = 0
    damaged: bool = False
    silence: float = 0.0
    broken_off: str = ""
    not_sound: int = 0
    loudest: float = 0.0

    def note_hole(self, silence: float, *, damaged: bool) -> None:
        """Count a hole that was filled with so many seconds of silence."""
        self.holes += 1
        self.damaged |= damaged
        self.silence += silence

    def sentences(self, decoded: float) -> Iterator[str]:
        """One sentence for each kind of trouble with a recording of `decoded` seconds."""
        if why := self._cut_off(decoded):
            yield f"only the first {decoded:.1f} s could be decoded: {why}"
        if self.damaged:
            yield f"damaged in {_places(self.holes)}: what could be decoded was kept{self._filled}"
        elif self.holes:
            yield f"sound is missing in {_places(self.holes)}{self._filled}"
        if self.not_sound:
            yield f"{self.not_sound} samples were NaN or out of all range: taken as silence"
        if self.loudest > FAR_TOO_LOUD:
            yield f"samples reach {self.loudest:.0f}, where float sound has a full scale of 1"

    def nothing_decoded(self, name: str) -> AudioDecodeError:
        """The error for a recording of which not a single sample could be decoded."""
        if not self.broken_off:
            return AudioDecodeError(f"{name}: it holds no sound at all")
        cause = f"none of its sound could be decoded: {self.broken_off}"
        return AudioDecodeError(f"{name}: {cause}", TRY_ELSEWHERE)

    def _cut_off(self, decoded: float) -> str:
        if self.stated is None:
            return self.broken_off
        if self.stated - decoded <= max(MISSING_SECONDS, MISSING_SHARE * self.stated):
            return ""
        return self.broken_off or f"it says that it lasts {self.stated:.1f} s"

    @property
    def _filled(self) -> str:
        return f", {self.silence:.1f} s of silence stand for the rest" if self.silence else ""


def reason(error: Exception) -> str:
    """What an error says, without its number."""
    return getattr(error, "strerror", None) or str(error)


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count} places"

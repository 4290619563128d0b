"""From spans of speech to chunks that an engine takes at once, and back to recording time.

A chunk is one or more pieces of the recording put end to end: pauses up to `max_gap` stay in,
longer silences are left out, so that windows are full and engines are not asked about silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from asrcore.domain.audio import SAMPLE_RATE, Audio, Samples
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.voice_activity import merge_touching

QUIET_WINDOW = 0.1
"""Seconds over which loudness is averaged to find a place to cut."""

NOISE = 1e-6
"""Seconds: what float arithmetic may add to a sum of times; a small part of one sample."""


@dataclass(frozen=True, slots=True)
class ChunkLimits:
    """How chunks are packed; seconds.

    Raises:
        ValueError: a chunk would have no room, or a limit is not a number.
    """

    max_duration: float = 30.0
    max_gap: float = 2.0

    def __post_init__(self) -> None:
        if not self.max_duration >= 1.0:
            raise ValueError(f"a chunk needs at least a second, not {self.max_duration}")
        if not self.max_gap >= 0.0:
            raise ValueError(f"a gap is at least 0 seconds, not {self.max_gap}")

    def allow(self, duration: float) -> bool:
        """Whether a chunk may last so long."""
        return duration <= self.max_duration + NOISE


@dataclass(frozen=True, slots=True)
class Chunk:
    """Pieces of a recording, in order and disjoint, to be heard as one."""

    pieces: tuple[TimeSpan, ...]

    @property
    def duration(self) -> float:
        """Seconds of sound in it."""
        return sum(piece.duration for piece in self.pieces)

    def samples(self, audio: Audio) -> Samples:
        """Its sound: a copy, so that engines may keep it."""
        return np.concatenate([audio.slice(piece) for piece in self.pieces])

    def locate(self, span: TimeSpan) -> TimeSpan:
        """A span of the chunk as a span of the recording; it may reach over left-out silence."""
        first, last = self._piece_from(span.start), self._piece_until(span.end)
        start = self._recording_time(span.start, first)
        return TimeSpan(start, max(start, self._recording_time(span.end, last)))

    def locate_word(self, span: TimeSpan) -> TimeSpan:
        """Like `locate`, for what cannot reach over a silence: it stays in one piece."""
        piece = self._piece_from(span.midpoint)
        return TimeSpan(
            self._recording_time(span.start, piece), self._recording_time(span.end, piece)
        )

    def _offsets(self) -> list[float]:
        return list(accumulate((piece.duration for piece in self.pieces), initial=0.0))

    def _piece_from(self, time: float) -> int:
        starts = self._offsets()[:-1]
        return max(index for index, start in enumerate(starts) if start <= time + NOISE)

    def _piece_until(self, time: float) -> int:
        ends = self._offsets()[1:]
        return next((index for index, end in enumerate(ends) if time <= end + NOISE), len(ends) - 1)

    def _recording_time(self, time: float, index: int) -> float:
        piece = self.pieces[index]
        return min(max(piece.start + time - self._offsets()[index], piece.start), piece.end)


def chunk_speech(
    spans: Iterable[TimeSpan], audio: Audio, limits: ChunkLimits, *, exact: bool = False
) -> list[Chunk]:
    """Pack spans of speech into chunks of at most `limits.max_duration`.

    Args:
        spans: where speech is; any order, they may overlap and reach beyond the end.
        audio: the recording: a span that is too long is cut where it is quietest.
        limits: see there.
        exact: the spans are the user's own: each gets chunks of its own.
    """
    inside = list(_within(audio, spans))
    if exact:
        return [Chunk((piece,)) for span in inside for piece in _split(span, audio, limits)]
    pieces = [piece for span in merge_touching(inside) for piece in _split(span, audio, limits)]
    return list(_pack(pieces, limits))


def _within(audio: Audio, spans: Iterable[TimeSpan]) -> Iterator[TimeSpan]:
    """The spans in order, cut to the recording and to whole samples, so that counts add up."""
    for span in sorted(spans):
        first, last = (
            min(round(t * SAMPLE_RATE), len(audio.samples)) for t in (span.start, span.end)
        )
        if first < last:
            yield TimeSpan(first / SAMPLE_RATE, last / SAMPLE_RATE)


def _pack(pieces: Sequence[TimeSpan], limits: ChunkLimits) -> Iterator[Chunk]:
    packed: tuple[TimeSpan, ...] = ()
    for piece in pieces:
        longer = _append(packed, piece, limits.max_gap)
        if packed and not limits.allow(Chunk(longer).duration):
            yield Chunk(packed)
            packed = (piece,)
        else:
            packed = longer
    if packed:
        yield Chunk(packed)


def _append(packed: tuple[TimeSpan, ...], piece: TimeSpan, max_gap: float) -> tuple[TimeSpan, ...]:
    if packed and packed[-1].distance(piece) <= max_gap + NOISE:
        return (*packed[:-1], packed[-1] | piece)
    return (*packed, piece)


def _split(span: TimeSpan, audio: Audio, limits: ChunkLimits) -> Iterator[TimeSpan]:
    """Cut where it is quiet, into pieces of at least a third of a chunk: never a crumb."""
    third = limits.max_duration / 3
    while not limits.allow(span.duration):
        latest = min(span.start + limits.max_duration, span.end - third)
        cut = quietest_moment(audio, TimeSpan(latest - third, latest))
        yield TimeSpan(span.start, cut)
        span = TimeSpan(cut, span.end)
    yield span


def quietest_moment(audio: Audio, search: TimeSpan) -> float:
    """The middle of the quietest `QUIET_WINDOW` within `search`; the latest of equals."""
    first, window = round(search.start * SAMPLE_RATE), round(QUIET_WINDOW * SAMPLE_RATE)
    power = np.square(audio.slice(search), dtype=np.float64)
    sums = np.cumsum(np.concatenate(([0.0], power)))
    loudness = np.round(sums[window:] - sums[:-window], 9)
    last_minimum = len(loudness) - 1 - int(np.argmin(loudness[::-1]))
    return (first + last_minimum + window // 2) / SAMPLE_RATE

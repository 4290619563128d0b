"""From windows of scores to turns: who speaks in a frame, and from when to when.

Frames are those of the whole recording; windows overlap, and each has its own local speakers,
which clustering has given a number for the whole recording, or none (less than 0).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.diarization import SpeakerTurn
from asrcore.domain.timespan import TimeSpan

Scores = NDArray[np.float32]
Active = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Frames:
    """When frames are: frame i at `first + i * step`, in seconds, by its middle."""

    first: float
    step: float

    def time(self, frame: int) -> float:
        """The middle of a frame."""
        return self.first + frame * self.step


def activations(scores: Scores, clusters: Numbers, starts: Sequence[int], frames: int) -> Scores:
    """How strongly each speaker is heard in each frame, summed over all windows.

    The same as pyannote's aggregation of clustered windows, without an array of
    windows x frames x speakers, which takes gigabytes for hours of sound.

    Args:
        scores: of shape (windows, frames of a window, local speakers).
        clusters: speaker of each local one, of shape (windows, local speakers).
        starts: first frame of each window.
        frames: number of frames of the recording.

    Returns:
        Shape (frames, speakers).
    """
    length = scores.shape[1]
    speakers = max(int(clusters.max(initial=-1)) + 1, 0)
    total = np.zeros((frames, speakers), np.float32)
    for window, local, start in zip(scores, clusters, starts, strict=True):
        for speaker in {int(each) for each in local if each >= 0}:
            heard = window[:, local == speaker].max(axis=1)
            total[start : start + length, speaker] += heard[: frames - start]
    return total


def strongest(total: Scores, count: Numbers) -> tuple[Active, Active]:
    """The `count` strongest speakers of each frame, and the strongest alone.

    A speaker whom no window hears in a frame does not speak there, however many the count says;
    pyannote would take the first that comes. Of equals it is the one with the lower number.

    Args:
        total: of shape (frames, speakers).
        count: speakers at once, of shape (frames,).

    Returns:
        Both of shape (frames, speakers).
    """
    rows = np.arange(len(total))
    chosen, alone = np.zeros((2, *total.shape), bool)
    rest = total.copy()
    for rank in range(min(int(count.max(initial=0)), total.shape[1])):
        best = rest.argmax(axis=1)
        chosen[rows, best] |= (count > rank) & (rest[rows, best] > 0)
        rest[rows, best] = 0
        if rank == 0:
            alone[:] = chosen
    return chosen, alone


def overlapping_turns(active: Active, frames: Frames, gap: float, end: float) -> list[SpeakerTurn]:
    """Each speaker's turns, pauses shorter than `gap` filled.

    Args:
        active: of shape (frames, speakers).
        frames: when they are.
        gap: in seconds.
        end: of the recording, in seconds.
    """
    speakers = range(active.shape[1])
    return [
        turn
        for speaker in speakers
        for turn in _cut(_joined(_turns_of(active[:, speaker], speaker, frames), gap), end)
    ]


def exclusive_turns(active: Active, frames: Frames, gap: float, end: float) -> list[SpeakerTurn]:
    """Turns of one speaker at a time; pauses shorter than `gap` are filled unless others speak.

    Args:
        active: of shape (frames, speakers), one at a time.
        frames: when they are.
        gap: in seconds.
        end: of the recording, in seconds.
    """
    found = [
        turn
        for speaker in range(active.shape[1])
        for turn in _turns_of(active[:, speaker], speaker, frames)
    ]
    return list(_cut(_joined(sorted(found), gap), end))


def speaker_name(speaker: int) -> str:
    """What a speaker is called until the core numbers them by first appearance."""
    return f"SPEAKER_{speaker:02d}"


def _turns_of(active: Active, speaker: int, frames: Frames) -> Iterator[SpeakerTurn]:
    """Where one speaker speaks, of shape (frames,); a turn ends at the first frame after it."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]])))
    for first, after in edges.reshape(-1, 2).tolist():
        span = TimeSpan(frames.time(first), frames.time(min(after, len(active) - 1)))
        yield SpeakerTurn(span, speaker_name(speaker))


def _joined(turns: Iterable[SpeakerTurn], gap: float) -> Iterator[SpeakerTurn]:
    """Turns in order; neighbours of one speaker with less than `gap` between them are one."""
    last: SpeakerTurn | None = None
    for turn in turns:
        if last is None:
            last = turn
        elif turn.speaker == last.speaker and turn.span.start - last.span.end < gap:
            last = SpeakerTurn(last.span | turn.span, last.speaker)
        else:
            yield last
            last = turn
    if last is not None:
        yield last


def _cut(turns: Iterable[SpeakerTurn], end: float) -> Iterator[SpeakerTurn]:
    """What of the turns lies before the recording's end: windows are padded beyond it."""
    for turn in turns:
        if turn.span.start < end:
            yield SpeakerTurn(TimeSpan(turn.span.start, min(turn.span.end, end)), turn.speaker)

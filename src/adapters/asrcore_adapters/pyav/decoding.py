"""The best audio track of a container -> its frames, in time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from av import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet

from asrcore.errors import AudioDecodeError
from asrcore_adapters.pyav.findings import TRY_ELSEWHERE, Findings, reason
from asrcore_adapters.pyav.headers import MICROSECONDS
from asrcore_adapters.pyav.resampling import STEP, mono_frame

SMALLEST_GAP = 0.1
"""Seconds; below that, time stamps are only imprecise."""

LONGEST_GAP = 10.0
"""Seconds; beyond that, a clock that may jump has jumped."""

STEADY_CLOCKS = frozenset({"flac", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "ogg"})
"""Containers whose time stamps tell the truth; bare mp3 or AAC has none, only FFmpeg's count."""

JUMPING_CLOCKS = frozenset({"mpeg", "mpegts"})
"""Containers whose time stamps may start anew, as where two broadcasts were joined."""

MOST_LOSSES = 1000
"""How often a reader may lose its way; each time it skips some ten thousand bytes."""

TRAILING_JUNK = 4
"""Failures at the end; files often end with a tag or padding, which is no damage."""


def best_track(container: InputContainer, name: str) -> AudioStream:
    """The audio track that FFmpeg holds for the best: the default one, the fullest one.

    Raises:
        AudioDecodeError: there is none, or none that can be decoded.
    """
    track = container.streams.best("audio")
    if isinstance(track, AudioStream) and track.codec_context is not None:
        return track
    if container.streams.audio:
        raise AudioDecodeError(f"{name}: its sound is in a format unknown here", TRY_ELSEWHERE)
    only = ", only pictures" if container.streams.video else ""
    raise AudioDecodeError(f"{name}: it has no audio track{only}", "give the file with its sound")


def decoded(
    container: InputContainer, track: AudioStream, findings: Findings
) -> Iterator[AudioFrame]:
    """The frames of a track; where sound is missing, silence keeps the times right."""
    clock = _Clock(container)
    failures = 0
    for frame in _attempts(container, track, findings):
        if frame is None:
            failures += 1
            continue
        gap = clock.gap_before(frame)
        if failures or (gap and clock.position):  # a track that starts late misses nothing
            findings.note_hole(gap, damaged=failures > 0)
        yield from _silence(gap, frame.sample_rate)
        yield frame
        clock.position += gap + frame.samples / frame.sample_rate
        failures = 0
    if failures > (TRAILING_JUNK if clock.position else 0):
        findings.broken_off = findings.broken_off or "the rest is damaged"


def _attempts(
    container: InputContainer, track: AudioStream, findings: Findings
) -> Iterator[AudioFrame | None]:
    """The frames of a track; None for each failure to read or decode some."""
    for packet in _packets(container, track, findings):
        try:
            yield from [None] if packet is None else packet.decode()
        except FFmpegError:
            yield None


def _packets(
    container: InputContainer, track: AudioStream, findings: Findings
) -> Iterator[Packet[AudioStream] | None]:
    for _ in range(MOST_LOSSES):
        try:
            yield from container.demux(track)
            return
        except FFmpegError:  # it may find its way again further on
            yield None
        except OSError as error:  # what came before is worth keeping
            findings.broken_off = reason(error)
            return


class _Clock:
    """How far a track has come, against what its time stamps say."""

    def __init__(self, container: InputContainer) -> None:
        self.position = 0.0
        self._start = _seconds(container.start_time)
        steady = container.format.name in STEADY_CLOCKS
        self._told = steady or container.format.name in JUMPING_CLOCKS
        self._end = (_seconds(container.duration) or 0.0) if steady else 0.0

    def gap_before(self, frame: AudioFrame) -> float:
        """The seconds for which there is no sound before a frame; 0 where it follows on."""
        if frame.time is None or not self._told:
            return 0.0
        if self._start is None:
            self._start = frame.time
        time = frame.time - self._start
        gap = time - self.position
        believable = gap <= LONGEST_GAP or time <= self._end
        return gap if gap > SMALLEST_GAP and believable else 0.0


def _silence(seconds: float, rate: int) -> Iterator[AudioFrame]:
    left = round(seconds * rate)
    while left > 0:
        step = min(left, STEP)
        yield mono_frame(np.zeros(step, np.float32), rate)
        left -= step


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / MICROSECONDS

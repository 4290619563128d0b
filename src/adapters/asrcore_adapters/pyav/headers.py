"""How long a file says that its sound lasts, where FFmpeg would answer with a guess."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from av.audio.stream import AudioStream
from av.container import InputContainer

from asrcore_adapters.pyav.opening import SeekableBytes

MICROSECONDS = 1_000_000
"""FFmpeg's unit for the times of a whole container."""

EXACT = frozenset({"aiff", "flac", "mov,mp4,m4a,3gp,3g2,mj2"})
"""Containers that state the length of each track."""

DURATION_TAG = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)")
"""As Matroska writers note the length of a track."""

OPEN_ENDED = 0x7FFF_0000
"""Sizes from here on are what a program writes that does not know the end yet."""

MOST_CHUNKS = 100
"""Chunks before the sound of a RIFF file; far fewer are usual."""

XING_COUNTS_FRAMES = 1
"""Flag of a Xing header."""

XING_WITHIN = 2048
"""Bytes from the first MPEG frame, where a Xing header is if there is one."""


def stated_duration(
    container: InputContainer, track: AudioStream, file: SeekableBytes
) -> float | None:
    """Seconds of sound that the header of a file promises.

    None where it promises nothing, as live recordings do: FFmpeg then guesses from the bit rate
    (mp3, aac) or from what is there (wav, ogg), and neither tells whether something is missing.
    """
    match container.format.name:
        case "wav":
            with _place_kept(file):
                return _missing_wav(file)
        case "mp3":
            with _place_kept(file):
                return _xing(file, track.sample_rate)
        case "matroska,webm":
            return _matroska(container, track)
        case name if name in EXACT and track.duration and track.time_base:
            return float(track.duration * track.time_base)
    return None


def _missing_wav(file: SeekableBytes) -> float | None:
    """The length that a RIFF header states, if the file is too short for it."""
    size = file.seek(0, os.SEEK_END)
    bytes_per_second = 0
    for name, start, length in islice(_chunks(file), MOST_CHUNKS):
        if name == b"fmt ":
            bytes_per_second = int.from_bytes(file.read(12)[8:], "little")
        if name == b"data":
            cut = size < start + length and length < OPEN_ENDED and bytes_per_second > 0
            return length / bytes_per_second if cut else None
    return None


def _chunks(file: SeekableBytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and length of each chunk of a RIFF file, which is then read at its start."""
    start = file.seek(12)
    while len(head := file.read(8)) == 8:
        length = int.from_bytes(head[4:], "little")
        yield head[:4], start + 8, length
        start = file.seek(start + 8 + length + length % 2)


def _xing(file: SeekableBytes, rate: int) -> float | None:
    """The length that an mp3 encoder noted in the first frame (Xing header, LAME's `Info`)."""
    file.seek(0)
    tag = file.read(10)
    file.seek(10 + _synchsafe(tag[6:]) if tag.startswith(b"ID3") else 0)
    head = file.read(XING_WITHIN)
    at = max(head.find(b"Xing"), head.find(b"Info"))
    flags, frames = (int.from_bytes(head[at + start :][:4], "big") for start in (4, 8))
    if at < 0 or not flags & XING_COUNTS_FRAMES:
        return None
    return frames * (1152 if rate >= 32_000 else 576) / rate


def _synchsafe(number: bytes) -> int:
    """Seven bits a byte: how ID3 writes a size."""
    return sum(byte << 7 * place for place, byte in enumerate(reversed(number)))


def _matroska(container: InputContainer, track: AudioStream) -> float | None:
    """From the container's start to the track's end; the container's end may be the picture's."""
    start = (container.start_time or 0) / MICROSECONDS
    if tag := DURATION_TAG.fullmatch(track.metadata.get("DURATION", "")):
        hours, minutes, seconds = tag.groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds) - start
    if container.duration and len(container.streams.audio) == len(container.streams):
        return container.duration / MICROSECONDS - start
    return None


@contextmanager
def _place_kept(file: SeekableBytes) -> Iterator[None]:
    """FFmpeg reads on from where it was."""
    place = file.tell()
    try:
        yield
    finally:
        file.seek(place)

"""A recording's sound, whole and ready to be sliced."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import IO

import numpy as np

from asrcore.domain.audio import Audio, Samples
from asrcore.domain.recording import Recording
from asrcore.errors import AudioDecodeError, EngineError, translate
from asrcore.ports.audio_source import AudioSource

IN_MEMORY_LIMIT = 64 * 2**20
"""Bytes; a recording longer than this (17 minutes) is kept in a temporary file instead."""


def load_audio(source: AudioSource, recording: Recording, warn: Callable[[str], None]) -> Audio:
    """Decode a recording once; a long one ends up memory-mapped.

    Raises:
        InputError: it cannot be read, or holds no sound.
    """
    if isinstance(recording.source, Audio):
        return recording.source
    audio = _collect(source.blocks(recording, warn), recording.name)
    if not len(audio.samples):
        raise AudioDecodeError(f"{recording.name}: it holds no sound at all")
    return audio


def _collect(blocks: Iterator[Samples], name: str) -> Audio:
    kept: list[Samples] = []
    size = 0
    for block in blocks:
        kept.append(block)
        size += block.nbytes
        if size > IN_MEMORY_LIMIT:
            with translate({OSError: lambda error: _no_room(name, error)}):
                return _spill(kept, blocks)
    return Audio(np.concatenate(kept) if kept else np.zeros(0, np.float32))


def _spill(kept: list[Samples], blocks: Iterator[Samples]) -> Audio:
    with tempfile.TemporaryFile(prefix="asrcore-") as file:
        while kept:
            _append(file, kept.pop(0))
        for block in blocks:
            _append(file, block)
        file.flush()
        # The map keeps the file alive after it is closed and already has no name.
        return Audio(np.memmap(file, dtype=np.float32, mode="r"))


def _no_room(name: str, error: Exception) -> EngineError:
    return EngineError(
        f"{name}: its decoded sound cannot be kept in {tempfile.gettempdir()}: {error}",
        "make room there, or name another folder in TMPDIR",
    )


def _append(file: IO[bytes], block: Samples) -> None:
    file.write(np.ascontiguousarray(block).data)

"""Where sound comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from asrcore.domain.audio import Samples
from asrcore.domain.recording import Recording


class AudioSource(Protocol):
    """Decodes recordings."""

    def blocks(self, recording: Recording, warn: Callable[[str], None]) -> Iterator[Samples]:
        """Decode a recording block by block, so that a long one need not fit in memory.

        Args:
            recording: a file, standard input, a file object or a waveform.
            warn: called with a sentence when only part of it can be decoded.

        Yields:
            Consecutive samples, 16 kHz mono float32, shape (n,), n > 0.

        Raises:
            InputNotFoundError: there is no such file.
            InputError: it cannot be read.
            AudioDecodeError: nothing of it can be decoded.
        """
        ...

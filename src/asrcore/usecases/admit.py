"""The door: what can be a recording goes in, what cannot comes out as refused."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from asrcore.domain.audio import Audio
from asrcore.domain.outcome import Outcome
from asrcore.domain.recording import Recording, Source, Span
from asrcore.errors import InputError, translate


def admit(source: Source, speech: Sequence[Span] | None = None) -> Recording:
    """A source as a recording.

    Raises:
        InputError: it is nothing that has sound, or a span of speech is none.
    """
    with translate({TypeError: _unusable, ValueError: _unusable}):
        return Recording.of(source, speech)


class Admission:
    """Recordings from sources of which some may be none."""

    def __init__(self, sources: Iterable[Source | Recording]) -> None:
        self._sources = sources
        self._refused: deque[Outcome] = deque()

    def recordings(self) -> Iterator[Recording]:
        """What can be a recording."""
        for source in self._sources:
            try:
                yield source if isinstance(source, Recording) else admit(source)
            except InputError as error:
                nameless = Recording(Audio(np.zeros(0, np.float32)), type(source).__name__)
                self._refused.append(Outcome(nameless, error=error))

    def with_refused(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """The recordings' outcomes, and those of what was refused meanwhile."""
        for outcome in outcomes:
            while self._refused:
                yield self._refused.popleft()
            yield outcome
        yield from self._refused


def _unusable(error: Exception) -> InputError:
    return InputError(str(error))

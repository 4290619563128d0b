"""What an engine can do, so that it is never asked for what it would ignore."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from asrcore.domain.request import Instructions, Task


@dataclass(frozen=True, slots=True)
class TranscriberCapabilities:
    """What a transcriber honours.

    Attributes:
        languages: codes it accepts; None where it accepts any.
        tasks: the tasks it does.
        detects_language: whether it can tell the language.
        prompt: whether a prompt reaches its decoder.
        hotwords: whether hotwords do.
        segment_times: whether segments within a chunk can have times of their own.
        word_times: whether its words carry times.
        max_chunk: seconds of sound it takes at once.
    """

    languages: frozenset[str] | None = None
    tasks: frozenset[Task] = frozenset({"transcribe"})
    detects_language: bool = False
    prompt: bool = False
    hotwords: bool = False
    segment_times: bool = False
    word_times: bool = False
    max_chunk: float = 30.0

    def refusals(self, asked: Instructions) -> Iterator[tuple[str, str]]:
        """Each instruction that would be ignored: its name, and why."""
        if self.languages is not None and asked.language not in (None, *self.languages):
            known = ", ".join(sorted(self.languages))
            yield "language", f"it knows {known}, not {asked.language}"
        if asked.task not in self.tasks:
            yield "task", f"it does {', '.join(sorted(self.tasks))}, not {asked.task}"
        if asked.prompt and not self.prompt:
            yield "prompt", "it takes no prompt"
        if asked.hotwords and not self.hotwords:
            yield "hotwords", "it takes no hotwords"


@dataclass(frozen=True, slots=True)
class AlignerCapabilities:
    """What an aligner honours.

    Attributes:
        languages: codes it accepts; None where it accepts any.
        characters: whether it can tell the times of single characters.
    """

    languages: frozenset[str] | None = None
    characters: bool = False


@dataclass(frozen=True, slots=True)
class DiarizerCapabilities:
    """What a diarizer honours.

    Attributes:
        speaker_count: whether it makes use of a known number of speakers.
        embeddings: whether it can tell each speaker's voice as a point.
        similarity: cosine between two such points from which they are taken for one speaker's,
            where the user says nothing else.
    """

    speaker_count: bool = False
    embeddings: bool = False
    similarity: float = 0.5


@dataclass(frozen=True, slots=True)
class VoiceActivityCapabilities:
    """How a detector's spans are meant.

    Attributes:
        exact: the spans are the user's own: each is transcribed by itself, none are merged.
    """

    exact: bool = False

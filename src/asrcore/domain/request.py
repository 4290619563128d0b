"""What is asked of an engine, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from asrcore.domain.audio import Audio, Samples
from asrcore.domain.transcript import Segment

Task = Literal["transcribe", "translate"]


@dataclass(frozen=True, slots=True)
class Instructions:
    """How to transcribe, in terms that do not depend on the engine.

    Attributes:
        language: language code of the speech; None asks the engine to detect it.
        task: `transcribe` in the spoken language, or `translate` into English.
        prompt: text that the speech may be thought to continue: style, spelling, names.
        hotwords: words to expect, separated by spaces.
        timestamps: whether segments within a chunk get times of their own.
    """

    language: str | None = None
    task: Task = "transcribe"
    prompt: str | None = None
    hotwords: str | None = None
    timestamps: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class ChunkRequest:
    """One chunk of speech to transcribe: at most `TranscriberCapabilities.max_chunk` seconds."""

    samples: Samples
    instructions: Instructions = Instructions()


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What an engine heard in one chunk.

    Attributes:
        segments: in order, times in seconds from the chunk's start.
        language: the language that it was transcribed as; None where the engine has no notion.
        language_probability: 0 to 1 where the engine detected it, None where it was given.
    """

    segments: tuple[Segment, ...] = ()
    language: str | None = None
    language_probability: float | None = None


@dataclass(frozen=True, eq=False, slots=True)
class AlignRequest:
    """Known text to be placed in time.

    Attributes:
        samples: the sound, shape (n,), 16 kHz mono float32.
        texts: what is said in it: consecutive stretches, in order.
        language: language code of the text; None where unknown.
        characters: whether the times of single characters are wanted, too.

    Raises:
        ValueError: the samples are not one-dimensional float32.
    """

    samples: Samples
    texts: tuple[str, ...]
    language: str | None = None
    characters: bool = False

    def __post_init__(self) -> None:
        Audio(self.samples)  # it has the same demands

"""The transcript: what was said, when, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from asrcore.domain.diarization import Diarization
from asrcore.domain.timespan import TimeSpan


@dataclass(frozen=True, slots=True)
class Character:
    """One written character of a word.

    Attributes:
        text: the character, with the marks that combine with it.
        span: when it sounds; None where it does not (punctuation) or nobody measured it.
        score: confidence from 0 to 1; None where there is none.
    """

    text: str
    span: TimeSpan | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One word as written, punctuation attached, without spaces around it.

    Attributes:
        text: the word.
        span: when it sounds; None where nobody measured it.
        score: confidence from 0 to 1; None where the engine gives none.
        speaker: who says it; None where unknown.
        estimated: whether its span was not heard but put between what was heard around it.
        characters: its characters in order; empty where nobody asked for them.
    """

    text: str
    span: TimeSpan | None = None
    score: float | None = None
    speaker: str | None = None
    estimated: bool = False
    characters: tuple[Character, ...] = ()

    def moved(self, move: Callable[[TimeSpan], TimeSpan]) -> Word:
        """The same word, and its characters, at another time."""
        if self.span is None:
            return self
        characters = tuple(
            replace(each, span=each.span and move(each.span)) for each in self.characters
        )
        return replace(self, span=move(self.span), characters=characters)

    def shift(self, seconds: float) -> Word:
        """The same word, `seconds` later."""
        return self.moved(lambda span: span.shift(seconds))


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech: a phrase, a sentence or a chunk, as the engine delimits it.

    Attributes:
        span: when it sounds.
        text: its text without spaces around it.
        words: its words in order; empty where the engine gives none and nobody aligned it.
        speaker: who says (most of) it; None where unknown.
        language: language code of this stretch; None where it was not told apart.
        avg_logprob: mean natural-log probability of its tokens (Whisper's measure).
        no_speech_prob: probability, 0 to 1, that its window holds no speech.
        compression_ratio: text bytes over their zlib size; high where text repeats itself.
        temperature: the sampling temperature that produced it.
    """

    span: TimeSpan
    text: str
    words: tuple[Word, ...] = ()
    speaker: str | None = None
    language: str | None = None
    avg_logprob: float | None = None
    no_speech_prob: float | None = None
    compression_ratio: float | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """The result for one recording.

    Attributes:
        segments: in the order of their start.
        language: language code of the recording; None where unknown.
        language_probability: 0 to 1 where it was detected, None where it was given.
        duration: length of the recording in seconds.
        warnings: what went less than well, in words.
        timings: seconds of work per stage (`decode`, `voice_activity`, `transcribe`, ...);
            stages overlap, so their sum may exceed the time that passed.
        diarization: who speaks when, also where no word is; None where nobody asked for it.
        name: what the recording is called, for formats that tell; empty where it has none.
    """

    segments: tuple[Segment, ...] = ()
    language: str | None = None
    language_probability: float | None = None
    duration: float = 0.0
    warnings: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    diarization: Diarization | None = None
    name: str = ""

    @property
    def text(self) -> str:
        """All segments, a line each."""
        return "\n".join(segment.text for segment in self.segments)

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in order."""
        return tuple(word for segment in self.segments for word in segment.words)

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers in order of first appearance, of words as well as of segments."""
        heard = (
            speaker
            for segment in self.segments
            for speaker in (*(word.speaker for word in segment.words), segment.speaker)
        )
        return tuple(dict.fromkeys(speaker for speaker in heard if speaker is not None))

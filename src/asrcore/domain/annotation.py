"""What a document tells of a recording: texts, times, speakers; as much as it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Transcript, Word


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of text: a sentence, a cue, a line.

    Attributes:
        text: as written, without spaces around it.
        span: when it sounds; None where the document does not say.
        speaker: who says it; None where the document does not say.
        words: its words where the document tells them one by one, else empty.
    """

    text: str
    span: TimeSpan | None = None
    speaker: str | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """A reference or a hypothesis: everything that one document tells of one recording.

    Attributes:
        utterances: in the document's order; None where it tells no text at all (RTTM).
        turns: who speaks when, where the document lists that apart from the text.
        duration: length of the recording in seconds; None where unknown.
        audio: the recording's file name, where the document names it.
        language: language code, where the document names it.
    """

    utterances: tuple[Utterance, ...] | None = None
    turns: Diarization | None = None
    duration: float | None = None
    audio: str | None = None
    language: str | None = None

    @classmethod
    def of(cls, transcript: Transcript) -> Annotation:
        """What a transcript tells."""
        return cls(
            tuple(
                Utterance(segment.text, segment.span, segment.speaker, segment.words)
                for segment in transcript.segments
            ),
            transcript.diarization,
            transcript.duration,
            language=transcript.language,
        )

    @classmethod
    def plain(cls, text: str) -> Annotation:
        """A text, a line an utterance."""
        lines = (line.strip() for line in text.splitlines())
        return cls(tuple(Utterance(line) for line in lines if line))

    def without_times(self) -> Annotation:
        """The same, as if nobody knew when it is said."""
        if self.utterances is None:
            return self
        return replace(self, utterances=tuple(_untimed(each) for each in self.utterances))

    @property
    def text(self) -> str | None:
        """All that was said, a line an utterance; None where no text is told."""
        if self.utterances is None:
            return None
        return "\n".join(utterance.text for utterance in self.utterances)

    @property
    def silent(self) -> bool:
        """Whether it tells that nothing is said, which is more than telling no text."""
        return self.utterances is not None and not any(each.text for each in self.utterances)

    @property
    def words(self) -> tuple[Word, ...]:
        """Every word that is told one by one, in the document's order."""
        return tuple(word for utterance in self.utterances or () for word in utterance.words)

    @property
    def diarization(self) -> Diarization | None:
        """Who speaks when: the listed turns, else the words' or the utterances' speakers.

        Nobody, where nothing is said; None where no speaker is told.
        """
        if self.turns is not None:
            return self.turns
        turns = [turn for utterance in self.utterances or () for turn in _turns(utterance)]
        return Diarization(tuple(turns)) if turns or self.silent else None

    @property
    def streams(self) -> Mapping[str | None, str] | None:
        """What each speaker says, in order of time where that is told, else as listed.

        A line is an utterance, or a word of one that changes speakers.

        What nobody is named for goes by None; nothing is there where nothing is said; None where
        no text or no speaker is told.
        """
        if self.utterances is None:
            return None
        pieces = [piece for utterance in self.utterances for piece in _pieces(utterance)]
        if all(piece.start is not None for piece in pieces):
            pieces.sort(key=lambda piece: piece.start or 0.0)
        said: dict[str | None, list[str]] = {}
        for piece in pieces:
            said.setdefault(piece.speaker, []).append(piece.text)
        told = self.silent or any(speaker is not None for speaker in said)
        return {speaker: "\n".join(texts) for speaker, texts in said.items()} if told else None


def _untimed(utterance: Utterance) -> Utterance:
    words = (replace(word, span=None, estimated=False, characters=()) for word in utterance.words)
    return replace(utterance, span=None, words=tuple(words))


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one speaker says at a stretch."""

    speaker: str | None
    text: str
    start: float | None


def _pieces(utterance: Utterance) -> list[_Piece]:
    """An utterance, or its words where they change speakers."""
    start = utterance.span.start if utterance.span is not None else None
    speakers = _speakers(utterance)
    if len(speakers) == 1:
        return [_Piece(speakers.pop(), utterance.text, start)]
    pieces = []
    for word in utterance.words:
        start = word.span.start if word.span is not None else start
        pieces.append(_Piece(word.speaker or utterance.speaker, word.text, start))
    return pieces


def _speakers(utterance: Utterance) -> set[str | None]:
    """Who says its words; these know better than the utterance does."""
    return {word.speaker or utterance.speaker for word in utterance.words} or {utterance.speaker}


def _turns(utterance: Utterance) -> list[SpeakerTurn]:
    """An utterance's turn, of the speaker that its words tell; several where these change.

    Then words without a time are nobody's turn; if none has one, all is the utterance's speaker's.
    """
    timed = [
        (word.span, speaker)
        for word in utterance.words
        if word.span is not None and (speaker := word.speaker or utterance.speaker) is not None
    ]
    speakers = _speakers(utterance)
    if utterance.span is None or utterance.speaker is None or (timed and len(speakers) > 1):
        return _joined(timed)
    speaker = speakers.pop() if len(speakers) == 1 else None
    return [SpeakerTurn(utterance.span, speaker or utterance.speaker)]


def _joined(timed: list[tuple[TimeSpan, str]]) -> list[SpeakerTurn]:
    """Words of one speaker in a row make one turn."""
    turns: list[SpeakerTurn] = []
    for span, speaker in timed:
        if turns and turns[-1].speaker == speaker:
            turns[-1] = SpeakerTurn(turns[-1].span | span, speaker)
        else:
            turns.append(SpeakerTurn(span, speaker))
    return turns

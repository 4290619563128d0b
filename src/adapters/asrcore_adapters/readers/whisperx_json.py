"""JSON with WhisperX's keys, ours among it, and Whisper's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.plugin import Options, Placement
from asrcore_adapters.readers.document import content
from asrcore_adapters.readers.json_tree import Node, parse


class JsonReader:
    """`segments`, each with `text`, `start`, `end`, `speaker` and `words`; all but one may lack.

    A segment with a speaker and without text is a turn. A word has `word`, `start`, `end`, `score`
    (Whisper: `probability`) and `speaker`. Of the rest, `turns`, `duration`, `language` and
    `truth.audio`, the file name of the recording, are read; every other key is ignored,
    `word_segments` too. Turns that are listed apart count more than those of the segments.
    """

    extension = "json"

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def read(self, stream: TextIO) -> Mapping[str, Annotation]:
        """All that is told of one recording.

        Raises:
            InputError: it is no JSON, or not a transcript's; names the key by its path.
        """
        document = parse(content(stream))
        segments = document.get("segments")
        if segments is None:
            raise document.error("it has no segments", "a transcript has a list of segments")
        truth = document.get("truth")
        audio = truth.get("audio") if truth else None
        language = document.get("language")
        utterances, turns = _told(list(segments.items()))
        if listed := document.get("turns"):
            turns = Diarization(tuple(_turn(turn) for turn in listed.items()))
            utterances = utterances or (None if turns.turns else ())
        return {
            "": Annotation(
                utterances,
                turns,
                duration=_seconds(document.get("duration")),
                audio=audio.text() if audio else None,
                language=language.text() if language else None,
            )
        }


def _told(segments: list[Node]) -> tuple[tuple[Utterance, ...] | None, Diarization | None]:
    """The utterances, None where no segment has a text; the turns, None where all have one."""
    everything = tuple(_utterance(segment) for segment in segments)
    said = tuple(utterance for utterance in everything if utterance.text)
    no_text = bool(segments) and not any(segment.get("text") for segment in segments)
    turns = any(each.speaker and each.span for each in everything if not each.text)
    return None if no_text else said, Annotation(everything).diarization if turns else None


def _turn(node: Node) -> SpeakerTurn:
    speaker, span = node.get("speaker"), _span(node)
    if speaker is None or span is None or not speaker.text():
        raise node.error("a turn has a speaker, a start and an end")
    return SpeakerTurn(span, speaker.text())


def _utterance(segment: Node) -> Utterance:
    text, speaker, words = (segment.get(key) for key in ("text", "speaker", "words"))
    span = _span(segment)
    if text is None and (speaker is None or span is None or (words and words.value)):
        raise segment.error("it has no text", "a turn has a speaker, a start and an end, no words")
    return Utterance(
        text.text() if text else "",
        span,
        speaker.text() or None if speaker else None,
        tuple(word for node in words.items() if (word := _word(node)).text) if words else (),
    )


def _word(node: Node) -> Word:
    text, speaker = node.get("word"), node.get("speaker")
    score = node.get("score") or node.get("probability")
    if text is None:
        raise node.error("it has no word")
    return Word(
        text.text(),
        _span(node),
        score.number() if score else None,
        speaker.text() or None if speaker else None,
    )


def _span(node: Node) -> TimeSpan | None:
    """Start and end, which are told both or not at all."""
    start, end = node.get("start"), node.get("end")
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise node.error("it has one of start and end, not both")
    try:
        return TimeSpan(start.number(), end.number())
    except ValueError as error:
        raise node.error(str(error)) from error


def _seconds(node: Node | None) -> float | None:
    if node is not None and node.number() < 0:
        raise node.error("a duration is not negative")
    return node.number() if node is not None else None

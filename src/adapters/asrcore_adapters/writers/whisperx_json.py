"""JSON with WhisperX's keys and types, and a few more."""

from __future__ import annotations

import json
from typing import Any, TextIO

from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Character, Segment, Transcript, Word
from asrcore.plugin import Placement
from asrcore_adapters.writers import JsonOptions


class JsonWriter:
    """`segments`, `word_segments` and `language` as WhisperX has them; unknown keys are absent.

    Beyond WhisperX: `duration`, `language_probability`, `warnings`, each segment's
    `no_speech_prob`, `compression_ratio`, `temperature` and `language`, and `estimated` on words
    whose times were not heard. Where speakers were looked for: `turns`, which may overlap, and
    `exclusive_turns`; `speaker_embeddings` as WhisperX has them. Never NaN.
    """

    extension = "json"

    def __init__(self, options: JsonOptions, placement: Placement) -> None:
        self._indent = options.indent or None

    def write(self, transcript: Transcript, stream: TextIO) -> None:
        """Write one JSON document.

        Raises:
            ValueError: a score is not a finite number, which no engine may give.
        """
        document = as_document(transcript)
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=self._indent)
        stream.write(f"{text}\n")


def as_document(transcript: Transcript) -> dict[str, Any]:
    """A transcript as JSON values; times rounded to milliseconds."""
    return {
        "segments": [_segment(segment) for segment in transcript.segments],
        "word_segments": [_word(word) for word in transcript.words],
        **_present(
            language=transcript.language,
            language_probability=_rounded(transcript.language_probability),
            duration=_rounded(transcript.duration),
        ),
        "warnings": list(transcript.warnings),
        **(_speakers(transcript.diarization) if transcript.diarization is not None else {}),
    }


def _speakers(diarization: Diarization) -> dict[str, Any]:
    voices = {name: list(map(float, voice)) for name, voice in diarization.embeddings.items()}
    return {
        "turns": [_turn(turn) for turn in diarization.turns],
        "exclusive_turns": [_turn(turn) for turn in diarization.exclusive],
        **({"speaker_embeddings": voices} if voices else {}),
    }


def _turn(turn: SpeakerTurn) -> dict[str, Any]:
    return {**_times(turn.span), "speaker": turn.speaker}


def _segment(segment: Segment) -> dict[str, Any]:
    return {
        **_times(segment.span),
        "text": segment.text,
        "words": [_word(word) for word in segment.words],
        **({"chars": chars} if (chars := _characters(segment)) else {}),
        **_present(
            speaker=segment.speaker,
            language=segment.language,
            avg_logprob=_rounded(segment.avg_logprob),
            no_speech_prob=_rounded(segment.no_speech_prob),
            compression_ratio=_rounded(segment.compression_ratio),
            temperature=_rounded(segment.temperature),
        ),
    }


def _word(word: Word) -> dict[str, Any]:
    return {
        "word": word.text,
        **(_times(word.span) if word.span is not None else {}),
        **_present(score=_rounded(word.score), speaker=word.speaker),
        **({"estimated": True} if word.estimated else {}),
    }


def _characters(segment: Segment) -> list[dict[str, Any]]:
    """The characters of all words, a space between words where the text has one; or none."""
    if not any(word.characters for word in segment.words):
        return []
    found: list[dict[str, Any]] = []
    position = 0
    for word in segment.words:
        begin = segment.text.find(word.text, position)
        if begin > position:
            found.append({"char": " "})
        position = max(position, begin) + len(word.text)
        found += [_character(each) for each in word.characters]
    return found


def _character(character: Character) -> dict[str, Any]:
    return {
        "char": character.text,
        **(_times(character.span) if character.span is not None else {}),
        **_present(score=_rounded(character.score)),
    }


def _times(span: TimeSpan) -> dict[str, float]:
    return {"start": round(float(span.start), 3), "end": round(float(span.end), 3)}


def _rounded(value: float | None) -> float | None:
    """Also a NumPy number becomes a plain one here."""
    return None if value is None else round(float(value), 3)


def _present(**values: float | str | None) -> dict[str, float | str]:
    return {key: value for key, value in values.items() if value is not None}

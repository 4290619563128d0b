"""What a recording holds, exactly, as JSON beside it: docs/truth.md describes every key.

The file is a transcript as `asr run` writes it, and a key `truth` with what only the maker knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from string import punctuation
from typing import Any

from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Transcript, Word
from tools.synthetic.scenes import Placed, Scene
from tools.synthetic.speech import Sentence

LANGUAGE = "en"

Conditions = Mapping[str, str | float | bool]


@dataclass(frozen=True, slots=True)
class Truth:
    """One recording's truth.

    Attributes:
        transcript: a segment a sentence, by start; every word has its time and its speaker.
        spoken: for each segment the plain words that sound, where the text has others.
        audio: name of the sound file, which lies beside the JSON.
        set: the set it belongs to.
        voices: speaker -> name of the voice.
        conditions: what was done to the speech; `tools.synthetic.conditions` has the keys.
        overlap: share of the time with speech in which two or more speak.
    """

    transcript: Transcript
    spoken: tuple[str | None, ...]
    audio: str
    set: str
    voices: Mapping[str, str]
    conditions: Conditions
    overlap: float


def truth_of(scene: Scene, audio: str, of_set: str, conditions: Conditions) -> Truth:
    """What a scene holds; speakers are numbered in the order in which they are first heard."""
    names = {voice: f"SPEAKER_{number:02}" for number, voice in enumerate(scene.voices)}
    return Truth(
        transcript=Transcript(
            tuple(_segment_of(placed, names[placed.voice]) for placed in scene.placed),
            language=LANGUAGE,
            duration=round(scene.duration, 3),
        ),
        spoken=tuple(_spoken(placed.utterance.sentence) for placed in scene.placed),
        audio=audio,
        set=of_set,
        voices={name: voice for voice, name in names.items()},
        conditions=conditions,
        overlap=round(scene.overlap, 4),
    )


def write(truth: Truth, path: Path) -> None:
    """Write the JSON.

    Raises:
        ValueError: it contradicts itself; see `check`.
    """
    check(truth)
    text = json.dumps(_as_document(truth), ensure_ascii=False, allow_nan=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")


def read(path: Path) -> Truth:
    """Read what `write` wrote.

    Raises:
        ValueError: it contradicts itself; see `check`.
        KeyError: something is missing.
    """
    document = json.loads(path.read_text(encoding="utf-8"))
    truth = Truth(
        transcript=Transcript(
            tuple(_segment(entry) for entry in document["segments"]),
            language=document["language"],
            duration=document["duration"],
        ),
        spoken=tuple(entry.get("spoken") for entry in document["segments"]),
        **document["truth"],
    )
    check(truth)
    return truth


def check(truth: Truth) -> None:
    """See that the truth can be true.

    Raises:
        ValueError: segments are not in order of start, a segment's words are not in order or
            not what its text says, something lies outside the recording, a speaker speaks over
            himself, has no voice, or is not numbered by first appearance.
    """
    segments = truth.transcript.segments
    _in_order("segments", [segment.span.start for segment in segments])
    for segment in segments:
        _check_words(segment)
    for speaker in truth.transcript.speakers:
        bounds = [_bounds(segment.span) for segment in segments if segment.speaker == speaker]
        _in_order(f"the sentences of {speaker}", [time for both in bounds for time in both])
    if max((segment.span.end for segment in segments), default=0.0) > truth.transcript.duration:
        raise ValueError("speech goes on after the recording's end")
    expected = tuple(f"SPEAKER_{number:02}" for number in range(len(truth.voices)))
    if not truth.transcript.speakers == tuple(truth.voices) == expected:
        raise ValueError(f"speakers are not {', '.join(expected)} in the order of appearance")
    if len(truth.spoken) != len(segments):
        raise ValueError("`spoken` has not one entry a segment")


def _check_words(segment: Segment) -> None:
    if any(word.span is None or word.speaker != segment.speaker for word in segment.words):
        raise ValueError(f"a word of {segment.text!r} has no time or another speaker")
    spans = [word.span for word in segment.words if word.span is not None]
    _in_order(f"the words of {segment.text!r}", [time for span in spans for time in _bounds(span)])
    if not spans or segment.span != TimeSpan(spans[0].start, spans[-1].end):
        raise ValueError(f"{segment.text!r} does not span its words")
    if segment.text != " ".join(word.text for word in segment.words):
        raise ValueError(f"{segment.text!r} is not what its words say")


def _in_order(what: str, times: Iterable[float]) -> None:
    for earlier, later in pairwise(times):
        if later < earlier:
            raise ValueError(f"{what} are not in order: {later:.3f} s after {earlier:.3f} s")


def _bounds(span: TimeSpan) -> tuple[float, float]:
    return span.start, span.end


def _spoken(sentence: Sentence) -> str | None:
    """The plain words, where they are not just the written ones without punctuation."""
    written = tuple(word.written.strip(punctuation) for word in sentence.words)
    return None if written == sentence.spoken else " ".join(sentence.spoken)


def _segment_of(placed: Placed, speaker: str) -> Segment:
    words = tuple(
        Word(word.written, TimeSpan(round(start, 3), round(end, 3)), speaker=speaker)
        for word, start, end in zip(
            placed.utterance.sentence.words, placed.starts, placed.ends, strict=True
        )
    )
    span = TimeSpan(round(placed.start, 3), round(placed.end, 3))
    return Segment(span, placed.utterance.sentence.text, words, speaker)


def _as_document(truth: Truth) -> dict[str, Any]:
    segments = zip(truth.transcript.segments, truth.spoken, strict=True)
    return {
        "segments": [_as_entry(segment, spoken) for segment, spoken in segments],
        "language": truth.transcript.language,
        "duration": truth.transcript.duration,
        "truth": {
            "audio": truth.audio,
            "set": truth.set,
            "voices": dict(truth.voices),
            "conditions": dict(truth.conditions),
            "overlap": truth.overlap,
        },
    }


def _as_entry(segment: Segment, spoken: str | None) -> dict[str, Any]:
    return {
        **_times(segment.span),
        "text": segment.text,
        **({} if spoken is None else {"spoken": spoken}),
        "speaker": segment.speaker,
        "words": [
            {"word": word.text, **_times(word.span), "speaker": word.speaker}
            for word in segment.words
            if word.span is not None
        ],
    }


def _segment(entry: Mapping[str, Any]) -> Segment:
    words = tuple(Word(each["word"], _span(each), None, each["speaker"]) for each in entry["words"])
    return Segment(_span(entry), entry["text"], words, entry["speaker"])


def _times(span: TimeSpan) -> dict[str, float]:
    return {"start": span.start, "end": span.end}


def _span(entry: Mapping[str, float]) -> TimeSpan:
    return TimeSpan(entry["start"], entry["end"])

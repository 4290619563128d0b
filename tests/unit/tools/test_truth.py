"""The truth survives its file, has a transcript's shape, and refuses to contradict itself."""

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest

from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Transcript
from asrcore.plugin import Placement
from asrcore_adapters.writers import JsonOptions
from asrcore_adapters.writers.whisperx_json import JsonWriter
from tools.synthetic import truth
from tools.synthetic.conditions import Conditions
from tools.synthetic.scenes import Manner, Placed, Scene, clip, conversation
from tools.synthetic.speech import SAMPLE_RATE, Sentence


@pytest.fixture
def scene(say, murmur, rng):
    return conversation(("ann", "bob", "cat"), Manner(30, overlap=0.06), say, murmur, rng)


@pytest.fixture
def told(scene):
    conditions = Conditions(noise="babble", snr=20.0).as_values()
    return truth.truth_of(scene, "talk.opus", "meetings", conditions)


def test_what_was_written_is_read_again(told, tmp_path):
    truth.write(told, tmp_path / "talk.json")
    assert truth.read(tmp_path / "talk.json") == told


def test_a_file_has_the_keys_of_a_transcript(told, tmp_path):
    truth.write(told, tmp_path / "talk.json")
    document = json.loads((tmp_path / "talk.json").read_text())
    stream = StringIO()
    JsonWriter(JsonOptions(), Placement()).write(told.transcript, stream)
    ours = json.loads(stream.getvalue())
    assert document["segments"] == ours["segments"]
    assert (document["language"], document["duration"]) == (ours["language"], ours["duration"])
    assert document["truth"] == {
        "audio": "talk.opus",
        "set": "meetings",
        "voices": dict(told.voices),
        "conditions": {"noise": "babble", "snr": 20.0},
        "overlap": told.overlap,
    }


def test_every_voice_is_a_speaker(scene, told):
    assert tuple(told.voices) == ("SPEAKER_00", "SPEAKER_01", "SPEAKER_02")
    assert tuple(told.voices.values()) == scene.voices
    speakers = [segment.speaker for segment in told.transcript.segments]
    assert [told.voices[speaker] for speaker in speakers] == [it.voice for it in scene.placed]


def test_times_are_the_scenes_to_a_millisecond(scene, told):
    for placed, segment in zip(scene.placed, told.transcript.segments, strict=True):
        times = [time for word in segment.words for time in (word.span.start, word.span.end)]
        exact = np.ravel(np.column_stack((placed.starts, placed.ends)))
        assert times == pytest.approx(exact, abs=0.0006)
        assert times == [round(time, 3) for time in times]


def test_speakers_are_numbered_as_they_are_heard(hum):
    said = Sentence.parse("Good morning.")
    late, early = Placed(hum(said, "ann"), 3 * SAMPLE_RATE), Placed(hum(said, "bob"), 0)
    told = truth.truth_of(Scene((late, early), 5 * SAMPLE_RATE), "a.flac", "x", {})
    assert told.voices == {"SPEAKER_00": "bob", "SPEAKER_01": "ann"}
    assert [segment.speaker for segment in told.transcript.segments] == ["SPEAKER_00", "SPEAKER_01"]


@pytest.mark.parametrize(
    ("line", "text", "spoken"),
    [
        ("At {3:30|three thirty}, sharp.", "At 3:30, sharp.", "At three thirty sharp"),
        ("A well-known face.", "A well-known face.", "A well known face"),
        ("It's Ann's, isn't it?", "It's Ann's, isn't it?", None),
    ],
)
def test_what_is_said_stands_beside_what_is_written(hum, tmp_path, line, text, spoken):
    scene = clip(hum(Sentence.parse(line), "ann"), 0.2, 0.2)
    truth.write(truth.truth_of(scene, "a.flac", "x", {}), tmp_path / "a.json")
    entry = json.loads((tmp_path / "a.json").read_text())["segments"][0]
    assert entry["text"] == text == " ".join(word["word"] for word in entry["words"])
    assert entry.get("spoken") == spoken
    assert truth.read(tmp_path / "a.json").spoken == (spoken,)


def changed(told, place, **values):
    segments = list(told.transcript.segments)
    segments[place] = replace(segments[place], **values)
    return replace(told, transcript=replace(told.transcript, segments=tuple(segments)))


def with_words_swapped(told):
    first, second, *rest = told.transcript.segments[0].words
    words = (replace(first, span=second.span), replace(second, span=first.span), *rest)
    return changed(told, 0, words=words)


def with_untimed_word(told):
    first, *rest = told.transcript.segments[0].words
    return changed(told, 0, words=(replace(first, span=None), *rest))


def with_segments_swapped(told):
    first, second, *rest = told.transcript.segments
    transcript = replace(told.transcript, segments=(second, first, *rest))
    return replace(told, transcript=transcript)


def cut_short(told):
    return replace(told, transcript=replace(told.transcript, duration=5.0))


def by_one_speaker(told):
    segments = tuple(
        replace(
            segment,
            speaker="SPEAKER_00",
            words=tuple(replace(word, speaker="SPEAKER_00") for word in segment.words),
        )
        for segment in told.transcript.segments
    )
    return replace(told, transcript=Transcript(segments, duration=told.transcript.duration))


LIES = {
    "words not in order": (with_words_swapped, "words of .* not in order"),
    "a word without a time": (with_untimed_word, "no time"),
    "segments not in order": (with_segments_swapped, "segments are not in order"),
    "past the end": (cut_short, "after the recording's end"),
    "a speaker over himself": (by_one_speaker, "sentences of SPEAKER_00 are not in order"),
    "wider than its words": (
        lambda told: changed(told, 0, span=TimeSpan(0.0, 0.5)),
        "does not span its words",
    ),
    "another text": (lambda told: changed(told, 0, text="Bah."), "not what its words say"),
    "a voice too many": (
        lambda told: replace(told, voices={**told.voices, "SPEAKER_03": "dan"}),
        "order of appearance",
    ),
    "too little spoken": (lambda told: replace(told, spoken=()), "one entry a segment"),
}


@pytest.mark.parametrize(("lie", "said"), LIES.values(), ids=LIES.keys())
def test_a_truth_that_cannot_be_is_not_written(told, tmp_path, lie, said):
    with pytest.raises(ValueError, match=said):
        truth.write(lie(told), tmp_path / "talk.json")
    assert not (tmp_path / "talk.json").exists()

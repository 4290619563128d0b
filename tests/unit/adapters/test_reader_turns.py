"""Turns that a JSON document lists apart from its segments."""

import json
from io import StringIO

import pytest

from asrcore.domain.annotation import Annotation
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import InputError
from asrcore.plugin import Options, Placement
from asrcore_adapters.readers import JSON


def read(**document: object) -> Annotation:
    reader = JSON.build(Options(), Placement())
    (found,) = reader.read(StringIO(json.dumps({"segments": [], **document}))).values()
    return found


def turn(speaker: object = "A", start: object = 0.0, end: object = 1.0) -> dict:
    told = {"speaker": speaker, "start": start, "end": end}
    return {key: value for key, value in told.items() if value is not None}


SAID = {"text": "Hm.", "start": 0.0, "end": 1.0, "speaker": "Z"}
LISTED = Diarization((SpeakerTurn(TimeSpan(0.0, 1.0), "A"), SpeakerTurn(TimeSpan(0.5, 2.0), "B")))
BOTH = [turn(), turn("B", 0.5, 2.0)]


def test_turns_are_read_in_order_of_time_also_where_they_overlap() -> None:
    found = read(turns=BOTH[::-1])
    assert found.turns == LISTED
    assert found.diarization == LISTED
    assert found.utterances is None


def test_turns_that_are_listed_count_more_than_the_speakers_of_segments() -> None:
    found = read(segments=[SAID], turns=BOTH)
    assert found.diarization == LISTED
    assert [(each.text, each.speaker) for each in found.utterances] == [("Hm.", "Z")]


def test_turns_that_are_listed_count_more_than_segments_that_are_turns() -> None:
    found = read(segments=[turn("Z", 3.0, 4.0)], turns=BOTH)
    assert (found.diarization, found.utterances) == (LISTED, None)


@pytest.mark.parametrize("nothing", [{}, {"turns": None}])
def test_without_turns_segments_tell_them(nothing: dict) -> None:
    assert read(segments=[SAID], **nothing).diarization.speakers == ("Z",)
    (told,) = read(segments=[turn("Z", 3.0, 4.0)], **nothing).diarization.turns
    assert told == SpeakerTurn(TimeSpan(3.0, 4.0), "Z")


def test_no_turn_at_all_means_that_nobody_speaks() -> None:
    found = read(turns=[])
    assert (found.turns, found.utterances, found.silent) == (Diarization(), (), True)


def test_other_keys_of_a_diarization_are_ignored() -> None:
    more = {"exclusive_turns": "x", "speaker_embeddings": {"A": [1.0]}}
    assert read(turns=BOTH, **more).turns == LISTED


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        ("A", "turns: it is not a list"),
        (["A"], "turns[0]: it is not an object"),
        ([turn(), turn(None)], "turns[1]: a turn has a speaker, a start and an end"),
        ([turn(start=None)], "turns[0]: it has one of start and end, not both"),
        ([turn(start=None, end=None)], "turns[0]: a turn has a speaker, a start and an end"),
        ([turn(3)], "turns[0].speaker: it is not a string"),
        ([turn(start="0")], "turns[0].start: it is not a number"),
    ],
)
def test_what_is_no_turn_is_named_by_its_path(turns: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(turns=turns)
    assert caught.value.message == message


def test_a_turn_that_runs_backwards_is_named() -> None:
    with pytest.raises(InputError, match=r"^turns\[0\]: "):
        read(turns=[turn(start=2.0)])


def test_a_turn_of_nobody_is_none() -> None:
    with pytest.raises(InputError, match="a turn has a speaker"):
        read(turns=[turn(" ")])

"""Who speaks when, as RTTM and JSON have it."""

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.annotation import Annotation
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Transcript, Word
from asrcore.plugin import Options, Placement, Plugin
from asrcore.testing import PluginContract, TranscriptWriterContract
from asrcore_adapters import readers
from asrcore_adapters.writers import JSON, RTTM
from asrcore_adapters.writers.rttm import RttmWriter
from asrcore_adapters.writers.whisperx_json import as_document


def written(plugin: Plugin, transcript: Transcript) -> str:
    stream = StringIO()
    plugin.build(plugin.options(), Placement()).write(transcript, stream)
    return stream.getvalue()


def read(plugin: Plugin, document: str) -> dict[str, Annotation]:
    return dict(plugin.build(plugin.options(), Placement()).read(StringIO(document)))


def turns(*told: tuple[str, float, float]) -> tuple[SpeakerTurn, ...]:
    return tuple(SpeakerTurn(TimeSpan(start, end), name) for name, start, end in told)


TALK = Diarization(turns(("A", 0.5, 2.25), ("B", 2.0, 3.0), ("A", 3.0, 4.0)))
"""They overlap for a quarter of a second."""
TALKED = Transcript(duration=5.0, diarization=TALK, name="talk")
SAID = Transcript(
    (
        Segment(TimeSpan(0.0, 1.0), "Yes. No.", (
            Word("Yes.", TimeSpan(0.0, 0.5), speaker="A"),
            Word("No.", TimeSpan(0.5, 1.0), speaker="B"),
        ), speaker="A"),
        Segment(TimeSpan(2.0, 3.0), "Well.", speaker="B"),
        Segment(TimeSpan(4.0, 5.0), "(a door)"),
    ),
    duration=5.0,
    name="said",
)  # fmt: skip
"""Nobody diarized it; its words and segments tell who speaks."""


class TestRttm(PluginContract, TranscriptWriterContract):
    text = False

    @pytest.fixture
    def plugin(self) -> Plugin:
        return RTTM

    @pytest.fixture
    def reference(self) -> str:
        return "asrcore_adapters.writers:RTTM"

    @pytest.fixture
    def writer(self) -> RttmWriter:
        return RttmWriter(Options(), Placement())


# RTTM


def test_rttm_is_a_line_a_turn_those_that_overlap_too() -> None:
    assert written(RTTM, TALKED) == (
        "SPEAKER talk 1 0.500 1.750 <NA> <NA> A <NA> <NA>\n"
        "SPEAKER talk 1 2.000 1.000 <NA> <NA> B <NA> <NA>\n"
        "SPEAKER talk 1 3.000 1.000 <NA> <NA> A <NA> <NA>\n"
    )


def test_rttm_has_the_turns_of_the_words_where_nobody_diarized() -> None:
    assert [line.split()[3:8:4] for line in written(RTTM, SAID).splitlines()] == [
        ["0.000", "A"],
        ["0.500", "B"],
        ["2.000", "B"],
    ]


def test_the_diarizers_turns_count_more_than_those_of_the_words() -> None:
    both = replace(SAID, diarization=TALK, name="talk")
    assert written(RTTM, both) == written(RTTM, TALKED)
    silent = replace(SAID, diarization=Diarization())
    assert written(RTTM, silent) == "", "a diarizer that hears nobody was asked, too"


@pytest.mark.parametrize(
    "nobody", [Transcript(), Transcript((Segment(TimeSpan(0.0, 1.0), "Hm."),), name="a")]
)
def test_rttm_is_empty_where_no_speaker_is_told(nobody: Transcript) -> None:
    assert written(RTTM, nobody) == ""


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("talk", "talk"),
        ("my talk (2)", "my_talk_(2)"),
        (" a \t b\nc ", "a_b_c"),
        ("a\u3000b\u00a0c", "a_b_c"),
        ("", "recording"),
        ("  ", "_"),
        ("対話", "対話"),
    ],
)
def test_spaces_in_names_part_no_columns(name: str, column: str) -> None:
    speaker = name or "A"
    told = Diarization(turns((speaker, 0.0, 1.0)))
    (line,) = written(RTTM, Transcript(diarization=told, name=name)).splitlines()
    assert len(line.split()) == 10
    assert line.split()[1] == column
    assert line.split()[7] == (column if name else "A")


def test_rttm_names_what_has_no_name() -> None:
    assert written(RTTM, replace(TALKED, name="")).startswith("SPEAKER recording 1 0.500")


def test_times_are_rounded_so_that_turns_that_touch_still_do() -> None:
    thirds = turns(("A", 1 / 3, 2 / 3), ("B", 2 / 3, 1.0006))
    lines = written(RTTM, Transcript(diarization=Diarization(thirds))).splitlines()
    assert [line.split()[3:5] for line in lines] == [["0.333", "0.334"], ["0.667", "0.334"]]


def test_numpys_numbers_are_numbers() -> None:
    span = TimeSpan(np.float32(0.5), np.float64(1.25))
    found = Diarization((SpeakerTurn(span, "A"),))
    assert "1 0.500 0.750 <NA>" in written(RTTM, Transcript(diarization=found))
    document = as_document(Transcript(diarization=found))
    assert document["turns"] == [{"start": 0.5, "end": 1.25, "speaker": "A"}]
    assert {type(document["turns"][0][key]) for key in ("start", "end")} == {float}


# JSON


def test_json_tells_all_turns_and_those_of_one_at_a_time() -> None:
    document = json.loads(written(JSON, TALKED))
    assert document["turns"] == [
        {"start": 0.5, "end": 2.25, "speaker": "A"},
        {"start": 2.0, "end": 3.0, "speaker": "B"},
        {"start": 3.0, "end": 4.0, "speaker": "A"},
    ]
    assert document["exclusive_turns"] == [
        {"start": turn.span.start, "end": turn.span.end, "speaker": turn.speaker}
        for turn in TALK.exclusive
    ]
    assert document["segments"] == []
    assert "speaker_embeddings" not in document


def test_json_says_nothing_of_turns_where_nobody_diarized() -> None:
    assert set(json.loads(written(JSON, SAID))) == {
        "segments",
        "word_segments",
        "duration",
        "warnings",
    }


def test_json_says_that_nobody_was_heard() -> None:
    document = json.loads(written(JSON, Transcript(diarization=Diarization())))
    assert (document["turns"], document["exclusive_turns"]) == ([], [])


def test_json_tells_voices_unrounded() -> None:
    voices = {"A": (0.123456789, -1.0), "B": (1e-9, 0.5)}
    found = replace(TALK, embeddings=voices)
    document = json.loads(written(JSON, replace(TALKED, diarization=found)))
    assert document["speaker_embeddings"] == {name: list(each) for name, each in voices.items()}


def test_json_takes_voices_of_numpys_numbers() -> None:
    voice = tuple(np.array([0.5, -0.25], np.float32))
    found = replace(TALK, embeddings={"A": voice})
    document = json.loads(written(JSON, replace(TALKED, diarization=found)))
    assert document["speaker_embeddings"] == {"A": [0.5, -0.25]}


def test_a_voice_that_is_no_point_is_refused_and_nothing_is_written() -> None:
    stream = StringIO()
    found = replace(TALK, embeddings={"A": (float("nan"),)})
    with pytest.raises(ValueError, match="not JSON compliant"):
        JSON.build(JSON.options(), Placement()).write(Transcript(diarization=found), stream)
    assert stream.getvalue() == ""


# Read back


def close(found: Diarization) -> list[tuple[str, float, float]]:
    return [
        (turn.speaker, round(turn.span.start, 3), round(turn.span.end, 3)) for turn in found.turns
    ]


def test_what_rttm_tells_is_read_back() -> None:
    (back,) = read(readers.RTTM, written(RTTM, TALKED)).items()
    assert (back[0], close(back[1].diarization)) == ("talk", close(TALK))
    assert back[1].utterances is None


def test_turns_in_json_are_read_back_and_no_text_is_told() -> None:
    (back,) = read(readers.JSON, written(JSON, TALKED)).values()
    assert back.diarization.turns == TALK.turns
    assert (back.utterances, back.text, back.duration) == (None, None, 5.0)


def test_turns_beside_a_text_are_read_back_both() -> None:
    (back,) = read(readers.JSON, written(JSON, replace(SAID, diarization=TALK))).values()
    assert back.diarization.turns == TALK.turns
    assert [each.text for each in back.utterances] == ["Yes. No.", "Well.", "(a door)"]
    assert back.words == SAID.words


def test_that_nobody_speaks_is_read_back() -> None:
    nobody = Transcript(duration=5.0, diarization=Diarization(), name="a")
    (back,) = read(readers.JSON, written(JSON, nobody)).values()
    assert back.diarization == Diarization()
    assert back.silent


def test_that_no_speaker_is_told_in_a_text_is_read_back() -> None:
    said = Transcript((Segment(TimeSpan(0.0, 1.0), "Hm."),))
    (back,) = read(readers.JSON, written(JSON, said)).values()
    assert back.diarization is None


def test_a_text_whose_diarizer_heard_nobody_is_no_silence() -> None:
    said = Transcript((Segment(TimeSpan(0.0, 1.0), "Hm."),), diarization=Diarization())
    (back,) = read(readers.JSON, written(JSON, said)).values()
    assert back.text == "Hm."
    assert back.diarization == Diarization()


MILLISECONDS = st.integers(0, 12_000_000)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=6)
NAMES = NAMES.filter(lambda name: name not in ("NA", "<NA>"))
TURNS = st.tuples(NAMES, MILLISECONDS, MILLISECONDS)


@given(NAMES, st.lists(TURNS, min_size=1, max_size=8))
def test_whatever_turns_there_are_come_back(name: str, told: list[tuple]) -> None:
    spans = [(who, min(times) / 1000, (max(times) + 1) / 1000) for who, *times in told]
    transcript = Transcript(diarization=Diarization(turns(*spans)), name=name)
    expected = close(transcript.diarization)
    (by_rttm,) = read(readers.RTTM, written(RTTM, transcript)).items()
    assert (by_rttm[0], close(by_rttm[1].turns)) == (name, expected)
    (by_json,) = read(readers.JSON, written(JSON, transcript)).values()
    assert close(by_json.turns) == expected


def test_rttm_keeps_speakers_apart_and_can_be_read_back() -> None:
    names = ["a b", "a_b", "<NA>", "NA"]
    spans = [(who, float(n), n + 0.5) for n, who in enumerate(names)]
    told = turns(*spans, ("a b", 9.0, 9.0004))
    text = written(RTTM, Transcript(diarization=Diarization(told), name="a"))
    assert [line.split()[7] for line in text.splitlines()] == ["a_b", "a_b_", "<NA>_", "NA_"]
    (back,) = read(readers.RTTM, text).values()
    assert len(back.turns.turns) == 4

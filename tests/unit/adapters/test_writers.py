import json
import math
import re
from html import unescape
from io import StringIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Character, Segment, Transcript, Word
from asrcore.plugin import Options, Placement, Plugin
from asrcore.testing import PluginContract, TranscriptWriterContract, sample_transcript
from asrcore_adapters import writers
from asrcore_adapters.writers import JSON, SRT, TSV, TXT, VTT, JsonOptions, SubtitleOptions
from asrcore_adapters.writers.srt import SrtWriter
from asrcore_adapters.writers.tsv import TsvWriter
from asrcore_adapters.writers.txt import TxtWriter
from asrcore_adapters.writers.vtt import VttWriter
from asrcore_adapters.writers.whisperx_json import JsonWriter, as_document


def written(plugin: Plugin, transcript: Transcript, **options: object) -> str:
    stream = StringIO()
    writer = plugin.build(plugin.options.model_validate(options), Placement())
    writer.write(transcript, stream)
    return stream.getvalue()


def said(text: str, start: float = 0.0, end: float = 1.0, **more: object) -> Segment:
    """A segment whose words have no times of their own."""
    return Segment(TimeSpan(start, end), text, **more)


def timed(*words: tuple, **more: object) -> Segment:
    spoken = tuple(Word(text, TimeSpan(start, end), None, *who) for text, start, end, *who in words)
    text = " ".join(word.text for word in spoken)
    return Segment(spoken[0].span | spoken[-1].span, text, spoken, **more)


NOTHING = Transcript(language="en", duration=4.0)
HOURS = Transcript((said("Late.", 3725.0, 3726.25), said("Later.", 360_000.5, 360_001.0)), "en")
TWO_SPEAKERS = Transcript(
    (
        said("Who is there?", 0.5, 1.5, speaker="SPEAKER_00"),
        said("Nobody.", 2.0, 2.5, speaker="SPEAKER_01"),
        said("(a door)", 3.0, 3.5),
    ),
    "en",
)
MARKUP = Transcript((said("if a < b && b > c: a --> c", 0.0, 2.0, speaker="<R&D>"),), "en")
TEXTLESS = Transcript(
    (
        said("", 0.0, 1.0),
        said("   ", 1.0, 2.0),
        timed(("", 2.0, 2.5), ("", 2.5, 3.0)),
        said("Heard.", 3.0, 4.0),
    ),
    "en",
)
CHINESE = Transcript((timed(("今天", 0.0, 0.5), ("很", 0.5, 0.8), ("好。", 0.8, 1.2)),), "zh")
LONG = Transcript(
    (
        timed(
            ("Ask", 0.0, 0.4),
            ("not", 0.5, 1.0),
            ("what", 3.0, 3.2),
            ("your", 3.25, 3.5),
            ("country", 3.5, 4.125),
            ("can", 4.25, 4.5),
            ("do.", 4.5, 5.0),
        ),
    ),
    "en",
)
UNTIMED = Transcript(
    (
        said(
            "One two three four",
            0.0,
            60.0,
            words=(Word("One", TimeSpan(0.0, 1.0)), Word("two"), Word("three"), Word("four")),
        ),
    ),
    "en",
)


class TestTxt(PluginContract, TranscriptWriterContract):
    @pytest.fixture
    def plugin(self) -> Plugin:
        return TXT

    @pytest.fixture
    def reference(self) -> str:
        return "asrcore_adapters.writers:TXT"

    @pytest.fixture
    def writer(self) -> TxtWriter:
        return TxtWriter(Options(), Placement())


class TestSrt(PluginContract, TranscriptWriterContract):
    @pytest.fixture
    def plugin(self) -> Plugin:
        return SRT

    @pytest.fixture
    def reference(self) -> str:
        return "asrcore_adapters.writers:SRT"

    @pytest.fixture
    def writer(self) -> SrtWriter:
        return SrtWriter(SubtitleOptions(), Placement())


class TestVtt(PluginContract, TranscriptWriterContract):
    @pytest.fixture
    def plugin(self) -> Plugin:
        return VTT

    @pytest.fixture
    def reference(self) -> str:
        return "asrcore_adapters.writers:VTT"

    @pytest.fixture
    def writer(self) -> VttWriter:
        return VttWriter(SubtitleOptions(), Placement())


class TestTsv(PluginContract, TranscriptWriterContract):
    @pytest.fixture
    def plugin(self) -> Plugin:
        return TSV

    @pytest.fixture
    def reference(self) -> str:
        return "asrcore_adapters.writers:TSV"

    @pytest.fixture
    def writer(self) -> TsvWriter:
        return TsvWriter(Options(), Placement())


class TestJson(PluginContract, TranscriptWriterContract):
    @pytest.fixture
    def plugin(self) -> Plugin:
        return JSON

    @pytest.fixture
    def reference(self) -> str:
        return "asrcore_adapters.writers:JSON"

    @pytest.fixture
    def writer(self) -> JsonWriter:
        return JsonWriter(JsonOptions(), Placement())


# Plain text


def test_txt_is_a_line_a_segment_and_who_says_it() -> None:
    assert written(TXT, TWO_SPEAKERS) == (
        "SPEAKER_00: Who is there?\nSPEAKER_01: Nobody.\n(a door)\n"
    )
    assert written(TXT, NOTHING) == ""


# SubRip


@pytest.mark.parametrize(
    ("transcript", "subtitles"),
    [
        (NOTHING, ""),
        (
            HOURS,
            "1\n01:02:05,000 --> 01:02:06,250\nLate.\n\n"
            "2\n100:00:00,500 --> 100:00:01,000\nLater.\n\n",
        ),
        (
            TWO_SPEAKERS,
            "1\n00:00:00,500 --> 00:00:01,500\nSPEAKER_00: Who is there?\n\n"
            "2\n00:00:02,000 --> 00:00:02,500\nSPEAKER_01: Nobody.\n\n"
            "3\n00:00:03,000 --> 00:00:03,500\n(a door)\n\n",
        ),
        (MARKUP, "1\n00:00:00,000 --> 00:00:02,000\n<R&D>: if a < b && b > c: a -> c\n\n"),
        (TEXTLESS, "1\n00:00:03,000 --> 00:00:04,000\nHeard.\n\n"),
        (CHINESE, "1\n00:00:00,000 --> 00:00:01,200\n今天很好。\n\n"),
    ],
    ids=["nothing", "hours", "speakers", "markup", "textless", "chinese"],
)
def test_srt_to_the_byte(transcript: Transcript, subtitles: str) -> None:
    assert written(SRT, transcript) == subtitles


def test_srt_cuts_a_segment_by_its_words_times() -> None:
    assert written(SRT, LONG, line_length=12, lines=1) == (
        "1\n00:00:00,000 --> 00:00:01,000\nAsk not\n\n"  # a pause of 2 s follows
        "2\n00:00:03,000 --> 00:00:03,500\nwhat your\n\n"  # no room for more
        "3\n00:00:03,500 --> 00:00:04,500\ncountry can\n\n"
        "4\n00:00:04,500 --> 00:00:05,000\ndo.\n\n"
    )
    assert written(SRT, LONG, pause=10, duration=3.6) == (
        "1\n00:00:00,000 --> 00:00:03,500\nAsk not what your\n\n"
        "2\n00:00:03,500 --> 00:00:05,000\ncountry can do.\n\n"
    )


def test_subtitles_change_where_the_speaker_does() -> None:
    segment = timed(("Really?", 0.0, 0.5, "A"), ("Yes.", 0.5, 1.0, "B"), speaker="A")
    assert written(SRT, Transcript((segment,))) == (
        "1\n00:00:00,000 --> 00:00:00,500\nA: Really?\n\n"
        "2\n00:00:00,500 --> 00:00:01,000\nB: Yes.\n\n"
    )
    assert written(VTT, Transcript((segment,))) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:00.500\n<v A>Really?\n\n"
        "00:00:00.500 --> 00:00:01.000\n<v B>Yes.\n\n"
    )


def test_srt_leaves_a_segment_whole_whose_words_have_no_times() -> None:
    assert written(SRT, UNTIMED, line_length=9, lines=1) == (
        "1\n00:00:00,000 --> 00:01:00,000\nOne two\nthree\nfour\n\n"
    )


# WebVTT


@pytest.mark.parametrize(
    ("transcript", "subtitles"),
    [
        (NOTHING, ""),
        (
            HOURS,
            "01:02:05.000 --> 01:02:06.250\nLate.\n\n100:00:00.500 --> 100:00:01.000\nLater.\n\n",
        ),
        (
            TWO_SPEAKERS,
            "00:00:00.500 --> 00:00:01.500\n<v SPEAKER_00>Who is there?\n\n"
            "00:00:02.000 --> 00:00:02.500\n<v SPEAKER_01>Nobody.\n\n"
            "00:00:03.000 --> 00:00:03.500\n(a door)\n\n",
        ),
        (
            MARKUP,
            "00:00:00.000 --> 00:00:02.000\n"
            "<v &lt;R&amp;D&gt;>if a &lt; b &amp;&amp; b &gt; c: a --&gt; c\n\n",
        ),
        (TEXTLESS, "00:00:03.000 --> 00:00:04.000\nHeard.\n\n"),
        (CHINESE, "00:00:00.000 --> 00:00:01.200\n今天很好。\n\n"),
    ],
    ids=["nothing", "hours", "speakers", "markup", "textless", "chinese"],
)
def test_vtt_to_the_byte(transcript: Transcript, subtitles: str) -> None:
    assert written(VTT, transcript) == f"WEBVTT\n\n{subtitles}"


def test_vtt_breaks_lines_before_it_escapes_them() -> None:
    ampersands = Transcript((said("&&&& &&&&"),))
    assert written(VTT, ampersands, line_length=4).endswith(f"{'&amp;' * 4}\n{'&amp;' * 4}\n\n")


# Options of subtitles


@pytest.mark.parametrize("plugin", [SRT, VTT], ids=["srt", "vtt"])
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("line_lenght", 42),
        ("line_length", 0),
        ("lines", 0),
        ("lines", 1.5),
        ("duration", 0.0),
        ("duration", math.nan),
        ("pause", -1.0),
    ],
)
def test_subtitle_options_that_cannot_be_honoured_are_refused(
    plugin: Plugin, option: str, value: float
) -> None:
    with pytest.raises(ValidationError, match=option):
        plugin.options.model_validate({option: value})


# Tab-separated values


def test_tsv_is_in_milliseconds_and_without_speakers_that_nobody_knows() -> None:
    transcript = Transcript((said("One.", 0.0004, 1.2345), said("Two.", 3725.0, 3726.25)))
    assert written(TSV, transcript) == ("start\tend\ttext\n0\t1234\tOne.\n3725000\t3726250\tTwo.\n")
    assert written(TSV, NOTHING) == "start\tend\ttext\n"


def test_tsv_says_who_speaks_where_anybody_is_known() -> None:
    assert written(TSV, TWO_SPEAKERS) == (
        "start\tend\ttext\tspeaker\n"
        "500\t1500\tWho is there?\tSPEAKER_00\n"
        "2000\t2500\tNobody.\tSPEAKER_01\n"
        "3000\t3500\t(a door)\t\n"
    )


def test_tsv_keeps_quotes_and_lets_nothing_break_its_cells() -> None:
    odd = Transcript((said('"No,"\tshe\r\nsaid: \\o/', speaker="A\tB\n"),))
    assert written(TSV, odd) == 'start\tend\ttext\tspeaker\n0\t1000\t"No," she said: \\o/\tA B\n'


def test_the_summary_names_the_columns_in_their_order() -> None:
    columns = written(TSV, TWO_SPEAKERS).partition("\n")[0].split("\t")
    assert TSV.summary.replace(" (milliseconds)", "").split(", ") == columns


# JSON


def test_json_has_whisperxs_keys_in_whisperxs_order() -> None:
    document = json.loads(written(JSON, sample_transcript()))
    assert list(document)[:3] == ["segments", "word_segments", "language"]
    spoken, shown = document["segments"]
    assert list(spoken)[:4] == list(shown)[:4] == ["start", "end", "text", "words"]
    assert spoken == {
        "start": 0.5,
        "end": 2.0,
        "text": "Well, <that> is & was it.",
        "words": document["word_segments"],
        "speaker": "SPEAKER_00",
        "avg_logprob": -0.25,
    }
    assert shown == {
        "start": 3725.0,
        "end": 3726.25,
        "text": "こんにちは。",
        "words": [],
        "speaker": "SPEAKER_01",
    }
    first, *_, ampersand, _, _ = document["word_segments"]
    assert list(first) == ["word", "start", "end", "score", "speaker"]
    assert first == {
        "word": "Well,",
        "start": 0.5,
        "end": 0.9,
        "score": 0.91,
        "speaker": "SPEAKER_00",
    }
    assert ampersand == {"word": "&"}


def test_json_leaves_out_what_is_unknown_rather_than_writing_null() -> None:
    bare = written(JSON, Transcript((said("Hm.", words=(Word("Hm."),)),)))
    assert "null" not in bare
    assert json.loads(bare) == {
        "segments": [{"start": 0.0, "end": 1.0, "text": "Hm.", "words": [{"word": "Hm."}]}],
        "word_segments": [{"word": "Hm."}],
        "duration": 0.0,
        "warnings": [],
    }


def test_json_has_all_that_is_known() -> None:
    segment = said("Ja.", language="de", no_speech_prob=0.12345, temperature=0.2)
    full = Transcript((segment,), "en", 0.98765, 3.14159, ("only part of it was decoded",))
    document = json.loads(written(JSON, full))
    assert document["segments"] == [
        {
            "start": 0.0,
            "end": 1.0,
            "text": "Ja.",
            "words": [],
            "language": "de",
            "no_speech_prob": 0.123,
            "temperature": 0.2,
        }
    ]
    assert (document["language"], document["language_probability"]) == ("en", 0.988)
    assert document["duration"] == 3.142
    assert document["warnings"] == ["only part of it was decoded"]


def test_word_segments_are_the_words_of_all_segments_in_order() -> None:
    document = as_document(Transcript((*LONG.segments, *UNTIMED.segments, *CHINESE.segments)))
    words = [word for segment in document["segments"] for word in segment["words"]]
    assert document["word_segments"] == words
    assert len(words) == 7 + 4 + 3


def test_numpys_and_whole_numbers_become_plain_floats() -> None:
    span = TimeSpan(np.float32(0.1), np.float64(2))
    word = Word("Hm.", span, np.float32(0.3))
    segment = Segment(TimeSpan(0, 1), "Hm.", (word,), avg_logprob=np.float64(-1))
    document = as_document(Transcript((segment,), duration=np.float32(3)))
    (out,) = document["segments"]
    numbers = [out["start"], out["end"], out["avg_logprob"], document["duration"]]
    numbers += [out["words"][0][key] for key in ("start", "end", "score")]
    assert {type(number) for number in numbers} == {float}
    assert numbers == [0.0, 1.0, -1.0, 3.0, 0.1, 2.0, 0.3]
    assert '"start": 0.1' in written(JSON, Transcript((segment,)))


@pytest.mark.parametrize(
    "broken",
    [
        said("Hm.", words=(Word("Hm.", None, math.nan),)),
        said("Hm.", avg_logprob=-math.inf),
        said("Hm.", compression_ratio=np.float32("nan")),
    ],
)
def test_a_number_that_is_none_raises_and_nothing_is_written(broken: Segment) -> None:
    stream = StringIO()
    with pytest.raises(ValueError, match="not JSON compliant"):
        JsonWriter(JsonOptions(), Placement()).write(Transcript((said("Ha."), broken)), stream)
    assert stream.getvalue() == ""


def test_json_tells_characters_and_what_was_not_heard() -> None:
    hi = Word(
        "Hi,",
        TimeSpan(0.1, 0.3),
        0.9,
        characters=(
            Character("H", TimeSpan(0.1, 0.2), 0.8),
            Character("i", TimeSpan(0.2, 0.3)),
            Character(","),
        ),
    )
    pause = Word("-", TimeSpan(0.3, 0.3), estimated=True, characters=(Character("-"),))
    (segment,) = as_document(Transcript((Segment(TimeSpan(0.1, 0.3), "Hi, -", (hi, pause)),)))[
        "segments"
    ]
    assert segment["chars"] == [
        {"char": "H", "start": 0.1, "end": 0.2, "score": 0.8},
        {"char": "i", "start": 0.2, "end": 0.3},
        {"char": ","},
        {"char": " "},
        {"char": "-"},
    ]
    assert segment["words"] == [
        {"word": "Hi,", "start": 0.1, "end": 0.3, "score": 0.9},
        {"word": "-", "start": 0.3, "end": 0.3, "estimated": True},
    ]


def test_json_does_not_escape_other_scripts_and_indents_as_told() -> None:
    assert "こんにちは。" in written(JSON, sample_transcript())
    assert written(JSON, NOTHING).startswith('{\n  "segments": []')
    assert written(JSON, NOTHING, indent=4).startswith('{\n    "segments": []')
    assert written(JSON, NOTHING, indent=0).count("\n") == 1
    for refused in ({"indent": -1}, {"ident": 2}):
        with pytest.raises(ValidationError):
            JSON.options.model_validate(refused)


# Read back by somebody else


def read_subtitles(text: str, arrow: str = " --> ") -> list[tuple[float, float, str]]:
    """Start, end and text, its lines joined, of every block that has an arrow in it."""
    found = []
    for block in re.split(r"\n\n+", text):
        before, has_arrow, after = block.partition(arrow)
        if has_arrow:
            end, _, lines = after.partition("\n")
            found.append((seconds(before.split("\n")[-1]), seconds(end), lines.replace("\n", " ")))
    return found


def seconds(stamp: str) -> float:
    hours, minutes, rest = stamp.split(":")
    return round(int(hours) * 3600 + int(minutes) * 60 + float(rest.replace(",", ".")), 3)


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="-"),
    min_size=1,
    max_size=8,
) | st.sampled_from(["-->", "<i>", "&amp;", "1", "00:00:01,000", "WEBVTT", '"', "\\", "NOTE"])
MILLISECONDS = st.integers(0, 500_000_000)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Segments of a few words without times, on whole milliseconds."""
    segments = []
    for _ in range(draw(st.integers(0, 4))):
        start, end = sorted((draw(MILLISECONDS), draw(MILLISECONDS)))
        text = " ".join(draw(st.lists(WORDS, min_size=1, max_size=6)))
        segments.append(said(text, start / 1000, end / 1000))
    return Transcript(tuple(segments), "en")


def expected(transcript: Transcript) -> list[tuple[float, float, str]]:
    return [(each.span.start, each.span.end, each.text) for each in transcript.segments]


@given(transcripts())
def test_srt_comes_back_as_it_went(transcript: Transcript) -> None:
    back = read_subtitles(written(SRT, transcript, line_length=200))
    assert back == [(a, b, text.replace("-->", "->")) for a, b, text in expected(transcript)]


@given(transcripts())
def test_vtt_comes_back_as_it_went(transcript: Transcript) -> None:
    back = read_subtitles(written(VTT, transcript, line_length=200))
    assert [(a, b, unescape(text)) for a, b, text in back] == expected(transcript)


@given(transcripts())
def test_tsv_comes_back_as_it_went(transcript: Transcript) -> None:
    _, *rows = (line.split("\t") for line in written(TSV, transcript).split("\n")[:-1])
    assert [(int(a) / 1000, int(b) / 1000, text) for a, b, text in rows] == expected(transcript)


@given(transcripts(), st.integers(0, 3))
def test_json_comes_back_as_it_went(transcript: Transcript, indent: int) -> None:
    document = json.loads(written(JSON, transcript, indent=indent))
    back = [(each["start"], each["end"], each["text"]) for each in document["segments"]]
    assert back == expected(transcript)


def test_every_plugin_of_the_package_is_tested_here() -> None:
    published = {name for name, value in vars(writers).items() if isinstance(value, Plugin)}
    assert published == {"TXT", "SRT", "VTT", "TSV", "JSON", "RTTM"}

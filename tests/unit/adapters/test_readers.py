"""References and hypotheses, read from documents of every format."""

from io import StringIO
from pathlib import Path

import pytest

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.errors import InputError
from asrcore.plugin import Options, Placement, Plugin
from asrcore.ports.annotation_reader import AnnotationReader
from asrcore.testing import AnnotationReaderContract, PluginContract
from asrcore_adapters import readers
from asrcore_adapters.readers import CTM, JSON, RTTM, SRT, STM, TSV, TXT, VTT

DATA = Path(__file__).parents[2] / "data" / "annotations"
PUBLISHED = {
    "asrcore_adapters.readers:CTM": CTM,
    "asrcore_adapters.readers:JSON": JSON,
    "asrcore_adapters.readers:RTTM": RTTM,
    "asrcore_adapters.readers:SRT": SRT,
    "asrcore_adapters.readers:STM": STM,
    "asrcore_adapters.readers:TSV": TSV,
    "asrcore_adapters.readers:TXT": TXT,
    "asrcore_adapters.readers:VTT": VTT,
}


def reader_of(plugin: Plugin) -> AnnotationReader:
    return plugin.build(Options(), Placement())


def read(plugin: Plugin, text: str) -> dict[str, Annotation]:
    return dict(reader_of(plugin).read(StringIO(text)))


def example(plugin: Plugin, name: str = "example") -> str:
    return (DATA / f"{name}.{plugin.name}").read_text(encoding="utf-8")


def utterances(plugin: Plugin, text: str) -> list[Utterance]:
    """Those of the one recording that is not named."""
    (annotation,) = read(plugin, text).values()
    return list(annotation.utterances)


def said(text: str, start: float, end: float, speaker: str | None = None) -> Utterance:
    return Utterance(text, TimeSpan(start, end), speaker)


@pytest.mark.parametrize("reference", PUBLISHED, scope="class")
class TestReaders(PluginContract, AnnotationReaderContract):
    @pytest.fixture
    def plugin(self, reference: str) -> Plugin:
        return PUBLISHED[reference]

    @pytest.fixture
    def reader(self, plugin: Plugin) -> AnnotationReader:
        return reader_of(plugin)

    @pytest.fixture
    def document(self, plugin: Plugin) -> str:
        return example(plugin)

    def test_reads_what_its_name_says(self, plugin: Plugin, reader: AnnotationReader) -> None:
        assert reader.extension == plugin.name


def test_every_plugin_of_the_package_is_tested_here() -> None:
    names = {name for name, value in vars(readers).items() if isinstance(value, Plugin)}
    assert {f"{readers.__name__}:{name}" for name in names} == PUBLISHED.keys()


# Plain text


def test_txt_is_an_utterance_a_line() -> None:
    assert utterances(TXT, example(TXT)) == [
        Utterance("Where is the train?", speaker="SPEAKER_00"),
        Utterance("It left: at 3:30.", speaker="SPEAKER_01"),
        Utterance("(a door)"),
    ]


@pytest.mark.parametrize(
    ("line", "speaker", "text"),
    [
        ("SPEAKER_00: Yes.", "SPEAKER_00", "Yes."),
        ("SPK_0: Yes: no.", "SPK_0", "Yes: no."),
        ("[Mary Ann]: Yes.", "Mary Ann", "Yes."),
        ("[SPEAKER_00]:Yes.", None, "[SPEAKER_00]:Yes."),
        ("[door]", None, "[door]"),
        ("Note: yes.", None, "Note: yes."),
        ("He said: SPEAKER_00: yes.", None, "He said: SPEAKER_00: yes."),
        ("At 3:30.", None, "At 3:30."),
    ],
)
def test_only_what_can_be_none_but_a_speaker_is_one(
    line: str, speaker: str | None, text: str
) -> None:
    assert utterances(TXT, line) == [Utterance(text, speaker=speaker)]


def test_a_speaker_who_says_nothing_is_no_utterance() -> None:
    assert utterances(TXT, "SPEAKER_00:\nSPEAKER_01: \n[A]:\n") == []


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_only_line_breaks_break_lines(separator: str) -> None:
    assert utterances(TXT, f"one{separator}two\n") == [Utterance(f"one{separator}two")]


# SubRip


def test_srt_is_an_utterance_a_cue() -> None:
    assert utterances(SRT, example(SRT)) == [
        said("Where is the train?", 0.5, 1.5, "SPEAKER_00"),
        said("It left: at 3:30.", 2.0, 3.25, "SPEAKER_01"),
        said("(a door)", 3603.5, 3604.0),
    ]


@pytest.mark.parametrize(
    ("times", "start", "end"),
    [
        ("00:01:02,345 --> 00:01:03,000", 62.345, 63.0),
        ("1:02,345-->1:03.5", 62.345, 63.5),
        ("100:00:00,500 --> 100:00:01,000 X1:5 X2:9", 360_000.5, 360_001.0),
        ("00:01,0 --> 00:01,0", 1.0, 1.0),
    ],
)
@pytest.mark.parametrize("plugin", [SRT, VTT], ids=["srt", "vtt"])
def test_times_are_read_as_people_write_them(
    plugin: Plugin, times: str, start: float, end: float
) -> None:
    header = "WEBVTT\n\n" if plugin is VTT else ""
    assert utterances(plugin, f"{header}1\n{times}\nHm.\n") == [said("Hm.", start, end)]


def test_srt_takes_a_number_for_text_where_no_times_follow() -> None:
    numbers = "1\n00:01,000 --> 00:02,000\n7\n\n8\n\n2\n00:03,000 --> 00:04,000\n9\n"
    assert utterances(SRT, numbers) == [said("7 8", 1.0, 2.0), said("9", 3.0, 4.0)]


def test_srt_reads_cues_that_blank_lines_tear_apart() -> None:
    torn = "\n\n1\n\n00:01,000 --> 00:02,000\n\nOne.\n\n\n\n2\n\n00:03,000 --> 00:04,000\n\nTwo.\n"
    assert utterances(SRT, torn) == [said("One.", 1.0, 2.0), said("Two.", 3.0, 4.0)]


def test_srt_keeps_what_only_looks_like_a_tag() -> None:
    cue = '1\n00:01,000 --> 00:02,000\n<that> <B>is</B> <font color="red">a < b</font> &amp; c\n'
    assert utterances(SRT, cue) == [said("<that> is a < b &amp; c", 1.0, 2.0)]


@pytest.mark.parametrize("plugin", [SRT, VTT], ids=["srt", "vtt"])
@pytest.mark.parametrize(
    ("broken", "joined"),
    [
        ("今天\n很好。", "今天很好。"),
        ("こん\n  にちは。", "こんにちは。"),
        ("今天\nwell", "今天 well"),
        ("안녕\n하세요", "안녕 하세요"),
    ],
)
def test_lines_are_joined_as_the_script_wants(plugin: Plugin, broken: str, joined: str) -> None:
    header = "WEBVTT\n\n" if plugin is VTT else ""
    cue = f"{header}1\n00:01.000 --> 00:02.000\n{broken}\n"
    assert utterances(plugin, cue) == [said(joined, 1.0, 2.0)]


# WebVTT


def test_vtt_is_an_utterance_a_voice() -> None:
    assert utterances(VTT, example(VTT)) == [
        said("Where is the train?", 0.5, 1.5, "SPEAKER_00"),
        said("It left: at 3:30.", 2.0, 3.25, "Bob & Ann"),
        said("What <time>?", 2.0, 3.25, "SPEAKER_00"),
        said("(a door)", 3603.5, 3604.0),
    ]


def test_vtt_takes_a_speaker_in_front_where_there_is_no_voice() -> None:
    cue = "WEBVTT\n\n00:01.000 --> 00:02.000\n[SPEAKER_00]: <that> &amp; AT&T\n"
    assert utterances(VTT, cue) == [said("<that> & AT&T", 1.0, 2.0, "SPEAKER_00")]


def test_vtt_takes_an_escaped_space_for_a_space() -> None:
    cue = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v A>&nbsp;\n<v B>Hm.&nbsp;\n"
    assert utterances(VTT, cue) == [said("Hm.", 1.0, 2.0, "B")]


def test_vtt_finds_a_cue_that_follows_the_signature_at_once() -> None:
    assert utterances(VTT, "WEBVTT\n00:01.000 --> 00:02.000\nHm.\n") == [said("Hm.", 1.0, 2.0)]


# Tab-separated values


def test_tsv_is_an_utterance_a_row() -> None:
    assert utterances(TSV, example(TSV)) == [
        said("Where is the train?", 0.5, 1.5, "SPEAKER_00"),
        said("It left: at 3:30.", 2.0, 3.25, "SPEAKER_01"),
        said('"(a door)', 3603.5, 3604.0),
    ]


def test_tsv_knows_columns_by_their_names() -> None:
    table = "text\tmood\tend\tstart\nHm.\tbad\t2000\t1000\n\n \tgood\t3000\t2000\n"
    assert utterances(TSV, table) == [said("Hm.", 1.0, 2.0)]


# JSON


def test_json_is_what_we_write_and_a_little_more() -> None:
    (found,) = read(JSON, example(JSON)).values()
    words = (
        Word("Where", TimeSpan(0.5, 0.8), 0.9, "SPEAKER_00"),
        Word("is", TimeSpan(0.8, 1.0)),
        Word("it?"),
    )
    first, second, third = TimeSpan(0.5, 1.5), TimeSpan(2.0, 3.25), TimeSpan(4.0, 4.5)
    assert found == Annotation(
        (
            Utterance("Where is it?", first, "SPEAKER_00", words),
            Utterance("Over at 3:30.", second, "SPEAKER_01"),
        ),
        Diarization(
            (
                SpeakerTurn(first, "SPEAKER_00"),
                SpeakerTurn(second, "SPEAKER_01"),
                SpeakerTurn(third, "SPEAKER_02"),
            )
        ),
        duration=10.0,
        audio="meeting.opus",
        language="en",
    )


def test_json_from_whisper() -> None:
    (found,) = read(JSON, example(JSON, "whisper")).values()
    words = (
        Word("Where", TimeSpan(0.5, 0.8), 0.9),
        Word("is", TimeSpan(0.8, 1.0), 0.8),
        Word("it?", TimeSpan(1.0, 1.5), 0.7),
    )
    assert found == Annotation(
        (Utterance("Where is it?", TimeSpan(0.5, 1.5), None, words), said("Over.", 2.0, 3.25)),
        language="en",
    )


def test_json_from_whisperx() -> None:
    (found,) = read(JSON, example(JSON, "whisperx")).values()
    first, second = found.utterances
    assert (first.text, second) == ("Where is 7?", said("Over.", 2.0, 3.25))
    assert first.words[1:] == (Word("is", TimeSpan(0.8, 1.0), 0.8, "SPEAKER_01"), Word("7?"))
    assert found.turns is None
    assert found.diarization.speakers == ("SPEAKER_00", "SPEAKER_01")


def test_json_of_turns_alone_tells_no_text() -> None:
    turn = '{"segments": [{"start": 1, "end": 2, "speaker": "A"}]}'
    assert read(JSON, turn) == {
        "": Annotation(None, Diarization((SpeakerTurn(TimeSpan(1, 2), "A"),)))
    }


def test_json_without_speech_tells_that_nothing_was_said() -> None:
    assert read(JSON, '{"segments": []}') == {"": Annotation(())}
    textless = '{"segments": [{"start": 1, "end": 2, "text": " "}], "duration": null}'
    assert read(JSON, textless) == {"": Annotation(())}


# NIST's


def test_stm_tells_texts_by_waveform() -> None:
    found = read(STM, example(STM))
    assert found["meeting"] == Annotation(
        (
            said("where is the train", 0.5, 1.5, "Ann"),
            said("it left at three thirty", 2.0, 3.25, "Bob"),
        )
    )
    assert list(found) == ["meeting", "call"]


def test_stm_mixes_the_channels_of_a_waveform_in_order_of_time() -> None:
    call = read(STM, example(STM))["call"]
    assert [(each.speaker, each.text) for each in call.utterances] == [
        ("call-B", "hello"),
        ("call-A", "yes"),
        ("call-B", "no"),
        ("call-A", "bye"),
    ]


def test_stm_names_a_waveform_of_which_nothing_is_to_be_scored() -> None:
    ignored = "hall 1 all 0.0 60.0 ignore_time_segment_in_scoring"
    assert read(STM, ignored) == {"hall": Annotation(())}


def test_stm_takes_only_the_first_of_what_is_in_angle_brackets_for_a_label() -> None:
    assert utterances(STM, "a 1 A 0 1 <o,F> <unk> yes") == [said("<unk> yes", 0.0, 1.0, "A")]


def test_ctm_tells_words_by_waveform() -> None:
    meeting = read(CTM, example(CTM))["meeting"]
    assert meeting == Annotation(
        (
            Utterance(
                "where is train",
                TimeSpan(0.5, 1.5),
                None,
                (
                    Word("where", TimeSpan(0.5, 0.75), 0.75),
                    Word("is", TimeSpan(0.75, 1.0)),
                    Word("train", TimeSpan(1.0, 1.5)),
                ),
            ),
        )
    )


def test_ctm_takes_channels_for_speakers_where_there_are_several() -> None:
    call = read(CTM, example(CTM))["call"]
    assert [(each.speaker, each.text) for each in call.utterances] == [
        ("B", "hello"),
        ("A", "yes"),
        ("B", "no"),
        ("A", "good bye"),
    ]
    assert call.utterances[-1].span == TimeSpan(8.0, 9.0)
    assert [word.speaker for word in call.words] == ["B", "A", "B", "A", "A"]
    assert call.words[1].score == 1.0


@pytest.mark.parametrize(
    ("written", "score"), [("0", 0.0), ("1.0", 1.0), ("1.01", None), ("-6.7", None), ("<na>", None)]
)
def test_ctm_takes_probabilities_for_scores(written: str, score: float | None) -> None:
    (found,) = utterances(CTM, f"a 1 0 1 yes {written}")
    assert found.words == (Word("yes", TimeSpan(0, 1), score),)


def test_rttm_tells_turns_by_waveform() -> None:
    assert read(RTTM, example(RTTM)) == {
        "meeting": Annotation(
            turns=Diarization(
                (SpeakerTurn(TimeSpan(0.5, 1.5), "Ann"), SpeakerTurn(TimeSpan(2.0, 3.25), "Bob"))
            )
        ),
        "call": Annotation(
            turns=Diarization(
                (SpeakerTurn(TimeSpan(1.0, 2.5), "X"), SpeakerTurn(TimeSpan(2.0, 3.0), "X"))
            )
        ),
    }


# What is empty, and what is wrong


@pytest.mark.parametrize("plugin", [TXT, SRT, STM, CTM], ids=lambda plugin: plugin.name)
@pytest.mark.parametrize("document", ["", "\ufeff", "\n \n"])
def test_an_empty_document_says_that_nothing_was_said(plugin: Plugin, document: str) -> None:
    assert read(plugin, document) == {"": Annotation(())}


def test_an_empty_rttm_says_that_nobody_spoke() -> None:
    assert read(RTTM, ";; nobody\n") == {"": Annotation(turns=Diarization())}


@pytest.mark.parametrize("plugin", [JSON, TSV, VTT], ids=lambda plugin: plugin.name)
@pytest.mark.parametrize("document", ["", "\ufeff", "\n \n"])
def test_what_needs_a_beginning_is_not_empty(plugin: Plugin, document: str) -> None:
    with pytest.raises(InputError):
        read(plugin, document)


CUE = "1\n00:01,000 --> 00:02,000\nHm.\n\n"
SEGMENT = '{"segments": [{"start": 0, "end": 1, "text": "Hm."}, %s]}'
REFUSED = [
    (TXT, "one\ntwo \0", "line 2: a zero byte"),
    (SRT, "Dear reader,\n", "line 1: 'Dear reader,' stands before"),
    (SRT, "7\n", "line 1: '7' stands before"),
    (SRT, f"Dear reader,\n{CUE}", "line 1: 'Dear reader,' stands before"),
    (SRT, f"{CUE}2\n00:03 --> 00:04\nNo.", "line 6: '00:03 --> 00:04' is no pair of times"),
    (SRT, f"{CUE}2\n00:04,000 --> 00:03,000\nNo.", "line 6: .*from 4.0 to 3.0"),
    (VTT, CUE, "line 1: WebVTT begins with WEBVTT"),
    (VTT, "WEBVTT\n\n00:01.000 -> 00:02.000\nHm.", "line 3: '00:01.000 -> 00:02.000' begins"),
    (VTT, "WEBVTT\n\n00:01.000 --> soon\nHm.", "line 3: .* no pair of times"),
    (VTT, "WEBVTT\n\none\ntwo\n00:01.000 --> 00:02.000\nHm.", "line 3: 'one' begins neither"),
    (TSV, "", "it has no header"),
    (TSV, "start\tend\n", "line 1: there is no column text"),
    (TSV, "start\tend\ttext\n1\t2\n", "line 2: it has 2 cells for 3 columns"),
    (TSV, "start\tend\ttext\n1.5\t2\tHm.", "line 2: the start is '1.5', not a whole number of"),
    (TSV, "start\tend\ttext\n2\t1\tHm.", "line 2: .*from 0.002 to 0.001"),
    (STM, "a 1 A 0.0\n", "line 1: it has 4 columns"),
    (STM, ";;\na 1 A 0.0 soon yes\n", "line 2: the end is 'soon', not a number"),
    (STM, "a 1 A 2 1 yes", "line 1: .*from 2.0 to 1.0"),
    (STM, "a 1 A 0 1 well { um / uh } yes", "line 1: .*choice of words .keep one"),
    (CTM, "a 1 0.0 0.5", "line 1: it has 4 columns"),
    (CTM, "a 1 0.0 0.5 yes 0.5 lex A", "line 1: it has 8 columns"),
    (CTM, "a 1 * * <ALT_BEGIN>\na 1 0 1 um", "line 1: <ALT_BEGIN> leaves a choice"),
    (CTM, "a 1 1_0 0.5 yes", "line 1: the begin is '1_0', not a number"),
    (CTM, "a 1 0.0 -0.5 yes", "line 1: .*from 0.0 to -0.5"),
    (CTM, "a 1 nan 0.5 yes", "line 1: the begin is 'nan'"),
    (CTM, "a 1 1e999 0.5 yes", "line 1: .*finite"),
    (CTM, "a 1 0 1 yes sure", "line 1: the confidence is 'sure'"),
    (RTTM, "SPEAKER a 1 0.0 1.0 <NA> <NA>", "line 1: it has 7 columns"),
    (RTTM, "SPEAKER a 1 <NA> <NA> <NA> <NA> X <NA> <NA>", "line 1: the begin is '<NA>'"),
    (RTTM, "SPEAKER a 1 0.0 1.0 <NA> <NA> <NA> <NA> <NA>", "line 1: the turn has no speaker"),
    (RTTM, "a 1 A 0.0 1.0 yes", "line 1: 'a' is no type"),
    (JSON, "  ", "it is empty"),
    (JSON, '{"segments": [\n{"start": 0', "line 2, column 12: the JSON ends too early"),
    (JSON, '{"segments": [{"text": "He', "line 1, column 24: the JSON ends too early"),
    (JSON, '{"segments": [],,}', "line 1, column 17: it is no JSON"),
    (JSON, "[" * 100_000, "it is no JSON of a transcript"),
    (JSON, "[]", "the document: it is not an object"),
    (JSON, "{}", "the document: it has no segments"),
    (JSON, '{"segments": {}}', "^segments: it is not a list"),
    (JSON, SEGMENT % "7", r"segments\[1\]: it is not an object"),
    (JSON, SEGMENT % '{"start": 1, "end": 2}', r"segments\[1\]: it has no text"),
    (JSON, SEGMENT % '{"speaker": "A"}', r"segments\[1\]: it has no text"),
    (
        JSON,
        SEGMENT % '{"start": 1, "end": 2, "speaker": "A", "words": [{"word": "Hm."}]}',
        r"segments\[1\]: it has no text",
    ),
    (JSON, SEGMENT % '{"text": 7}', r"segments\[1\].text: it is not a string"),
    (JSON, SEGMENT % '{"text": "", "start": 1}', r"segments\[1\]: it has one of start and end"),
    (JSON, SEGMENT % '{"text": "", "start": 2, "end": 1}', r"segments\[1\]: .*from 2.0 to 1.0"),
    (JSON, SEGMENT % '{"text": "", "start": true, "end": 1}', r"segments\[1\].start: it is not a"),
    (JSON, SEGMENT % '{"text": "", "start": "0", "end": 1}', r"segments\[1\].start: it is not a"),
    (
        JSON,
        SEGMENT % '{"text": "", "mood": [0, NaN]}',
        r"segments\[1\].mood\[1\]: nan is no number",
    ),
    (JSON, SEGMENT % '{"text": "", "start": 1e999, "end": 1}', r"segments\[1\].start: inf is no"),
    (JSON, SEGMENT % f'{{"text": "", "start": 1{"0" * 400}, "end": 1}}', "start: .*too large"),
    (JSON, SEGMENT % f'{{"text": "", "start": 1{"0" * 9999}}}', "it is no JSON of a transcript"),
    (JSON, SEGMENT % '{"text": "", "words": [{"start": 0}]}', r"\[1\].words\[0\]: it has no word"),
    (JSON, '{"segments": [], "duration": -1}', "^duration: a duration is not negative"),
    (JSON, '{"segments": [], "truth": {"audio": 7}}', "^truth.audio: it is not a string"),
    (JSON, '{"segments": [], "truth": "yes"}', "^truth: it is not an object"),
]


@pytest.mark.parametrize(
    ("plugin", "document", "message"),
    REFUSED,
    ids=[f"{plugin.name}-{number}" for number, (plugin, _, _) in enumerate(REFUSED)],
)
def test_what_is_wrong_is_refused_by_line_or_key(
    plugin: Plugin, document: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read(plugin, document)


def test_messages_quote_no_more_than_a_piece() -> None:
    with pytest.raises(InputError) as caught:
        read(SRT, "x" * 10_000)
    assert len(str(caught.value)) < 120

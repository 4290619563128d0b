"""What our writers and other people's write, our readers read."""

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Transcript, Word
from asrcore.plugin import Placement, Plugin
from asrcore.testing import sample_transcript
from asrcore_adapters import readers, writers

PAIRS = {
    name: (getattr(writers, name), getattr(readers, name))
    for name in ("TXT", "SRT", "VTT", "TSV", "JSON")
}


def written(plugin: Plugin, transcript: Transcript, **options: object) -> str:
    stream = StringIO()
    writer = plugin.build(plugin.options.model_validate(options), Placement())
    writer.write(transcript, stream)
    return stream.getvalue()


def read(plugin: Plugin, document: str) -> dict[str, Annotation]:
    reader = plugin.build(plugin.options(), Placement())
    return dict(reader.read(StringIO(document)))


def carried(name: str, transcript: Transcript) -> Annotation:
    """What of a transcript a format can carry."""
    everything = Annotation.of(transcript)
    if name == "JSON":
        return everything
    return Annotation(
        tuple(
            Utterance(each.text, None if name == "TXT" else each.span, each.speaker)
            for each in everything.utterances
        )
    )


# Ours


def rounded(transcript: Transcript) -> Transcript:
    """Scores to three digits, as JSON has them."""
    return replace(
        transcript,
        segments=tuple(
            replace(
                segment, words=tuple(replace(word, score=digits(word)) for word in segment.words)
            )
            for segment in transcript.segments
        ),
    )


def digits(word: Word) -> float | None:
    return None if word.score is None else round(word.score, 3)


@pytest.mark.parametrize("name", PAIRS)
def test_the_sample_comes_back(name: str) -> None:
    writer, reader = PAIRS[name]
    back = read(reader, written(writer, sample_transcript()))
    assert back == {"": carried(name, rounded(sample_transcript()))}


@pytest.mark.parametrize("name", PAIRS)
def test_silence_comes_back(name: str) -> None:
    writer, reader = PAIRS[name]
    (back,) = read(reader, written(writer, Transcript(language="en"))).values()
    assert back.utterances == ()


def test_japanese_comes_back_however_its_lines_are_broken() -> None:
    text = "今天很好、こんにちは。" * 5
    transcript = Transcript((Segment(TimeSpan(0, 9), text),), "ja")
    for writer, reader in (PAIRS["SRT"], PAIRS["VTT"]):
        document = written(writer, transcript, line_length=9)
        assert document.count("\n") > 7
        assert [each.text for each in read(reader, document)[""].utterances] == [text]


CHARACTERS = st.characters(
    codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="-<>{}[]"
)
WORDS = st.text(CHARACTERS, min_size=1, max_size=8) | st.sampled_from(
    ["&amp;", "&lt;b&gt;", "1", "00:00:01,000", "<that>", '"', "\\", "NOTE", "WEBVTT", ";;"]
)
MILLISECONDS = st.integers(0, 500_000_000)
SPANS = st.tuples(MILLISECONDS, MILLISECONDS).map(
    lambda times: TimeSpan(min(times) / 1000, max(times) / 1000)
)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Segments of a few words without times, with and without speakers."""
    segments = []
    for _ in range(draw(st.integers(0, 4))):
        text = "Well " + " ".join(draw(st.lists(WORDS, min_size=1, max_size=6)))
        who = draw(st.none() | st.integers(0, 12).map("SPEAKER_{:02}".format))
        segments.append(Segment(draw(SPANS), text, speaker=who))
    return Transcript(tuple(segments))


@pytest.mark.parametrize("name", PAIRS)
@given(transcripts())
def test_whatever_was_said_comes_back(name: str, transcript: Transcript) -> None:
    writer, reader = PAIRS[name]
    options = {"line_length": 300} if name in {"SRT", "VTT"} else {}
    back = read(reader, written(writer, transcript, **options))
    assert back == {"": carried(name, transcript)}


# NIST's, as a small writer of our own has them


NAMES = st.text(CHARACTERS, min_size=1, max_size=6).filter(lambda name: name[0] != ";")


@st.composite
def sets(draw: st.DrawFn, rows: st.SearchStrategy) -> dict[str, list]:
    """Rows of at least one recording each; no two rows begin at the same time."""
    return draw(
        st.dictionaries(
            NAMES,
            st.lists(rows, min_size=1, max_size=4, unique_by=lambda row: row[0].start),
            min_size=1,
            max_size=3,
        )
    )


def in_lines(rows: Iterator[str]) -> str:
    return ";; comment\n" + "".join(f"{row}\n\n" for row in rows)


TEXTS = st.lists(st.text(CHARACTERS, min_size=1, max_size=6), min_size=1, max_size=4).map(" ".join)
SPEAKERS = NAMES.filter(lambda name: name != "NA")
SCORES = st.none() | st.integers(0, 1000).map(lambda score: score / 1000)


def seconds(span: TimeSpan) -> tuple[str, str]:
    return f"{span.start:.3f}", f"{span.end:.3f}"


def length(span: TimeSpan) -> tuple[float, float]:
    """Start and duration, as floats that bring the end back but for their last bit."""
    return span.start, span.end - span.start


def close(span: TimeSpan) -> tuple[float, float]:
    return round(span.start, 3), round(span.end, 3)


@pytest.mark.parametrize("label", ["", "<NA> ", "<o,F,00> "])
@given(sets(st.tuples(SPANS, SPEAKERS, TEXTS)))
def test_stm_comes_back(label: str, told: dict[str, list]) -> None:
    document = in_lines(
        f"{name} 1 {speaker} {' '.join(seconds(span))} {label}{text}"
        for name, rows in told.items()
        for span, speaker, text in rows
    )
    assert read(readers.STM, document) == {
        name: Annotation(
            tuple(
                Utterance(text, span, speaker)
                for span, speaker, text in sorted(rows, key=lambda row: row[0].start)
            )
        )
        for name, rows in told.items()
    }


@given(sets(st.tuples(SPANS, st.text(CHARACTERS, min_size=1, max_size=6), SCORES)))
def test_ctm_comes_back(told: dict[str, list]) -> None:
    document = in_lines(
        " ".join(map(str, (name, 1, *length(span), text, *([] if score is None else [score]))))
        for name, rows in told.items()
        for span, text, score in rows
    )
    back = {
        name: [(close(word.span), word.text, word.score) for word in annotation.words]
        for name, annotation in read(readers.CTM, document).items()
    }
    assert back == {
        name: [(close(span), text, score) for span, text, score in sorted(rows)]
        for name, rows in told.items()
    }


@given(sets(st.tuples(SPANS, SPEAKERS)))
def test_rttm_comes_back(told: dict[str, list]) -> None:
    document = in_lines(
        " ".join(map(str, ("SPEAKER", name, 1, *length(span), "<NA> <NA>", speaker, "<NA> <NA>")))
        for name, rows in told.items()
        for span, speaker in rows
    )
    found = read(readers.RTTM, document)
    assert all(annotation.utterances is None for annotation in found.values())
    assert {name: turns(annotation.turns) for name, annotation in found.items()} == {
        name: turns(Diarization(tuple(SpeakerTurn(span, speaker) for span, speaker in rows)))
        for name, rows in told.items()
    }


def turns(diarization: Diarization) -> list[tuple[tuple[float, float], str]]:
    return [(close(turn.span), turn.speaker) for turn in diarization.turns]

"""What every transcript writer promises."""

from __future__ import annotations

from io import StringIO

import pytest

from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Transcript, Word
from asrcore.ports.transcript_writer import TranscriptWriter


def sample_transcript() -> Transcript:
    """Two speakers, an untimed word, another script, markup to escape, and hours to count."""
    return Transcript(
        (
            Segment(
                TimeSpan(0.5, 2.0),
                "Well, <that> is & was it.",
                (
                    Word("Well,", TimeSpan(0.5, 0.9), 0.91, "SPEAKER_00"),
                    Word("<that>", TimeSpan(0.95, 1.2), 0.5, "SPEAKER_00"),
                    Word("is", TimeSpan(1.2, 1.3), 0.987654, "SPEAKER_00"),
                    Word("&", None, None, None),
                    Word("was", TimeSpan(1.4, 1.6), 1.0, "SPEAKER_00"),
                    Word("it.", TimeSpan(1.7, 2.0), 0.0, "SPEAKER_00"),
                ),
                speaker="SPEAKER_00",
                avg_logprob=-0.25,
            ),
            Segment(TimeSpan(3725.0, 3726.25), "こんにちは。", speaker="SPEAKER_01"),
        ),
        language="en",
        language_probability=0.9,
        duration=3730.0,
    )


class TranscriptWriterContract:
    """Subclass it and give a `writer` fixture.

    Attributes:
        text: whether the format tells what is said; one that does not tells who speaks.
    """

    text = True

    @pytest.fixture
    def writer(self) -> TranscriptWriter:
        """The backend under test."""
        raise NotImplementedError("give a `writer` fixture")

    def test_names_a_plain_extension(self, writer: TranscriptWriter) -> None:
        assert writer.extension.isalnum()

    def test_writes_all_that_was_said(self, writer: TranscriptWriter) -> None:
        text = written(writer, sample_transcript())
        told = ("Well,", "こんにちは。") if self.text else ("SPEAKER_00", "SPEAKER_01")
        assert all(each in text for each in told)
        assert text.endswith("\n")

    def test_writes_the_same_again(self, writer: TranscriptWriter) -> None:
        assert written(writer, sample_transcript()) == written(writer, sample_transcript())

    def test_survives_a_transcript_without_speech(self, writer: TranscriptWriter) -> None:
        written(writer, Transcript())

    def test_never_writes_nan(self, writer: TranscriptWriter) -> None:
        assert "nan" not in written(writer, sample_transcript()).lower()


def written(writer: TranscriptWriter, transcript: Transcript) -> str:
    """What a writer makes of a transcript."""
    stream = StringIO()
    writer.write(transcript, stream)
    return stream.getvalue()

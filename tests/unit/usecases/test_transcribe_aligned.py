"""The main job with aligners and a sentence splitter."""

from dataclasses import replace

import pytest

from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.chunking import ChunkLimits
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.recording import Recording
from asrcore.domain.request import ChunkResult, Instructions
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import EngineError, ModelError, UnsupportedError
from asrcore.testing import (
    FakeAligner,
    FakeAudioSource,
    FakeDiarizer,
    FakeSentenceSplitter,
    FakeTranscriber,
    FakeVoiceActivityDetector,
    RecordedProgress,
)
from asrcore.usecases.stages import RunOptions, Stages
from asrcore.usecases.transcribe import TranscribeRecordings

WITH_CHARACTERS = AlignerCapabilities(characters=True)


class Telling(FakeTranscriber):
    """Hears each chunk's own text, in its own language, without word times."""

    def __init__(self, *told):
        super().__init__()
        self.told = list(told)

    def transcribe(self, batch):
        return [self._result(request) for request in batch]

    def _result(self, request):
        text, language = self.told.pop(0)
        self._text = text
        (result,) = super().transcribe([request])
        segments = [replace(each, words=()) for each in result.segments if text]
        return ChunkResult(tuple(segments), language)


def stages_of(transcriber=None, *, spans=None, splitter=None, diarizer=None, **aligners):
    return Stages(
        FakeAudioSource(),
        FakeVoiceActivityDetector(spans, exact=spans is not None),
        transcriber or FakeTranscriber(),
        aligners,
        diarizer,
        splitter,
    )


def run(stages, *names, options=RunOptions()):
    use_case = TranscribeRecordings(stages, options, RecordedProgress())
    return list(use_case.run(map(Recording.of, names or ("a.wav",))))


def transcript_of(stages, options=RunOptions()):
    (outcome,) = run(stages, options=options)
    return outcome.unwrap()


def test_an_aligner_gives_words_their_times():
    words = transcript_of(stages_of(Telling(("hello world", "en")), fake=FakeAligner())).words
    assert [(word.text, word.span, word.score) for word in words] == [
        ("hello", TimeSpan(0, 1.5), 1.0),
        ("world", TimeSpan(1.5, 3.0), 1.0),
    ]


def test_a_failing_aligner_costs_word_times_and_a_warning_not_the_transcript():
    transcript = transcript_of(stages_of(fake=FakeAligner(EngineError("no model"))))
    assert transcript.text == "hello world"
    assert transcript.warnings == ("word times are missing: fake: no model",)
    assert [word.score for word in transcript.words] == [None, None], "the transcriber's own"


def test_the_same_warning_is_given_once():
    failing = stages_of(fake=FakeAligner(EngineError("no model")))
    options = RunOptions(batch_size=1, limits=ChunkLimits(max_duration=1.0))
    assert len(transcript_of(failing, options).warnings) == 1


def test_the_next_aligner_steps_in_and_every_recording_is_told():
    missing = FakeAligner(ModelError("no network"))
    outcomes = run(stages_of(ctc=missing, attention=FakeAligner()), "a.wav", "b.wav", "c.wav")
    for outcome in outcomes:
        assert outcome.unwrap().warnings == ("word times are by attention; ctc: no network",)
        assert {word.score for word in outcome.unwrap().words} == {1.0}
    assert len(missing.batches) == 1, "once a run, not once a recording"


def test_chunks_come_to_the_aligner_in_batches_and_in_order():
    spans = [TimeSpan(0.5 * index, 0.5 * index + 0.5) for index in range(5)]
    aligner = FakeAligner()
    transcriber = Telling(*((f"t{index}", "en") for index in range(5)))
    stages = stages_of(transcriber, spans=spans, fake=aligner)
    transcript = transcript_of(stages, RunOptions(batch_size=2))
    asked = [[each.texts[0] for each in batch] for batch in aligner.batches]
    assert asked == [["t0", "t1"], ["t2", "t3"], ["t4"]]
    assert [(word.text, word.span) for word in transcript.words] == [
        (f"t{index}", span) for index, span in enumerate(spans)
    ]


def test_a_batch_of_several_recordings_is_aligned_recording_by_recording():
    aligner = FakeAligner()
    transcriber = Telling(("one", "en"), ("two", "en"))
    first, second = run(stages_of(transcriber, fake=aligner), "a.wav", "b.wav")
    assert (first.unwrap().words[0].text, second.unwrap().words[0].text) == ("one", "two")
    assert [len(batch) for batch in aligner.batches] == [1, 1]


def test_languages_that_change_within_a_recording_are_aligned_apart():
    spans = [TimeSpan(0, 1), TimeSpan(1, 2), TimeSpan(2, 3)]
    english = FakeAligner(capabilities=AlignerCapabilities(frozenset({"en"})))
    other = FakeAligner()
    transcriber = Telling(("one", "en"), ("zwei", "de"), ("three", "en"))
    stages = stages_of(transcriber, spans=spans, english=english, other=other)
    transcript = transcript_of(stages, RunOptions(multilingual=True))
    assert [each.texts[0] for each in english.batches[0]] == ["one", "three"]
    assert [each.texts[0] for each in other.batches[0]] == ["zwei"]
    assert [word.span for word in transcript.words] == spans
    assert transcript.warnings == (
        "word times are by other; english: it has no model for language de",
    )


def test_the_aligner_is_not_asked_about_chunks_without_text():
    aligner = FakeAligner()
    transcriber = Telling(("", "en"), ("hello", "en"))
    stages = stages_of(transcriber, spans=[TimeSpan(0, 1), TimeSpan(1, 2)], fake=aligner)
    assert transcript_of(stages).text == "hello"
    assert [[each.texts for each in batch] for batch in aligner.batches] == [[("hello",)]]


def test_characters_have_the_clock_of_the_recording():
    aligner = FakeAligner(capabilities=WITH_CHARACTERS)
    stages = stages_of(Telling(("ab", "en")), spans=[TimeSpan(1.0, 2.0)], fake=aligner)
    (word,) = transcript_of(stages, RunOptions(characters=True)).words
    assert word.span == TimeSpan(1.0, 2.0)
    assert [(each.text, each.span) for each in word.characters] == [
        ("a", TimeSpan(1.0, 1.5)),
        ("b", TimeSpan(1.5, 2.0)),
    ]
    assert aligner.batches[0][0].characters


def test_a_translation_is_not_aligned():
    """What it says is nowhere in the sound; times are the transcriber's own."""
    aligner = FakeAligner()
    options = RunOptions(Instructions(task="translate"))
    transcript = transcript_of(stages_of(fake=aligner), options)
    assert aligner.batches == []
    assert transcript.text == "hello world"
    assert [word.score for word in transcript.words] == [None, None]
    assert transcript.warnings == ()


class TestRefusals:
    def test_characters_of_a_first_choice_that_has_none(self):
        able = FakeAligner(capabilities=WITH_CHARACTERS)
        with pytest.raises(UnsupportedError) as caught:
            run(stages_of(first=FakeAligner(), second=able), options=RunOptions(characters=True))
        assert caught.value.message == (
            "aligner.characters: first tells the times of words, not of characters"
        )
        assert "aligner.backend" in caught.value.hint

    def test_characters_where_nobody_aligns(self):
        with pytest.raises(UnsupportedError, match=r"aligner\.characters: nobody aligns"):
            run(stages_of(), options=RunOptions(characters=True))

    def test_not_of_what_only_steps_in(self):
        able = FakeAligner(capabilities=WITH_CHARACTERS)
        stages = stages_of(first=able, second=FakeAligner())
        assert transcript_of(stages, RunOptions(characters=True)).words[0].characters


class TestSentences:
    TOLD = (("One two. Three", "en"), ("four. Five.", "en"))
    SPANS = (TimeSpan(0.0, 1.5), TimeSpan(1.5, 2.5))

    def stages(self, splitter, **aligners):
        return stages_of(Telling(*self.TOLD), spans=self.SPANS, splitter=splitter, **aligners)

    def test_are_the_segments_over_the_borders_of_chunks(self):
        splitter = FakeSentenceSplitter()
        transcript = transcript_of(self.stages(splitter, fake=FakeAligner()))
        assert [(each.text, each.span) for each in transcript.segments] == [
            ("One two.", TimeSpan(0.0, 1.0)),
            ("Three four.", TimeSpan(1.0, 2.0)),
            ("Five.", TimeSpan(2.0, 2.5)),
        ]
        assert splitter.asked == [("One two. Three four. Five.", "en")]
        assert transcript.timings["sentences"] >= 0

    def test_are_not_looked_for_where_nobody_aligns(self):
        splitter = FakeSentenceSplitter()
        assert len(transcript_of(self.stages(splitter)).segments) == 2
        assert splitter.asked == []

    def test_are_not_looked_for_without_a_splitter(self):
        transcript = transcript_of(self.stages(None, fake=FakeAligner()))
        assert [each.text for each in transcript.segments] == ["One two. Three", "four. Five."]

    def test_that_cannot_be_told_leave_segments_and_a_warning(self):
        stages = self.stages(FakeSentenceSplitter(KeyError("bug")), fake=FakeAligner())
        transcript = transcript_of(stages)
        assert [each.text for each in transcript.segments] == ["One two. Three", "four. Five."]
        assert transcript.warnings == ("segments are not cut into sentences: KeyError: 'bug'",)

    def test_have_the_speaker_who_says_most_of_them(self):
        turns = (SpeakerTurn(TimeSpan(0.0, 1.0), "ann"), SpeakerTurn(TimeSpan(1.0, 3.0), "bob"))
        stages = replace(
            self.stages(FakeSentenceSplitter(), fake=FakeAligner()),
            diarizer=FakeDiarizer(Diarization(turns)),
        )
        speakers = [each.speaker for each in transcript_of(stages).segments]
        assert speakers == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_01"]

    def test_of_a_recording_whose_language_is_given_are_cut_in_that(self):
        splitter = FakeSentenceSplitter()
        transcriber = Telling(("Eins. Zwei.", None))
        stages = stages_of(transcriber, splitter=splitter, fake=FakeAligner())
        transcript_of(stages, RunOptions(Instructions("de")))
        assert splitter.asked == [("Eins. Zwei.", "de")]

"""Aligners in line, and what becomes of a job's words."""

import numpy as np
import pytest

from asrcore.domain.audio import Audio
from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.chunking import Chunk
from asrcore.domain.recording import Recording
from asrcore.domain.request import AlignRequest, ChunkResult, Instructions
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word
from asrcore.errors import EngineError, ModelError
from asrcore.testing import FakeAligner, tone
from asrcore.usecases.align import AlignerLine, align_chunks
from asrcore.usecases.job import Job

EN_DE = AlignerCapabilities(frozenset({"en", "de"}))


def request(language="en", *texts):
    return AlignRequest(tone(1.0), texts or ("hello world",), language)


def knowing(*languages, error=None):
    return FakeAligner(error, capabilities=AlignerCapabilities(frozenset(languages)))


class Moody(FakeAligner):
    """Fails as often as it has errors."""

    def __init__(self, *errors):
        super().__init__()
        self.errors = list(errors)

    def align(self, batch):
        self._error = self.errors.pop(0) if self.errors else None
        return super().align(batch)


class Wrong(FakeAligner):
    """Answers something else."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def align(self, batch):
        return self.answer


class TestAlignerLine:
    def test_asks_the_first_alone_where_it_can(self):
        first, second = FakeAligner(), FakeAligner()
        aligned, notes = AlignerLine({"first": first, "second": second}).align([request()])
        assert [word.text for word in aligned[0][0]] == ["hello", "world"]
        assert notes == []
        assert second.batches == []

    def test_is_empty_without_any(self):
        assert not AlignerLine({})
        assert AlignerLine({"one": FakeAligner()})

    def test_what_the_first_cannot_the_next_does_and_it_is_said_who_and_why(self):
        line = AlignerLine(
            {"ctc": FakeAligner(EngineError("no memory")), "attention": FakeAligner()}
        )
        aligned, notes = line.align([request(), request()])
        assert sorted(aligned) == [0, 1]
        assert notes == ["word times are by attention; ctc: no memory"]

    def test_says_one_thing_of_a_long_line(self):
        failing = {name: FakeAligner(EngineError(f"{name} fell")) for name in ("one", "two")}
        _, notes = AlignerLine({**failing, "three": FakeAligner()}).align([request()])
        assert notes == ["word times are by three; one: one fell"]

    def test_where_nobody_can_each_reason_is_given(self):
        line = AlignerLine({"one": FakeAligner(KeyError("bug")), "two": knowing("fr")})
        aligned, notes = line.align([request()])
        assert aligned == {}
        assert notes == [
            "word times are missing: one: KeyError: 'bug'; two: it has no model for language en"
        ]

    def test_a_model_that_cannot_be_had_is_asked_for_once_a_language(self):
        missing = FakeAligner(ModelError("no network", "run: asr models"))
        line = AlignerLine({"ctc": missing, "next": FakeAligner()})
        told = [line.align([request("en")])[1] for _ in range(3)]
        assert told == [["word times are by next; ctc: no network (run: asr models)"]] * 3
        line.align([request("de")])
        assert [batch[0].language for batch in missing.batches] == ["en", "de"]

    def test_an_engine_that_failed_once_is_asked_again(self):
        moody = Moody(EngineError("out of memory"))
        line = AlignerLine({"ctc": moody, "next": FakeAligner()})
        assert [line.align([request()])[1] for _ in range(2)] == [
            ["word times are by next; ctc: out of memory"],
            [],
        ]

    @pytest.mark.parametrize("language", ["en", "de-AT", None])
    def test_takes_a_language_with_its_region_and_one_that_nobody_knows(self, language):
        aligner = FakeAligner(capabilities=EN_DE)
        AlignerLine({"one": aligner}).align([request(language)])
        assert len(aligner.batches) == 1

    @pytest.mark.parametrize(
        ("known", "language", "asked"),
        [("pt-BR", "pt-BR", True), ("pt-BR", "pt", False), ("de", "den", False)],
    )
    def test_takes_a_region_only_where_it_or_all_of_its_language_is_known(
        self, known, language, asked
    ):
        aligner = knowing(known)
        AlignerLine({"one": aligner}).align([request(language)])
        assert bool(aligner.batches) is asked

    def test_does_not_ask_for_a_language_that_an_aligner_does_not_know(self):
        english, any_language = knowing("en"), FakeAligner()
        line = AlignerLine({"english": english, "any": any_language})
        _, notes = line.align([request("de-CH")])
        assert english.batches == []
        assert notes == ["word times are by any; english: it has no model for language de-CH"]

    @pytest.mark.parametrize(
        "answer",
        [
            [],
            [[(Word("hello"), Word("world"))]] * 2,
            [[(Word("hello"),), (Word("world"),)]],
            [[]],
        ],
    )
    def test_an_answer_that_does_not_fit_is_a_failure(self, answer):
        line = AlignerLine({"odd": Wrong(answer), "next": FakeAligner()})
        aligned, notes = line.align([request()])
        assert [word.score for word in aligned[0][0]] == [1.0, 1.0]
        assert notes == [
            "word times are by next; odd: it did not answer for every text of every request"
        ]


def job_of(*results, language=None):
    """A job whose chunks are one second each."""
    job = Job(Recording.of("a.wav"), Instructions(language))
    ramp = np.linspace(0, len(results), 16_000 * len(results), endpoint=False)
    job.audio = Audio(ramp.astype(np.float32))
    job.chunks = [Chunk((TimeSpan(index, index + 1),)) for index in range(len(results))]
    job.results = dict(enumerate(results))
    return job


def heard(*texts, language=None):
    segments = (Segment(TimeSpan(0, 1), text, (Word("old"),), avg_logprob=-0.5) for text in texts)
    return ChunkResult(tuple(segments), language)


def aligned(job, aligner=None, *, characters=False, indices=None):
    aligner = aligner or FakeAligner()
    which = range(len(job.results)) if indices is None else indices
    align_chunks(AlignerLine({"fake": aligner}), job, which, characters=characters)
    return aligner


class TestAlignChunks:
    def test_words_are_replaced_and_all_else_is_kept(self):
        job = job_of(heard("a b", "c", language="en"))
        aligned(job)
        first, second = job.results[0].segments
        assert [word.text for word in (*first.words, *second.words)] == ["a", "b", "c"]
        assert second.words == (Word("c", TimeSpan(0.5, 1.0), 1.0),)
        assert (first.text, first.avg_logprob, first.span) == ("a b", -0.5, TimeSpan(0, 1))
        assert job.results[0].language == "en"
        assert job.timings["align"] > 0

    def test_a_request_is_a_chunk_with_its_own_sound_and_texts(self):
        job = job_of(heard("a b", "c"), heard("d"))
        (batch,) = aligned(job).batches
        assert [each.texts for each in batch] == [("a b", "c"), ("d",)]
        assert [each.samples[0] for each in batch] == [0.0, 1.0]

    def test_each_language_is_asked_for_apart_and_comes_back_to_its_place(self):
        job = job_of(*(heard(text, language=text[:2]) for text in ("en1", "de1", "en2")))
        batches = aligned(job).batches
        assert [[(each.language, *each.texts) for each in batch] for batch in batches] == [
            [("en", "en1"), ("en", "en2")],
            [("de", "de1")],
        ]
        words = [job.results[index].segments[0].words[0].text for index in range(3)]
        assert words == ["en1", "de1", "en2"]

    def test_the_language_of_the_recording_counts_where_a_chunk_tells_none(self):
        job = job_of(heard("a"), heard("b", language="de"), language="en")
        assert [batch[0].language for batch in aligned(job).batches] == ["en", "de"]

    def test_one_language_that_nobody_can_align_leaves_its_words_and_warns(self):
        job = job_of(heard("a", language="en"), heard("b", language="fr"))
        aligned(job, FakeAligner(capabilities=EN_DE))
        texts = [job.results[index].segments[0].words[0].text for index in range(2)]
        assert texts == ["a", "old"]
        assert job.warnings == ["word times are missing: fake: it has no model for language fr"]

    def test_only_the_chunks_that_are_named_are_touched(self):
        job = job_of(heard("a"), heard("b"))
        aligned(job, indices=[1])
        texts = [job.results[index].segments[0].words[0].text for index in range(2)]
        assert texts == ["old", "b"]

    def test_chunks_without_text_are_not_asked_about(self):
        job = job_of(ChunkResult(), heard("a"), ChunkResult((), "de"))
        (batch,) = aligned(job).batches
        assert [each.texts for each in batch] == [("a",)]
        assert job.results[0] == ChunkResult()

    @pytest.mark.parametrize("wanted", [True, False])
    def test_characters_are_asked_for_where_they_are_wanted(self, wanted):
        (batch,) = aligned(job_of(heard("a")), characters=wanted).batches
        assert [each.characters for each in batch] == [wanted]

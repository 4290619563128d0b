"""What becomes of a job's words."""

import numpy as np
import pytest

from asrcore.domain.audio import Audio
from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.chunking import Chunk
from asrcore.domain.recording import Recording
from asrcore.domain.request import ChunkResult, Instructions
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word
from asrcore.testing import FakeAligner
from asrcore.usecases.align import AlignerLine, align_chunks
from asrcore.usecases.job import Job

EN_DE = AlignerCapabilities(frozenset({"en", "de"}))


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

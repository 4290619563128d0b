"""The stage that makes sentences segments."""

from asrcore.domain.recording import Recording
from asrcore.domain.request import Instructions
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word
from asrcore.errors import EngineError
from asrcore.testing import FakeSentenceSplitter
from asrcore.usecases.job import Job
from asrcore.usecases.sentences import sentences

TEXT = "One two. Three."
WORDS = tuple(
    Word(text, TimeSpan(start, start + 1)) for start, text in enumerate(TEXT.split(), start=1)
)
SEGMENTS = [Segment(TimeSpan(0, 9), TEXT, WORDS)]


def job():
    return Job(Recording.of("a.wav"), Instructions("de"))


def test_a_sentence_is_a_segment_from_its_first_word_to_its_last():
    one = job()
    first, second = sentences(one, SEGMENTS, FakeSentenceSplitter())
    assert (first.text, first.words, first.span) == ("One two.", WORDS[:2], TimeSpan(1, 3))
    assert (second.text, second.words, second.span) == ("Three.", WORDS[2:], TimeSpan(3, 4))
    assert one.warnings == []
    assert one.timings.keys() == {"sentences"}


def test_the_splitter_is_told_the_language_of_the_recording():
    splitter = FakeSentenceSplitter()
    sentences(job(), SEGMENTS, splitter)
    assert splitter.asked == [(TEXT, "de")]


def test_where_the_splitter_fails_segments_stay_and_the_job_warns():
    for error, said in [(EngineError("worn out"), "worn out"), (KeyError("x"), "KeyError: 'x'")]:
        one = job()
        assert sentences(one, SEGMENTS, FakeSentenceSplitter(error)) == tuple(SEGMENTS)
        assert one.warnings == [f"segments are not cut into sentences: {said}"]

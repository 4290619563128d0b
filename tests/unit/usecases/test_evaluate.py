import pytest

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.outcome import Outcome
from asrcore.domain.recording import Recording
from asrcore.domain.scoring.measures import Rate
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Transcript
from asrcore.errors import AudioDecodeError, EngineError
from asrcore.usecases import evaluate as module
from asrcore.usecases.evaluate import NO_HYPOTHESIS, NO_SOUND, benchmark, evaluate


class Length:
    """How many characters too many or too few."""

    def measure(self, reference, hypothesis):
        truth, heard = len(reference.text), len(hypothesis.text)
        return {"length": Rate(abs(heard - truth), truth)}


class Speakers:
    def measure(self, reference, hypothesis):
        return {"speakers": Rate(0, 1)} if reference.diarization else {}


def told(text, speaker=None):
    return Annotation((Utterance(text, TimeSpan(0, 1), speaker),))


def test_every_metric_measures_every_recording():
    references = {"b": told("four", "A"), "a": told("two")}
    hypotheses = {"a": told("three"), "b": told("fours"), "stranger": told("one")}
    found = evaluate(references, hypotheses, [Length(), Speakers()])
    assert [(each.name, dict(each.measures)) for each in found.scored] == [
        ("b", {"length": Rate(1, 4), "speakers": Rate(0, 1)}),
        ("a", {"length": Rate(2, 3)}),
    ]
    assert found.scored[0].reference is references["b"]
    assert found.scored[0].hypothesis is hypotheses["b"]
    assert (found.failed, found.elapsed) == ({}, None)


def test_a_recording_without_hypothesis_failed():
    found = evaluate({"a": told("x"), "b": told("y")}, {"b": told("y")}, [Length()])
    assert [each.name for each in found.scored] == ["b"]
    assert found.failed == {"a": NO_HYPOTHESIS}


class Broken:
    """Fails at one recording."""

    def measure(self, reference, hypothesis):
        if hypothesis.text == "y":
            raise EngineError("this text is too hard")
        return {"broken": Rate(0, 1)}


def test_a_recording_that_cannot_be_measured_failed_and_the_others_did_not():
    texts = {"a": told("x"), "b": told("y"), "c": told("z")}
    found = evaluate(texts, texts, [Length(), Broken()])
    assert [each.name for each in found.scored] == ["a", "c"]
    assert found.failed == {"b": "this text is too hard"}


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    moments = [100.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: moments[0])
    return moments


def heard(text, seconds=2.0):
    return Transcript(
        (Segment(TimeSpan(0, 1), text),), duration=seconds, timings={"decode": 0.5, "transcribe": 2}
    )


def test_a_benchmark_measures_quality_and_speed(clock):
    def transcribe(recordings):
        asked = list(recordings)
        assert [recording.name for recording in asked] == ["a.wav", "b.wav"]
        clock[0] += 50.0  # loading models, which is not counted

        def outcomes():
            clock[0] += 8.0
            yield Outcome(asked[1], error=AudioDecodeError("b.wav: no sound", "try another"))
            yield Outcome(asked[0], heard("abc"))

        return outcomes()

    references = {"one": told("ab"), "two": told("x"), "three": told("y")}
    recordings = {
        name: Recording.of(path)
        for name, path in {"one": "a.wav", "two": "b.wav", "stranger": "c.wav"}.items()
    }
    found = benchmark(references, recordings, transcribe, [Length()])
    assert [(each.name, dict(each.measures)) for each in found.scored] == [
        ("one", {"length": Rate(1, 2), "rtf": Rate(2.5, 2.0, {"decode": 0.5, "transcribe": 2})})
    ]
    assert found.scored[0].hypothesis == Annotation.of(heard("abc"))
    assert found.failed == {"two": "b.wav: no sound (try another)", "three": NO_SOUND}
    assert found.elapsed == 8.0


def test_a_recording_may_be_benchmarked_under_two_names():
    def transcribe(recordings):
        return (Outcome(recording, heard("ab")) for recording in recordings)

    references = {"one": told("ab"), "two": told("abc")}
    recordings = {"one": Recording.of("a.wav"), "two": Recording.of("a.wav")}
    found = benchmark(references, recordings, transcribe, [Length()])
    assert {each.name: each.measures["length"].errors for each in found.scored} == {
        "one": 0,
        "two": 1,
    }

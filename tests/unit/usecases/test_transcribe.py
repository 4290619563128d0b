"""The main job, with fakes for engines."""

import time
from dataclasses import replace

import numpy as np
import pytest

from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.capabilities import TranscriberCapabilities
from asrcore.domain.chunking import ChunkLimits
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.events import (
    ChunkTranscribed,
    RecordingFailed,
    RecordingFinished,
    RecordingStarted,
    SpeechFound,
    Warned,
)
from asrcore.domain.recording import Recording
from asrcore.domain.request import ChunkResult, Instructions
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word
from asrcore.errors import AudioDecodeError, EngineError, UnsupportedError
from asrcore.testing import (
    FakeAligner,
    FakeAudioSource,
    FakeDiarizer,
    FakeTranscriber,
    FakeVoiceActivityDetector,
    RecordedProgress,
    tone,
)
from asrcore.usecases.stages import RunOptions, Stages
from asrcore.usecases.transcribe import TranscribeRecordings

TWO_TURNS = Diarization(
    (SpeakerTurn(TimeSpan(0.0, 1.5), "ann"), SpeakerTurn(TimeSpan(1.5, 3.0), "bob"))
)


@pytest.fixture
def stages() -> Stages:
    return Stages(FakeAudioSource(), FakeVoiceActivityDetector(), FakeTranscriber())


def run(stages: Stages, *names: str, options: RunOptions = RunOptions(), progress=None):
    recordings = [Recording.of(name) for name in names]
    use_case = TranscribeRecordings(stages, options, progress or RecordedProgress())
    return list(use_case.run(recordings))


def transcript_of(stages: Stages, options: RunOptions = RunOptions()):
    (outcome,) = run(stages, "a.wav", options=options)
    return outcome.unwrap()


def test_a_recording_becomes_a_transcript(stages):
    transcript = transcript_of(stages)
    assert transcript.text == "hello world"
    assert [word.span for word in transcript.words] == [TimeSpan(0, 1.5), TimeSpan(1.5, 3)]
    assert transcript.duration == 3.0
    assert (transcript.language, transcript.language_probability) == ("en", pytest.approx(0.9))


def test_every_stage_reports_its_time(stages):
    full = replace(stages, aligners={"fake": FakeAligner()}, diarizer=FakeDiarizer(TWO_TURNS))
    timings = transcript_of(full).timings
    assert set(timings) == {
        "decode", "voice_activity", "detect_language", "transcribe", "align", "diarize",
        "attribute",
    }  # fmt: skip
    assert all(seconds >= 0 for seconds in timings.values())


def test_a_batch_is_paid_for_by_share(stages):
    class Slow(FakeTranscriber):
        def transcribe(self, batch):
            time.sleep(0.2)
            return super().transcribe(batch)

    slow = replace(stages, transcriber=Slow())
    first, second = run(slow, "a.wav", "b.wav")
    times = [outcome.unwrap().timings["transcribe"] for outcome in (first, second)]
    assert sum(times) == pytest.approx(0.2, abs=0.1)
    assert times[0] == pytest.approx(times[1], rel=0.2)


def test_times_are_mapped_back_to_the_recording(stages):
    spans = [TimeSpan(0.5, 1.0), TimeSpan(2.0, 2.5)]
    limits = ChunkLimits(max_gap=0.2)
    found = replace(stages, voice_activity=FakeVoiceActivityDetector(spans))
    words = transcript_of(found, RunOptions(limits=limits)).words
    # One chunk of 1.0 s made of two pieces: each word fills one of them.
    assert [word.span for word in words] == spans


def test_own_speech_replaces_the_detector_and_is_kept_apart(stages):
    own = (TimeSpan(0.0, 1.0), TimeSpan(1.0, 2.0))
    recording = Recording.of("a.wav", speech=own)
    (outcome,) = TranscribeRecordings(stages, RunOptions(), RecordedProgress()).run([recording])
    assert [segment.span for segment in outcome.unwrap().segments] == list(own)


def test_a_detector_may_ask_for_its_spans_to_be_kept_apart(stages):
    own = [TimeSpan(0.0, 1.0), TimeSpan(1.0, 2.0)]
    exact = replace(stages, voice_activity=FakeVoiceActivityDetector(own, exact=True))
    assert [segment.span for segment in transcript_of(exact).segments] == own


def test_silence_gives_an_empty_transcript_and_says_so(stages):
    silent = replace(stages, voice_activity=FakeVoiceActivityDetector([]))
    transcript = transcript_of(silent)
    assert transcript.segments == ()
    assert transcript.language is None
    assert transcript.warnings == ("no speech was found in it",)


def test_chunks_of_all_recordings_share_batches():
    transcriber = FakeTranscriber()
    stages = Stages(FakeAudioSource(), FakeVoiceActivityDetector(), transcriber)
    outcomes = run(stages, *(f"{n}.wav" for n in range(7)), options=RunOptions(batch_size=3))
    assert [len(batch) for batch in transcriber.batches] == [3, 3, 1]
    assert [outcome.recording.name for outcome in outcomes] == [f"{n}.wav" for n in range(7)]
    assert all(outcome.unwrap().text == "hello world" for outcome in outcomes)


def test_chunks_never_exceed_what_the_engine_takes(stages):
    transcriber = FakeTranscriber(capabilities=TranscriberCapabilities(max_chunk=1.0))
    small = replace(stages, transcriber=transcriber)
    transcript_of(small)
    (batch,) = transcriber.batches
    assert len(batch) >= 3
    assert all(len(request.samples) <= SAMPLE_RATE for request in batch)


def test_a_finished_recording_does_not_wait_for_the_others():
    seen: list[str] = []

    def recordings():
        for name in ("a.wav", "b.wav", "c.wav", "d.wav"):
            seen.append(name)
            yield Recording.of(name)

    stages = Stages(FakeAudioSource(), FakeVoiceActivityDetector(), FakeTranscriber())
    options = RunOptions(batch_size=1)
    outcomes = TranscribeRecordings(stages, options, RecordedProgress()).run(recordings())
    assert next(outcomes).recording.name == "a.wav"
    assert seen == ["a.wav", "b.wav"], "one recording is decoded ahead, no more"


def test_one_broken_recording_stops_no_other(stages):
    source = FakeAudioSource(broken=["b.wav"])
    outcomes = run(replace(stages, audio_source=source), "a.wav", "b.wav", "c.wav")
    by_name = {outcome.recording.name: outcome for outcome in outcomes}
    assert isinstance(by_name["b.wav"].error, AudioDecodeError)
    assert by_name["a.wav"].unwrap().text == by_name["c.wav"].unwrap().text == "hello world"


def test_an_unexpected_failure_while_decoding_is_kept_to_its_recording(stages):
    class Buggy(FakeAudioSource):
        def blocks(self, recording, warn):
            if recording.name == "b.wav":
                raise KeyError("oops")
            return super().blocks(recording, warn)

    outcomes = run(replace(stages, audio_source=Buggy()), "b.wav", "a.wav")
    failed, done = sorted(outcomes, key=lambda outcome: outcome.error is None)
    assert isinstance(failed.error, EngineError)
    assert isinstance(failed.error.__cause__, KeyError)
    assert "b.wav" in str(failed.error)
    assert done.unwrap().text == "hello world"


def test_no_sound_at_all_is_an_error_of_its_recording(stages):
    (outcome,) = run(replace(stages, audio_source=FakeAudioSource(seconds=0)), "a.wav")
    assert isinstance(outcome.error, AudioDecodeError)


def test_a_batch_that_fails_is_tried_chunk_by_chunk():
    short = 2 * SAMPLE_RATE

    def fails(request):
        return len(request.samples) < short

    class Mixed(FakeAudioSource):
        def blocks(self, recording, warn):
            yield tone(1.0 if recording.name == "bad.wav" else 3.0)

    stages = Stages(Mixed(), FakeVoiceActivityDetector(), FakeTranscriber(fails=fails))
    outcomes = run(stages, "a.wav", "bad.wav", "c.wav")
    by_name = {outcome.recording.name: outcome for outcome in outcomes}
    assert isinstance(by_name["bad.wav"].error, EngineError)
    assert by_name["a.wav"].unwrap().text == by_name["c.wav"].unwrap().text == "hello world"


def test_a_failed_recording_is_not_transcribed_further():
    transcriber = FakeTranscriber(fails=lambda _: True)
    stages = Stages(FakeAudioSource(seconds=10), FakeVoiceActivityDetector(), transcriber)
    options = RunOptions(batch_size=2, limits=ChunkLimits(max_duration=1.0))
    (outcome,) = run(stages, "a.wav", options=options)
    assert isinstance(outcome.error, EngineError)
    sizes = [len(batch) for batch in transcriber.batches]
    assert sizes == [2, 1], "the batch, then its first chunk alone; nothing after that"


def test_errors_of_ours_stay_what_they_are(stages):
    class OutOfLuck(FakeTranscriber):
        def transcribe(self, batch):
            raise EngineError("no luck")

    (outcome,) = run(replace(stages, transcriber=OutOfLuck()), "a.wav")
    assert str(outcome.error) == "no luck"


def test_the_language_is_detected_once_and_then_given():
    transcriber = FakeTranscriber(language="de")
    stages = Stages(FakeAudioSource(), FakeVoiceActivityDetector(), transcriber)
    transcript = transcript_of(stages)
    assert transcript.language == "de"
    assert transcriber.batches[0][0].instructions.language == "de"


def test_doubtful_language_evidence_is_gathered_over_chunks():
    answers = iter([{"nl": 0.4, "de": 0.3}, {"de": 0.45, "nl": 0.1}, {"de": 0.3}, {"xx": 1.0}])

    class Doubtful(FakeTranscriber):
        def detect_languages(self, batch):
            return [next(answers) for _ in batch]

    stages = Stages(FakeAudioSource(seconds=10), FakeVoiceActivityDetector(), Doubtful())
    options = RunOptions(limits=ChunkLimits(max_duration=1.0))
    transcript = transcript_of(stages, options)
    assert transcript.language == "de"
    assert transcript.language_probability == pytest.approx((0.3 + 0.45 + 0.3) / 3)


def test_a_given_language_is_not_detected(stages):
    class NoDetection(FakeTranscriber):
        def detect_languages(self, batch):
            raise AssertionError("it was given")

    options = RunOptions(Instructions(language="fr"))
    transcript = transcript_of(replace(stages, transcriber=NoDetection()), options)
    assert (transcript.language, transcript.language_probability) == ("fr", None)


def test_multilingual_recordings_are_detected_chunk_by_chunk():
    languages = iter(["de", "en", "de"])

    class Polyglot(FakeTranscriber):
        def transcribe(self, batch):
            assert all(request.instructions.language is None for request in batch)
            return [replace(each, language=next(languages)) for each in super().transcribe(batch)]

    spans = [TimeSpan(0, 1), TimeSpan(1, 2), TimeSpan(2, 3)]
    detector = FakeVoiceActivityDetector(spans, exact=True)
    stages = Stages(FakeAudioSource(), detector, Polyglot())
    transcript = transcript_of(stages, RunOptions(multilingual=True))
    assert transcript.language == "de", "the one of most of the speech"


def test_a_failing_language_detection_fails_its_recording_only(stages):
    class Deaf(FakeTranscriber):
        def detect_languages(self, batch):
            raise EngineError("deaf")

    (outcome,) = run(replace(stages, transcriber=Deaf()), "a.wav")
    assert str(outcome.error) == "deaf"


def test_a_buggy_aligner_or_diarizer_costs_no_text(stages):
    diarizer = FakeDiarizer(TWO_TURNS, KeyError("bug"))
    failing = replace(stages, aligners={"fake": FakeAligner(KeyError("bug"))}, diarizer=diarizer)
    transcript = transcript_of(failing)
    assert transcript.text == "hello world"
    assert set(transcript.warnings) == {
        "word times are missing: fake: KeyError: 'bug'",
        "speakers are missing: KeyError: 'bug'",
    }


def test_an_engine_that_miscounts_its_results_fails_only_what_it_was_asked_for():
    class Miscounting(FakeTranscriber):
        def transcribe(self, batch):
            return super().transcribe(batch)[1:]

    stages = Stages(FakeAudioSource(), FakeVoiceActivityDetector(), Miscounting())
    outcomes = run(stages, "a.wav", "b.wav", "c.wav", options=RunOptions(batch_size=2))
    assert len(outcomes) == 3
    assert all("gave 0 results for 1 chunks" in str(outcome.error) for outcome in outcomes)


def test_a_batch_that_fails_is_no_secret():
    fails = iter([True, False, False])
    transcriber = FakeTranscriber(fails=lambda _: next(fails, False))
    stages = Stages(FakeAudioSource(), FakeVoiceActivityDetector(), transcriber)
    outcomes = run(stages, "a.wav", "b.wav")
    for outcome in outcomes:
        (warning,) = outcome.unwrap().warnings
        assert warning.startswith("a batch failed and was tried chunk by chunk: ValueError")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (Instructions(language="de"), "language"),
        (Instructions(task="translate"), "task"),
        (Instructions(prompt="Hi"), "prompt"),
        (Instructions(hotwords="Hi"), "hotwords"),
    ],
)
def test_what_the_engine_would_ignore_is_refused_before_any_work(stages, asked, name):
    humble = TranscriberCapabilities(languages=frozenset({"en"}))
    transcriber = FakeTranscriber(capabilities=humble)
    with pytest.raises(UnsupportedError, match=f"transcriber.{name}"):
        run(replace(stages, transcriber=transcriber), "a.wav", options=RunOptions(asked))
    assert transcriber.batches == []


def test_multilingual_needs_an_engine_that_tells_languages_apart(stages):
    transcriber = FakeTranscriber(capabilities=TranscriberCapabilities())
    with pytest.raises(UnsupportedError, match="multilingual"):
        run(
            replace(stages, transcriber=transcriber),
            "a.wav",
            options=RunOptions(multilingual=True),
        )


def test_events_tell_the_story_in_order(stages):
    progress = RecordedProgress()
    source = FakeAudioSource(broken=["bad.wav"], damaged=["a.wav"])
    run(replace(stages, audio_source=source), "a.wav", "bad.wav", progress=progress)
    kinds = {"a.wav": [], "bad.wav": []}
    for event in progress.events:
        kinds[event.recording.name].append(type(event))
    assert kinds == {
        "a.wav": [RecordingStarted, SpeechFound, ChunkTranscribed, Warned, RecordingFinished],
        "bad.wav": [RecordingStarted, RecordingFailed],
    }


def test_progress_grows_to_the_whole(stages):
    progress = RecordedProgress()
    options = RunOptions(batch_size=2, limits=ChunkLimits(max_duration=1.0))
    source = FakeAudioSource(seconds=7.0)
    run(replace(stages, audio_source=source), "a.wav", options=options, progress=progress)
    steps = [event for event in progress.events if isinstance(event, ChunkTranscribed)]
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(7.0)
    assert all(step.total == pytest.approx(7.0) for step in steps)


def test_leaving_early_stops_the_workers(stages):
    progress = RecordedProgress()
    use_case = TranscribeRecordings(stages, RunOptions(batch_size=1), progress)
    outcomes = use_case.run(Recording.of(f"{n}.wav") for n in range(100))
    next(outcomes)
    outcomes.close()
    started = [event for event in progress.events if isinstance(event, RecordingStarted)]
    assert len(started) < 5


def test_decoded_audio_is_taken_as_it_is(stages):
    audio = Audio(tone(2.0))
    (outcome,) = TranscribeRecordings(stages, RunOptions(), RecordedProgress()).run(
        [Recording.of(audio)]
    )
    assert outcome.unwrap().duration == 2.0


def test_a_segment_reaches_from_its_first_to_its_last_timed_word(stages):
    class Loose(FakeTranscriber):
        def transcribe(self, batch):
            words = (Word("a", TimeSpan(0.5, 0.75)), Word("b", TimeSpan(1.0, 1.5)))
            partly = (Word("c", TimeSpan(2.0, 2.1)), Word("d"))
            return [
                ChunkResult(
                    (
                        Segment(TimeSpan(0.0, 2.0), "a b", words),
                        Segment(TimeSpan(2.0, 3.0), "c d", partly),
                    )
                )
                for _ in batch
            ]

    segments = transcript_of(replace(stages, transcriber=Loose())).segments
    assert [segment.span for segment in segments] == [TimeSpan(0.5, 1.5), TimeSpan(2.0, 3.0)]


def test_samples_reach_the_engine_unchanged():
    samples = np.linspace(-0.5, 0.5, 2 * SAMPLE_RATE, dtype=np.float32)
    transcriber = FakeTranscriber()
    stages = Stages(FakeAudioSource(), FakeVoiceActivityDetector(), transcriber)
    recordings = [Recording.of(samples)]
    list(TranscribeRecordings(stages, RunOptions(), RecordedProgress()).run(recordings))
    np.testing.assert_array_equal(transcriber.batches[0][0].samples, samples)


class Clips(FakeAudioSource):
    """Recordings of as many seconds as their name says."""

    def blocks(self, recording, warn):
        yield tone(float(recording.name))


def heard(batches: list) -> list[list[int]]:
    """The seconds of each chunk, batch by batch."""
    return [[round(len(request.samples) / SAMPLE_RATE) for request in batch] for batch in batches]


class Patient(FakeTranscriber):
    """Takes so long that all recordings that are begun are prepared meanwhile."""

    def detect_languages(self, batch):
        time.sleep(0.02)
        return super().detect_languages(batch)

    def transcribe(self, batch):
        time.sleep(0.1)
        return super().transcribe(batch)


def test_short_chunks_do_not_wait_for_the_text_of_long_ones():
    transcriber = Patient()
    stages = Stages(Clips(), FakeVoiceActivityDetector(), transcriber)
    outcomes = run(stages, *["1", "20"] * 10, options=RunOptions(batch_size=2))
    batches = heard(transcriber.batches)
    assert batches[0] == [1, 20], "a first result does not wait for more recordings"
    assert len(batches) == len(outcomes) / 2 == 10
    assert sum(len(set(batch)) > 1 for batch in batches) <= 5
    assert all(outcome.unwrap().text == "hello world" for outcome in outcomes)


def test_a_full_batch_does_not_wait_for_a_recording_that_takes_time():
    transcriber = FakeTranscriber()
    patience = 5.0

    class Slow(FakeAudioSource):
        def blocks(self, recording, warn):
            late = time.monotonic() + patience
            while recording.name == "last" and len(transcriber.batches) < 2:
                assert time.monotonic() < late, "nobody was heard meanwhile"
                time.sleep(0.01)
            return super().blocks(recording, warn)

    stages = Stages(Slow(), FakeVoiceActivityDetector(), transcriber)
    outcomes = run(stages, "a", "b", "last", options=RunOptions(batch_size=1))
    assert [outcome.error for outcome in outcomes] == [None] * 3


def test_a_recording_that_cannot_be_decoded_is_told_at_once(stages):
    bad = replace(stages, audio_source=FakeAudioSource(broken=["bad.wav"]))
    recordings = map(Recording.of, ["bad.wav", "a.wav", "b.wav"])
    use_case = TranscribeRecordings(bad, RunOptions(batch_size=2), RecordedProgress())
    outcomes = use_case.run(recordings)
    assert next(outcomes).recording.name == "bad.wav"
    assert stages.transcriber.batches == []
    assert len(list(outcomes)) == 2


def test_a_long_recording_is_put_together_from_four_batches_at_a_time():
    spans = [TimeSpan(30.0 * n, 30.0 * n + (20.0 if n % 8 else 1.0)) for n in range(16)]
    detector = FakeVoiceActivityDetector(spans, exact=True)
    transcriber = FakeTranscriber()
    stages = Stages(FakeAudioSource(seconds=500.0), detector, transcriber)
    progress = RecordedProgress()
    (outcome,) = run(stages, "a.wav", options=RunOptions(batch_size=2), progress=progress)
    window = [[1, 20], [20, 20], [20, 20], [20, 20]]
    assert heard(transcriber.batches) == [*window, *window], "the two short ones never meet"
    assert [segment.span for segment in outcome.unwrap().segments] == spans
    done = [event.done for event in progress.events if isinstance(event, ChunkTranscribed)]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(14 * 20 + 2)


def test_a_recording_that_fails_leaves_the_batches_that_are_planned():
    transcriber = FakeTranscriber(fails=lambda request: len(request.samples) > 10 * SAMPLE_RATE)
    spans = [TimeSpan(30.0 * n, 30.0 * n + (20.0, 1.0)[n % 2]) for n in range(8)]
    detector = FakeVoiceActivityDetector(spans, exact=True)
    stages = Stages(FakeAudioSource(seconds=600.0), detector, transcriber)
    (outcome,) = run(stages, "a.wav", options=RunOptions(batch_size=2))
    assert isinstance(outcome.error, EngineError)
    assert heard(transcriber.batches) == [[20, 20], [20]], "nothing after the one that failed"

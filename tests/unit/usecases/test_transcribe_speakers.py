"""The main job with a diarizer beside it."""

import threading
import time
from dataclasses import replace

import pytest

from asrcore.domain.capabilities import DiarizerCapabilities
from asrcore.domain.diarization import Diarization, SpeakerCount, SpeakerTurn
from asrcore.domain.events import ChunkTranscribed, Event, RecordingFinished, SpeakersSought
from asrcore.domain.outcome import Outcome
from asrcore.domain.recording import Recording
from asrcore.domain.request import Instructions
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Transcript
from asrcore.errors import EngineError, UnsupportedError
from asrcore.ports.diarizer import unheard
from asrcore.testing import (
    FakeAudioSource,
    FakeDiarizer,
    FakeTranscriber,
    FakeVoiceActivityDetector,
    RecordedProgress,
)
from asrcore.usecases import transcribe
from asrcore.usecases.diarize import SpeakerOptions
from asrcore.usecases.stages import RunOptions, Stages
from asrcore.usecases.transcribe import TranscribeRecordings

TWO_TURNS = Diarization(
    (SpeakerTurn(TimeSpan(0.0, 1.5), "zoe"), SpeakerTurn(TimeSpan(1.5, 3.0), "ann")),
    embeddings={"zoe": (1.0, 0.0), "ann": (0.0, 1.0)},
)
PATIENCE = 20.0
"""Seconds after which a thread gives up, so that a mistake fails a test and never hangs it."""


@pytest.fixture
def stages() -> Stages:
    return Stages(
        FakeAudioSource(),
        FakeVoiceActivityDetector(),
        FakeTranscriber(),
        diarizer=FakeDiarizer(TWO_TURNS),
    )


def run(stages: Stages, *names: str, options=RunOptions(), progress=None) -> list[Outcome]:
    use_case = TranscribeRecordings(stages, options, progress or RecordedProgress())
    return list(use_case.run([Recording.of(name) for name in names]))


def transcript_of(stages: Stages, **speakers: object) -> Transcript:
    options = RunOptions(speakers=SpeakerOptions(**speakers))
    (outcome,) = run(stages, "a.wav", options=options)
    return outcome.unwrap()


class Held(FakeDiarizer):
    """Tells that half is done, then works until it is released.

    Attributes:
        released: ends its work.
        gave_up: whether nobody released it in time.
    """

    def __init__(self) -> None:
        super().__init__(TWO_TURNS)
        self.released = threading.Event()
        self.gave_up = False

    def diarize(self, audio, speakers, *, embeddings=False, progress=unheard):
        progress(0.5)
        self.gave_up |= not self.released.wait(PATIENCE)
        return super().diarize(audio, speakers, embeddings=embeddings)


# What it finds


def test_speakers_are_named_by_their_first_appearance_per_word(stages: Stages) -> None:
    transcript = transcript_of(stages)
    assert [word.speaker for word in transcript.words] == ["SPEAKER_00", "SPEAKER_01"]
    assert transcript.diarization.speakers == transcript.speakers == ("SPEAKER_00", "SPEAKER_01")


def test_known_speakers_are_called_by_their_names(stages: Stages) -> None:
    transcript = transcript_of(stages, known={"Ann": (0.0, 2.0)})
    assert [word.speaker for word in transcript.words] == ["SPEAKER_00", "Ann"]
    assert transcript.diarization.embeddings == {}


def test_voices_are_told_on_request(stages: Stages) -> None:
    found = transcript_of(stages, embeddings=True).diarization
    assert found.embeddings == {"SPEAKER_00": (1.0, 0.0), "SPEAKER_01": (0.0, 1.0)}


def test_a_transcript_knows_what_its_recording_is_called(stages: Stages) -> None:
    assert transcript_of(stages).name == "a"


def test_a_translation_has_speakers_too(stages: Stages) -> None:
    options = RunOptions(Instructions(task="translate"))
    (outcome,) = run(stages, "a.wav", options=options)
    assert outcome.unwrap().speakers == ("SPEAKER_00", "SPEAKER_01")


def test_without_a_diarizer_nothing_is_told_of_speakers(stages: Stages) -> None:
    transcript = transcript_of(replace(stages, diarizer=None))
    assert (transcript.diarization, transcript.speakers) == (None, ())
    assert "attribute" not in transcript.timings


def test_where_there_is_no_speech_nobody_is_asked_who_speaks(stages: Stages) -> None:
    silent = replace(stages, voice_activity=FakeVoiceActivityDetector([]))
    transcript = transcript_of(silent, count=SpeakerCount(2, 2))
    assert transcript.diarization == Diarization()
    assert transcript.warnings == ("no speech was found in it",)
    assert stages.diarizer.asked == []


def test_a_recording_that_cannot_be_decoded_is_not_diarized(stages: Stages) -> None:
    broken = replace(stages, audio_source=FakeAudioSource(broken=["a.wav"]))
    first, second = run(broken, "a.wav", "b.wav")
    assert first.error is not None
    assert second.unwrap().speakers
    assert len(stages.diarizer.asked) == 1


# What it is asked


def test_the_diarizer_is_told_how_many_speakers_there_are(stages: Stages) -> None:
    transcript_of(stages, count=SpeakerCount(2, 2))
    assert stages.diarizer.asked == [SpeakerCount(2, 2)]


def test_another_number_than_the_users_is_a_warning(stages: Stages) -> None:
    warnings = transcript_of(stages, count=SpeakerCount(maximum=1)).warnings
    assert warnings == ("2 speakers were told apart, though there should be at most 1",)


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ({"count": SpeakerCount(maximum=2)}, "the number of speakers"),
        ({"embeddings": True}, "diarizer.embeddings"),
        ({"known": {"ann": (1.0,)}}, "diarizer.speakers"),
    ],
)
@pytest.mark.parametrize(
    "diarizer", [None, FakeDiarizer(TWO_TURNS, capabilities=DiarizerCapabilities())]
)
def test_what_nobody_would_heed_is_refused_before_any_work(
    stages: Stages, wish: dict, name: str, diarizer: FakeDiarizer | None
) -> None:
    with pytest.raises(UnsupportedError, match=name):
        transcript_of(replace(stages, diarizer=diarizer), **wish)
    assert stages.transcriber.batches == []


# Where it fails


def test_a_failing_diarizer_costs_speakers_and_a_warning_not_the_transcript(
    stages: Stages,
) -> None:
    failing = FakeDiarizer(TWO_TURNS, EngineError("no token"))
    transcript = transcript_of(replace(stages, diarizer=failing))
    assert transcript.text == "hello world"
    assert (transcript.speakers, transcript.diarization) == ((), None)
    assert transcript.warnings == ("speakers are missing: no token",)


# Beside the others


def test_a_slow_diarizer_holds_back_no_more_than_the_backlog(stages: Stages) -> None:
    slow = Held()
    held = replace(stages, diarizer=slow)
    use_case = TranscribeRecordings(held, RunOptions(batch_size=1), RecordedProgress())
    threading.Timer(0.3, slow.released.set).start()
    outcomes = use_case.run(Recording.of(f"{n}.wav") for n in range(6))
    next(outcomes)
    assert len(stages.transcriber.batches) == 3, "two may wait, the third waits for the first"
    assert len(list(outcomes)) == 5
    assert not slow.gave_up


def test_what_a_slow_diarizer_tells_is_passed_on_while_it_works(stages: Stages) -> None:
    """Also where all is transcribed, so that nothing else happens."""
    transcribed = threading.Event()

    class Slower(Held):
        def diarize(self, audio, speakers, **more):
            self.gave_up |= not transcribed.wait(PATIENCE)
            time.sleep(0.1)
            return super().diarize(audio, speakers, **more)

    slow = Slower()

    def notify(event: Event) -> None:
        if isinstance(event, ChunkTranscribed):
            transcribed.set()
        if isinstance(event, SpeakersSought):
            slow.released.set()

    (outcome,) = run(replace(stages, diarizer=slow), "a.wav", progress=notify)
    assert not slow.gave_up, "nobody heard of it before it was done"
    assert outcome.unwrap().speakers


def test_events_are_told_in_the_thread_of_the_run(stages: Stages) -> None:
    """Whoever draws them need not think of threads, though the diarizer has one of its own."""
    told, own = {}, []

    class Elsewhere(FakeDiarizer):
        def diarize(self, audio, speakers, **more):
            own.append(threading.get_ident())
            return super().diarize(audio, speakers, **more)

    def notify(event: Event) -> None:
        told.setdefault(type(event), set()).add(threading.get_ident())

    elsewhere = replace(stages, diarizer=Elsewhere(TWO_TURNS))
    run(elsewhere, "a.wav", "b.wav", progress=notify)
    assert told[SpeakersSought] == {threading.get_ident()}
    assert set().union(*told.values()) == {threading.get_ident()}
    assert len(set(own)) == 1, "one recording at a time"
    assert own[0] != threading.get_ident()


def test_all_that_a_diarizer_tells_is_passed_on_in_its_order(stages: Stages) -> None:
    progress = RecordedProgress()
    run(stages, *(f"{n}.wav" for n in range(5)), progress=progress)
    sought = [event for event in progress.events if isinstance(event, SpeakersSought)]
    for number in range(5):
        done = [event.done for event in sought if event.recording.name == f"{number}.wav"]
        assert done == [0.0, 1.0]


def test_nothing_is_told_of_a_recording_that_is_finished(
    stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the diarizer ends just after its news was looked through."""
    begin, ended = threading.Event(), threading.Event()

    class Late(FakeDiarizer):
        def diarize(self, audio, speakers, **more):
            begin.wait(PATIENCE)
            found = super().diarize(audio, speakers, **more)
            threading.Timer(0.2, ended.set).start()  # by when its thread has noted the end
            return found

    class LookedThrough(transcribe.SimpleQueue):
        def empty(self) -> bool:
            nothing = super().empty()
            if stages.transcriber.batches and not begin.is_set():
                begin.set()
                ended.wait(PATIENCE)
            return nothing

    monkeypatch.setattr(transcribe, "SimpleQueue", LookedThrough)
    progress = RecordedProgress()
    run(replace(stages, diarizer=Late(TWO_TURNS)), "a.wav", progress=progress)
    kinds = [type(event) for event in progress.events]
    assert ended.is_set()
    assert kinds[-1] is RecordingFinished
    assert kinds.count(SpeakersSought) == 2


def test_leaving_early_does_not_wait_for_the_diarizer(stages: Stages) -> None:
    slow = Held()
    held = replace(stages, diarizer=slow, audio_source=FakeAudioSource(broken=["b.wav"]))
    use_case = TranscribeRecordings(held, RunOptions(batch_size=1), RecordedProgress())
    outcomes = use_case.run(Recording.of(f"{name}.wav") for name in "abcdefgh")
    assert next(outcomes).recording.name == "b.wav", "the diarizer still works on the first"
    begun = time.monotonic()
    outcomes.close()
    assert time.monotonic() - begun < PATIENCE / 2
    slow.released.set()
    assert not slow.gave_up

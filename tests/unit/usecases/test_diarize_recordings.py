"""Who speaks when in recordings of which no word is wanted."""

import threading
from collections.abc import Callable

import numpy as np
import pytest

from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.capabilities import DiarizerCapabilities
from asrcore.domain.diarization import Diarization, SpeakerCount, SpeakerTurn
from asrcore.domain.events import (
    RecordingFailed,
    RecordingFinished,
    RecordingStarted,
    SpeakersSought,
    Warned,
)
from asrcore.domain.outcome import Outcome
from asrcore.domain.recording import Recording
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import AudioDecodeError, EngineError, UnsupportedError
from asrcore.testing import FakeAudioSource, FakeDiarizer, RecordedProgress, silence
from asrcore.usecases.diarize import SpeakerOptions
from asrcore.usecases.diarize_recordings import DiarizeRecordings


def whole(audio: Audio) -> Diarization:
    """One speaker from beginning to end, wherever there is any sound."""
    if not audio.samples.any():
        return Diarization()
    return Diarization((SpeakerTurn(audio.span, "ann"),), embeddings={"ann": (1.0, 0.0)})


def run(
    *sources: object,
    source: FakeAudioSource | None = None,
    diarizer: FakeDiarizer | None = None,
    wanted: SpeakerOptions = SpeakerOptions(),
    progress: Callable | None = None,
) -> list[Outcome]:
    work = DiarizeRecordings(
        source or FakeAudioSource(),
        diarizer or FakeDiarizer(whole),
        wanted,
        progress or RecordedProgress(),
    )
    return list(work.run(map(Recording.of, sources)))


def found_in(source: object, **more: object) -> Diarization:
    (outcome,) = run(source, **more)
    return outcome.unwrap().diarization


def test_a_recording_has_turns_and_no_text() -> None:
    (outcome,) = run("talks/a.wav")
    transcript = outcome.unwrap()
    assert transcript.diarization == Diarization((SpeakerTurn(TimeSpan(0.0, 3.0), "SPEAKER_00"),))
    assert (transcript.segments, transcript.text, transcript.language) == ((), "", None)
    assert (transcript.name, transcript.duration) == ("a", 3.0)
    assert set(transcript.timings) == {"decode", "diarize"}
    assert all(seconds >= 0 for seconds in transcript.timings.values())


def test_recordings_come_in_their_order_each_before_the_next_is_begun() -> None:
    progress = RecordedProgress()
    work = DiarizeRecordings(FakeAudioSource(), FakeDiarizer(whole), SpeakerOptions(), progress)
    outcomes = work.run(Recording.of(name) for name in ("a.wav", "b.wav"))
    assert next(outcomes).recording.name == "a.wav"
    assert {event.recording.name for event in progress.events} == {"a.wav"}
    assert [outcome.recording.name for outcome in outcomes] == ["b.wav"]


def test_one_that_cannot_be_decoded_or_diarized_stops_no_other() -> None:
    class Choosy(FakeDiarizer):
        def diarize(self, audio, speakers, **more):
            if len(self.asked) == 1:
                self.asked.append(speakers)
                raise ValueError("not this one")
            return super().diarize(audio, speakers, **more)

    names = ("a.wav", "b.wav", "c.wav", "d.wav")
    outcomes = run(*names, source=FakeAudioSource(broken=["c.wav"]), diarizer=Choosy(whole))
    first, second, third, fourth = outcomes
    assert first.unwrap().diarization == fourth.unwrap().diarization
    assert isinstance(second.error, EngineError)
    assert second.error.message == "b.wav: unexpected ValueError while diarizing it: not this one"
    assert isinstance(third.error, AudioDecodeError)


def test_a_decoder_with_a_bug_fails_its_recording_only() -> None:
    class Buggy(FakeAudioSource):
        def blocks(self, recording, warn):
            if recording.name == "a.wav":
                raise KeyError("oops")
            return super().blocks(recording, warn)

    diarizer = FakeDiarizer(whole)
    first, second = run("a.wav", "b.wav", source=Buggy(), diarizer=diarizer)
    assert first.error.message == "a.wav: unexpected KeyError while decoding it: 'oops'"
    assert second.unwrap().diarization.speakers == ("SPEAKER_00",)
    assert len(diarizer.asked) == 1, "what has no sound is not diarized"


def test_events_tell_the_story_in_order() -> None:
    progress = RecordedProgress()
    source = FakeAudioSource(broken=["bad.wav"], damaged=["a.wav"])
    run("a.wav", "bad.wav", source=source, progress=progress)
    kinds = {"a.wav": [], "bad.wav": []}
    for event in progress.events:
        kinds[event.recording.name].append(type(event))
    assert kinds == {
        "a.wav": [RecordingStarted, SpeakersSought, SpeakersSought, Warned, RecordingFinished],
        "bad.wav": [RecordingStarted, RecordingFailed],
    }


def test_events_are_told_in_the_thread_of_the_run() -> None:
    threads = set()
    run("a.wav", progress=lambda _: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}


def test_warnings_are_kept_and_told_once() -> None:
    progress = RecordedProgress()
    wanted = SpeakerOptions(SpeakerCount(2, 2))
    source = FakeAudioSource(damaged=["a.wav"])
    (outcome,) = run("a.wav", source=source, wanted=wanted, progress=progress)
    warnings = outcome.unwrap().warnings
    assert warnings[0] == "only part of it could be decoded"
    assert "should be 2" in warnings[1]
    told = [event.message for event in progress.events if isinstance(event, Warned)]
    assert tuple(told) == warnings


def test_warnings_of_a_recording_that_fails_are_told_before_its_error() -> None:
    progress = RecordedProgress()
    source = FakeAudioSource(damaged=["a.wav"])
    diarizer = FakeDiarizer(whole, EngineError("fell"))
    run("a.wav", source=source, diarizer=diarizer, progress=progress)
    assert [type(event) for event in progress.events[-2:]] == [Warned, RecordingFailed]


@pytest.mark.parametrize(
    ("wanted", "able"),
    [
        (SpeakerOptions(SpeakerCount(2)), DiarizerCapabilities(embeddings=True)),
        (SpeakerOptions(embeddings=True), DiarizerCapabilities(speaker_count=True)),
        (SpeakerOptions(known={"ann": (1.0,)}), DiarizerCapabilities(speaker_count=True)),
    ],
)
def test_what_the_diarizer_would_ignore_is_refused_before_the_first_recording(
    wanted: SpeakerOptions, able: DiarizerCapabilities
) -> None:
    diarizer = FakeDiarizer(whole, capabilities=able)
    with pytest.raises(UnsupportedError, match="this diarizer has no use for it"):
        DiarizeRecordings(FakeAudioSource(), diarizer, wanted, RecordedProgress())


def test_a_known_speaker_is_named_and_voices_come_with_the_name() -> None:
    wanted = SpeakerOptions(known={"alice": (1.0, 0.0)}, embeddings=True)
    found = found_in("a.wav", wanted=wanted)
    assert found.speakers == ("alice",)
    assert found.embeddings == {"alice": (1.0, 0.0)}


# Odd inputs


def test_no_recording_has_no_outcome() -> None:
    assert run() == []


def test_nobody_speaks_in_silence() -> None:
    (outcome,) = run(silence(4.0))
    transcript = outcome.unwrap()
    assert (transcript.diarization, transcript.duration) == (Diarization(), 4.0)
    assert transcript.warnings == ("nobody is heard speaking in it",)


def test_a_recording_of_no_length_has_no_sound_to_diarize() -> None:
    diarizer = FakeDiarizer(whole)
    (outcome,) = run("a.wav", source=FakeAudioSource(seconds=0), diarizer=diarizer)
    assert isinstance(outcome.error, AudioDecodeError)
    assert diarizer.asked == []


def test_decoded_audio_of_no_length_has_nobody_in_it() -> None:
    assert found_in(Audio(silence(0.0))) == Diarization()


def test_a_third_of_a_second_is_a_recording() -> None:
    (outcome,) = run("a.wav", source=FakeAudioSource(seconds=0.3))
    (turn,) = outcome.unwrap().diarization.turns
    assert (turn.span.start, turn.span.end) == (0.0, pytest.approx(0.3))


def test_three_hours_reach_the_diarizer_without_a_copy() -> None:
    hours = np.broadcast_to(np.float32(0.1), (3 * 3600 * SAMPLE_RATE,))  # a number, in fact
    heard = []

    def talk(audio: Audio) -> Diarization:
        heard.append(audio.samples)
        ends = range(10, 3 * 3600, 10)
        told = (SpeakerTurn(TimeSpan(end - 9, end), f"{end // 10 % 3}") for end in ends)
        return Diarization(tuple(told))

    (outcome,) = run(Audio(hours), diarizer=FakeDiarizer(talk))
    assert np.shares_memory(heard[0], hours)
    assert outcome.unwrap().duration == 3 * 3600
    found = outcome.unwrap().diarization
    assert found.speakers == ("SPEAKER_00", "SPEAKER_01", "SPEAKER_02")
    assert found.turns == found.exclusive
    assert len(found.turns) == 1079

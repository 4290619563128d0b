"""Known speakers' voices, from a recording of each."""

from collections.abc import Callable

import pytest

from asrcore.domain.audio import Audio
from asrcore.domain.capabilities import DiarizerCapabilities
from asrcore.domain.diarization import Diarization, SpeakerCount, SpeakerTurn
from asrcore.domain.events import VoiceLearning
from asrcore.domain.recording import Recording
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import (
    AudioDecodeError,
    ConfigError,
    EngineError,
    InputNotFoundError,
    UnsupportedError,
)
from asrcore.testing import FakeAudioSource, FakeDiarizer, RecordedProgress, silence, tone
from asrcore.usecases.enrol import enrol

ABLE = DiarizerCapabilities(speaker_count=True, embeddings=True)


def by_loudness(audio: Audio) -> Diarization:
    """A voice is as loud as its recording; a door is heard for a moment, first."""
    level = float(audio.samples.max(initial=0.0))
    if not level:
        return Diarization()
    turns = (
        SpeakerTurn(TimeSpan(0.0, 0.25), "door"),
        SpeakerTurn(TimeSpan(0.5, audio.duration), "somebody"),
    )
    return Diarization(turns, embeddings={"door": (0.0, 1.0), "somebody": (level, 0.0)})


def recordings(**sounds: object) -> dict[str, Recording]:
    return {name: Recording.of(sound) for name, sound in sounds.items()}


def test_each_voice_is_that_of_whoever_speaks_most() -> None:
    diarizer = FakeDiarizer(by_loudness)
    known = recordings(alice=tone(2.0, level=0.5), bob=tone(2.0, level=0.25))
    voices = enrol(known, FakeAudioSource(), diarizer, RecordedProgress())
    assert list(voices) == ["alice", "bob"]
    assert voices["alice"] == (pytest.approx(0.5, abs=1e-3), 0.0)
    assert voices["bob"] == (pytest.approx(0.25, abs=1e-3), 0.0)


@pytest.mark.parametrize(
    ("able", "asked"),
    [(ABLE, SpeakerCount(1, 1)), (DiarizerCapabilities(embeddings=True), SpeakerCount())],
)
def test_a_diarizer_that_heeds_numbers_is_told_that_there_is_one(
    able: DiarizerCapabilities, asked: SpeakerCount
) -> None:
    diarizer = FakeDiarizer(by_loudness, capabilities=able)
    enrol(recordings(alice=tone(2.0)), FakeAudioSource(), diarizer, RecordedProgress())
    assert diarizer.asked == [asked]


@pytest.mark.parametrize("able", [ABLE, DiarizerCapabilities()])
def test_nobody_known_is_no_work_for_any_diarizer(able: DiarizerCapabilities) -> None:
    diarizer = FakeDiarizer(by_loudness, capabilities=able)
    assert enrol({}, FakeAudioSource(), diarizer, RecordedProgress()) == {}
    assert diarizer.asked == []


def test_a_diarizer_without_voices_is_refused_before_anything_is_decoded() -> None:
    class Untouched(FakeAudioSource):
        def blocks(self, recording, warn):
            raise AssertionError("nothing is to be decoded")

    humble = FakeDiarizer(by_loudness, capabilities=DiarizerCapabilities(speaker_count=True))
    with pytest.raises(UnsupportedError) as caught:
        enrol(recordings(alice="alice.wav"), Untouched(), humble, RecordedProgress())
    assert caught.value.message == "diarizer.speakers: this diarizer tells no voices"
    assert caught.value.hint == "asr backends lists the others"
    assert humble.asked == []


def voiceless(audio: Audio) -> Diarization:
    """Too little is said to tell a voice."""
    return Diarization((SpeakerTurn(TimeSpan(0.0, 0.125), "somebody"),))


@pytest.mark.parametrize(("sound", "found"), [(silence(3.0), by_loudness), (tone(0.3), voiceless)])
def test_a_recording_without_a_voice_is_named_with_what_to_do(
    sound: object, found: Callable
) -> None:
    known = recordings(alice=tone(2.0), bob=sound)
    only_bob = FakeDiarizer(lambda audio: (found if audio.duration != 2.0 else by_loudness)(audio))
    with pytest.raises(ConfigError) as caught:
        enrol(known, FakeAudioSource(), only_bob, RecordedProgress())
    assert caught.value.message == "diarizer.speakers.bob: nobody is heard speaking in array"
    assert caught.value.hint == "name a recording of ten seconds or more of this speaker alone"


def test_a_recording_that_cannot_be_decoded_is_a_wrong_setting() -> None:
    source = FakeAudioSource(broken=["alice.wav"])
    with pytest.raises(ConfigError) as caught:
        enrol(recordings(alice="alice.wav"), source, FakeDiarizer(by_loudness), RecordedProgress())
    assert caught.value.message == "diarizer.speakers.alice: alice.wav: no sound"
    assert isinstance(caught.value.__cause__, AudioDecodeError)


def test_advice_about_a_recording_is_kept() -> None:
    class Empty(FakeAudioSource):
        def blocks(self, recording, warn):
            raise InputNotFoundError("alice.wav: there is no such file", "look elsewhere")

    with pytest.raises(ConfigError) as caught:
        enrol(recordings(alice="alice.wav"), Empty(), FakeDiarizer(by_loudness), RecordedProgress())
    assert caught.value.hint == "look elsewhere"


def test_a_recording_of_no_length_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match=r"speakers\.alice: alice\.wav: it holds no sound"):
        enrol(
            recordings(alice="alice.wav"),
            FakeAudioSource(0.0),
            FakeDiarizer(by_loudness),
            RecordedProgress(),
        )


def test_damaged_sound_is_good_enough() -> None:
    source = FakeAudioSource(damaged=["alice.wav"])
    voices = enrol(
        recordings(alice="alice.wav"), source, FakeDiarizer(by_loudness), RecordedProgress()
    )
    assert voices["alice"][0] == pytest.approx(0.3, abs=1e-3)


def test_a_diarizer_that_fails_is_not_the_recordings_fault() -> None:
    fallen = FakeDiarizer(by_loudness, EngineError("fell"))
    with pytest.raises(EngineError, match=r"^fell$"):
        enrol(recordings(alice=tone(2.0)), FakeAudioSource(), fallen, RecordedProgress())


def test_tells_whose_voice_it_is_learning() -> None:
    progress = RecordedProgress()
    known = recordings(alice=tone(2.0), bob=tone(2.0, level=0.6))
    enrol(known, FakeAudioSource(), FakeDiarizer(by_loudness, capabilities=ABLE), progress)
    assert progress.events == [VoiceLearning("alice"), VoiceLearning("bob")]


def test_what_nobody_translated_names_the_speaker() -> None:
    broken = FakeDiarizer(by_loudness, KeyError("lost"), capabilities=ABLE)
    with pytest.raises(EngineError) as caught:
        enrol(recordings(alice=tone(2.0)), FakeAudioSource(), broken, RecordedProgress())
    assert caught.value.message == "diarizer.speakers.alice: the diarizer failed: KeyError: 'lost'"
    assert isinstance(caught.value.__cause__, KeyError)

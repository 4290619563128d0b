"""Known speakers, as an engine learns and names them; backends of a test's own."""

from collections.abc import Callable, Iterator

import pytest
from dependency_injector import providers

from asrcore.api import Engine
from asrcore.bootstrap.container import Container
from asrcore.domain.audio import Audio
from asrcore.domain.diarization import Diarization, SpeakerCount
from asrcore.domain.events import RecordingStarted
from asrcore.errors import ConfigError, UnsupportedError
from asrcore.testing import FakeDiarizer, RecordedProgress, tone
from tests.unit.bootstrap.speaker_backends import (
    BOTH,
    LOUD,
    MACHINE,
    PLAIN,
    PUBLISHED,
    Backends,
    by_loudness,
    engine_of,
    publish,
)

KNOWN = {"Ann": "loud.wav", "Bob": "soft.wav"}


@pytest.fixture(autouse=True)
def backends(monkeypatch: pytest.MonkeyPatch, registry_of: Callable) -> Iterator[Backends]:
    found = Backends()
    publish(found, PUBLISHED, monkeypatch, registry_of)
    with Container.profile.override(providers.Object(MACHINE)):
        yield found


@pytest.mark.parametrize("backend", ["none", "talker"])
def test_known_speakers_are_named_in_turns(backend: str) -> None:
    found = engine_of(backend=backend, speakers=KNOWN).diarize(BOTH)
    assert found.speakers == ("Bob", "Ann")
    assert found.embeddings == {}


def test_known_speakers_are_named_in_transcripts_and_others_are_numbered() -> None:
    engine = engine_of(backend="talker", speakers={"Bob": "soft.wav"})
    transcript = engine.transcribe(BOTH)
    assert [word.speaker for word in transcript.words] == ["Bob", "SPEAKER_00"]
    assert transcript.diarization.speakers == ("Bob", "SPEAKER_00")


def test_known_speakers_are_heard_once_however_many_recordings_there_are(
    backends: Backends,
) -> None:
    progress = RecordedProgress()
    engine = engine_of(progress, backend="talker", speakers=KNOWN)
    list(engine.transcribe_many(["a.wav", "b.wav"]))
    list(engine.diarize_many(["a.wav", "b.wav"]))
    alone = [count for count in backends.of("talker").asked if count == SpeakerCount(1, 1)]
    assert len(alone) == 2
    started = [each for each in progress.events if isinstance(each, RecordingStarted)]
    assert {each.recording.name for each in started} == {"a.wav", "b.wav"}


def test_known_speakers_are_heard_again_after_closing(backends: Backends) -> None:
    engine = engine_of(backend="talker", speakers=KNOWN)
    for _ in range(2):
        assert engine.diarize(BOTH).speakers == ("Bob", "Ann")
        engine.close()
    assert backends.names().count("talker") == 2


@pytest.mark.parametrize(
    ("similarity", "speaker"), [("auto", "Bob"), (0.7, "Bob"), (0.9, "SPEAKER_00")]
)
def test_known_speakers_are_told_by_the_similarity_of_the_settings(
    backends: Backends, similarity: object, speaker: str
) -> None:
    def unsure(audio: Audio) -> Diarization:
        """In long recordings a voice is 0.8 like Bob's, and 0.6 like Ann's."""
        found = by_loudness(audio)
        voices = dict.fromkeys(found.embeddings, (0.6, 0.8))
        return Diarization(found.turns, embeddings=voices) if audio.duration > 3 else found

    backends.goods["talker"] = lambda: FakeDiarizer(unsure)
    engine = engine_of(speakers=KNOWN, similarity=similarity)
    assert engine.diarize(tone(4.0)).speakers == (speaker,)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("bad.wav", "diarizer.speakers.Eve: bad.wav: no sound"),
        ("silent.wav", "diarizer.speakers.Eve: nobody is heard speaking in silent.wav"),
    ],
)
def test_those_whose_recording_is_no_good_are_refused_before_the_first_recording(
    backends: Backends, file: str, message: str
) -> None:
    engine = engine_of(backend="talker", speakers={"Eve": file})
    for use in (engine.transcribe_many, engine.diarize_many):
        with pytest.raises(ConfigError) as caught:
            use([])
        assert caught.value.message == message
    assert "whisper" not in backends.names()


def test_those_whom_a_diarizer_cannot_tell_are_refused() -> None:
    engine = engine_of(backend="humble", speakers=KNOWN)
    with pytest.raises(UnsupportedError, match="this diarizer tells no voices"):
        engine.diarize(LOUD)


def test_those_whom_nobody_looks_for_are_refused_before_anything_is_loaded(
    backends: Backends,
) -> None:
    with pytest.raises(UnsupportedError) as caught:
        engine_of(speakers=KNOWN).transcribe(LOUD)
    assert caught.value.message == "diarizer.speakers: nobody looks for speakers"
    assert caught.value.hint == "add --diarize, or set diarizer.backend"
    assert backends.names() == []


def test_known_speakers_are_told_by_a_diarizer_that_was_passed_in(backends: Backends) -> None:
    mine = FakeDiarizer(by_loudness)
    settings = {**PLAIN, "diarizer": {"speakers": KNOWN}}
    with Engine(settings, diarizer=mine) as engine:
        assert engine.transcribe(BOTH).speakers == ("Bob", "Ann")
    assert "talker" not in backends.names()


def test_known_speakers_do_not_matter_to_aligning_a_known_text(backends: Backends) -> None:
    settings = {"sentences": {"backend": "none"}, "diarizer": {"speakers": KNOWN}}
    assert Engine(settings).align(LOUD, "hello", language="en").words
    assert "talker" not in backends.names()

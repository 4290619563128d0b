"""`Engine.diarize` and `Engine.check_device`; backends of a test's own."""

import threading
from collections.abc import Callable, Iterator

import pytest
from dependency_injector import providers

from asrcore.api import Engine
from asrcore.bootstrap.container import Container
from asrcore.domain.diarization import Diarization, SpeakerCount
from asrcore.domain.events import ModelLoading, RecordingFinished
from asrcore.domain.recording import Recording
from asrcore.errors import (
    AudioDecodeError,
    ConfigError,
    EngineError,
    InputError,
    MissingEngineError,
    ModelError,
    UnsupportedError,
)
from asrcore.testing import FakeDiarizer, RecordedProgress, silence
from tests.unit.bootstrap.speaker_backends import (
    BOTH,
    LOUD,
    MACHINE,
    PLAIN,
    PUBLISHED,
    SOFT,
    Backends,
    Level,
    by_loudness,
    engine_of,
    publish,
)


@pytest.fixture(autouse=True)
def backends(monkeypatch: pytest.MonkeyPatch, registry_of: Callable) -> Iterator[Backends]:
    found = Backends()
    publish(found, PUBLISHED, monkeypatch, registry_of)
    with Container.profile.override(providers.Object(MACHINE)):
        yield found


class TestDiarizing:
    def test_finds_who_speaks_without_hearing_a_word(self, backends: Backends) -> None:
        progress = RecordedProgress()
        with engine_of(progress) as engine:
            found = engine.diarize(BOTH)
        assert [(turn.speaker, turn.span.start) for turn in found.exclusive] == [
            ("SPEAKER_00", 0.0),
            ("SPEAKER_01", 2.0),
        ]
        assert len(found.turns) == 4
        assert found.speakers == ("SPEAKER_00", "SPEAKER_01")
        assert found.embeddings == {}
        assert sorted(backends.names()) == ["pyav", "talker"]
        assert ModelLoading("diarizer", "talker") in progress.events
        assert isinstance(progress.events[-1], RecordingFinished)

    def test_takes_the_diarizer_of_the_settings(self, backends: Backends) -> None:
        assert engine_of(backend="humble").diarize(LOUD).speakers == ("SPEAKER_00",)
        assert "talker" not in backends.names()

    def test_takes_the_best_with_its_options_and_device_where_speakers_are_off(
        self, backends: Backends
    ) -> None:
        engine_of(options={"level": 3}, device="cuda").diarize(LOUD)
        ((_, _, options, placement),) = (each for each in backends.built if each[0] == "talker")
        assert (options, placement.device) == (Level(level=3), "cuda")

    def test_builds_one_diarizer_for_turns_and_texts(self, backends: Backends) -> None:
        with engine_of(backend="talker") as engine:
            engine.diarize(LOUD)
            engine.transcribe(LOUD)
            engine.diarize(LOUD)
        assert backends.names().count("talker") == 1
        assert backends.of("talker").closed == 1

    def test_keeps_the_diarizer_that_it_chose_until_it_is_closed(self, backends: Backends) -> None:
        with engine_of() as engine:
            engine.diarize(LOUD)
            engine.diarize(LOUD)
        assert backends.names().count("talker") == 1
        assert backends.of("talker").closed == 1

    def test_transcribing_stays_without_speakers_where_they_are_off(
        self, backends: Backends
    ) -> None:
        with engine_of() as engine:
            engine.diarize(LOUD)
            transcript = engine.transcribe(LOUD)
        assert (transcript.diarization, transcript.speakers) == (None, ())

    def test_transcribing_without_speakers_builds_no_diarizer(self, backends: Backends) -> None:
        engine_of().transcribe(LOUD)
        assert "talker" not in backends.names()

    def test_two_threads_that_ask_at_once_build_once(self, backends: Backends) -> None:
        barrier = threading.Barrier(2)

        def use() -> None:
            barrier.wait(10)
            engine.diarize(LOUD)

        with engine_of() as engine:
            threads = [threading.Thread(target=use) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert sorted(backends.names()) == ["pyav", "talker"]

    def test_tells_how_many_speakers_there_are(self, backends: Backends) -> None:
        engine_of(num_speakers=2).diarize(LOUD)
        assert backends.of("talker").asked == [SpeakerCount(2, 2)]

    def test_tells_voices_where_they_are_wanted(self, backends: Backends) -> None:
        assert engine_of(embeddings=True).diarize(SOFT).embeddings == {"SPEAKER_00": (0.0, 1.0)}

    def test_silence_has_no_turns(self, backends: Backends) -> None:
        assert engine_of().diarize(silence(3.0)) == Diarization()

    def test_a_part_passed_in_is_used_and_left_open(self, backends: Backends) -> None:
        mine = FakeDiarizer(by_loudness)
        with Engine(PLAIN, diarizer=mine) as engine:
            assert engine.diarize(LOUD).speakers == ("SPEAKER_00",)
        assert backends.names() == ["pyav"]
        assert (len(mine.asked), mine.closed) == (1, 0)

    def test_raises_what_is_wrong_with_the_recording_or_the_diarizer(
        self, backends: Backends
    ) -> None:
        engine = engine_of()
        with pytest.raises(AudioDecodeError, match=r"bad\.wav"):
            engine.diarize("bad.wav")
        with pytest.raises(InputError, match="a recording is"):
            engine.diarize(123)
        with (
            Engine(PLAIN, diarizer=FakeDiarizer(by_loudness, KeyError("bug"))) as broken,
            pytest.raises(EngineError, match="unexpected KeyError while diarizing"),
        ):
            broken.diarize(LOUD)

    def test_a_model_that_cannot_be_had_can_be_had_later(self, backends: Backends) -> None:
        def gone() -> None:
            raise ModelError("no token")

        good = backends.goods["talker"]
        backends.goods["talker"] = gone
        engine = engine_of()
        with pytest.raises(ModelError, match="no token"):
            engine.diarize(LOUD)
        backends.goods["talker"] = good
        assert engine.diarize(LOUD).speakers == ("SPEAKER_00",)

    @pytest.mark.parametrize(
        ("plugins", "words"),
        [
            ({"away": {"rank": 1, "requires": ("no_such_engine",), "install": "pip install it"}},
             "run: pip install it"),
            ({}, "asr backends lists them"),
        ],
    )  # fmt: skip
    def test_where_no_diarizer_is_installed_says_how_to_get_one(
        self,
        backends: Backends,
        monkeypatch: pytest.MonkeyPatch,
        registry_of: Callable,
        plugins: dict,
        words: str,
    ) -> None:
        publish(backends, {**PUBLISHED, "diarizer": plugins}, monkeypatch, registry_of)
        with pytest.raises(MissingEngineError, match="no diarizer backend is installed") as caught:
            engine_of().diarize(LOUD)
        assert words in caught.value.hint

    def test_needs_no_transcriber(
        self, backends: Backends, monkeypatch: pytest.MonkeyPatch, registry_of: Callable
    ) -> None:
        needed = {stage: PUBLISHED[stage] for stage in ("diarizer", "audio_source")}
        none = {"voice_activity": {}, "transcriber": {}, "aligner": {}}
        publish(backends, needed | none, monkeypatch, registry_of)
        assert engine_of().diarize(LOUD).speakers == ("SPEAKER_00",)


class TestMany:
    def test_each_has_its_outcome_and_one_failing_stops_no_other(self, backends: Backends) -> None:
        sources = [LOUD, "bad.wav", 123, Recording.of("soft.wav")]
        outcomes = list(engine_of().diarize_many(sources))
        assert [outcome.recording.name for outcome in outcomes] == [
            "array",
            "bad.wav",
            "int",
            "soft.wav",
        ]
        assert [type(outcome.error) for outcome in outcomes[1:3]] == [AudioDecodeError, InputError]
        assert outcomes[3].unwrap().diarization.speakers == ("SPEAKER_00",)
        assert outcomes[3].unwrap().name == "soft"

    def test_one_path_is_not_many(self) -> None:
        with pytest.raises(TypeError, match="as a list"):
            engine_of().diarize_many("a.wav")

    @pytest.mark.parametrize(
        ("settings", "error", "words"),
        [
            ({"num_speakers": 2, "max_speakers": 3}, ConfigError, "num_speakers excludes"),
            ({"min_speakers": 3, "max_speakers": 2}, ConfigError, "speaker counts run from"),
            ({"backend": "humble", "num_speakers": 2}, UnsupportedError, "number of speakers"),
            ({"backend": "humble", "embeddings": True}, UnsupportedError, "embeddings"),
            ({"options": {"leval": 3}}, ConfigError, "did you mean level?"),
        ],
    )
    def test_wrong_settings_are_refused_before_the_first_recording(
        self, settings: dict, error: type, words: str
    ) -> None:
        with pytest.raises(error, match=words):
            engine_of(**settings).diarize_many([])


def test_a_device_is_checked_with_the_machine_and_the_diarizer_of_the_engine(
    backends: Backends,
) -> None:
    engine = engine_of(backend="talker", options={"level": 2})
    found = engine.check_device("cuda")
    assert (found.other.backend, found.other.device, found.same) == ("talker", "cuda", True)
    assert [options.level for _, _, options, _ in backends.built] == [2, 2]
    with pytest.raises(ConfigError, match="no mps"):
        engine.check_device("mps")

"""The front door and what stands behind it: `Engine`, its container, and who builds what when."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from types import ModuleType

import numpy as np
import pytest
from dependency_injector import providers

from asrcore import Engine as PublicEngine
from asrcore import api
from asrcore.api import Engine
from asrcore.bootstrap.container import Container
from asrcore.bootstrap.settings import Settings
from asrcore.domain.capabilities import TranscriberCapabilities
from asrcore.domain.diarization import Diarization, SpeakerCount, SpeakerTurn
from asrcore.domain.events import ModelLoading
from asrcore.domain.hardware import Gpu, HardwareProfile
from asrcore.domain.recording import Recording
from asrcore.domain.request import Instructions
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import (
    AudioDecodeError,
    ConfigError,
    InputError,
    MissingEngineError,
    ModelError,
    UnknownBackendError,
    UnsupportedError,
)
from asrcore.plugin import DeviceSupport, Options, Placement, Plugin
from asrcore.testing import (
    FakeAligner,
    FakeAudioSource,
    FakeDiarizer,
    FakeSentenceSplitter,
    FakeTranscriber,
    FakeVoiceActivityDetector,
    RecordedProgress,
)

MACHINE = HardwareProfile("Linux", "x86_64", "Xeon", 8, 31.0, (Gpu("RTX 4070", 12.0),))
TURNS = Diarization((SpeakerTurn(TimeSpan(0.0, 60.0), "SPEAKER_00"),))
TEN_SPANS = [TimeSpan(0.1 * index, 0.1 * index + 0.1) for index in range(10)]
PREPARED = {"audio_source", "voice_activity", "transcriber", "aligner", "sentence_splitter"}


class ParrotOptions(Options):
    model: str = "grey"


class CueOptions(Options):
    line_length: int = 42


class Writer:
    """Writes the text, and no more."""

    def __init__(self, options: Options, placement: Placement) -> None:
        self.extension = "srt" if isinstance(options, CueOptions) else "txt"

    def write(self, transcript, stream) -> None:
        stream.write(f"{transcript.text}\n")


class World:
    """Backends that the entry points of this test publish, and what became of them.

    Attributes:
        built: every backend that was built: stage, object, options, placement.
        slow: seconds that building a transcriber takes.
        fails: what building a transcriber raises.
    """

    def __init__(self) -> None:
        self.built: list[tuple[str, object, Options, Placement]] = []
        self.slow = 0.0
        self.fails: Exception | None = None

    def transcriber(self, options: Options, placement: Placement) -> FakeTranscriber:
        time.sleep(self.slow)
        if self.fails is not None:
            raise self.fails
        return self._keep("transcriber", FakeTranscriber("built"), options, placement)

    def aligner(self, *given: object) -> FakeAligner:
        return self._keep("aligner", FakeAligner(), *given)

    def diarizer(self, *given: object) -> FakeDiarizer:
        return self._keep("diarizer", FakeDiarizer(TURNS), *given)

    def splitter(self, *given: object) -> FakeSentenceSplitter:
        return self._keep("sentence_splitter", FakeSentenceSplitter(), *given)

    def detector(self, *given: object) -> FakeVoiceActivityDetector:
        return self._keep("voice_activity", FakeVoiceActivityDetector(), *given)

    def source(self, *given: object) -> FakeAudioSource:
        return self._keep("audio_source", FakeAudioSource(), *given)

    def of(self, stage: str) -> list[object]:
        return [backend for kind, backend, _, _ in self.built if kind == stage]

    def stages(self) -> set[str]:
        return {stage for stage, _, _, _ in self.built}

    def _keep(self, stage: str, backend: object, options: Options, placement: Placement) -> object:
        self.built.append((stage, backend, options, placement))
        return backend


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, registry_of: Callable) -> Iterator[World]:
    world = World()
    cuda = {"cuda": DeviceSupport(("float16",), why="fast")}
    builders = {
        "transcriber": (world.transcriber, Plugin("parrot", "", "", ParrotOptions, devices=cuda)),
        "aligner": (world.aligner, Plugin("placer", "")),
        "diarizer": (world.diarizer, Plugin("talker", "")),
        "sentence_splitter": (world.splitter, Plugin("sentencex", "")),
        "voice_activity": (world.detector, Plugin("silero", "")),
        "audio_source": (world.source, Plugin("pyav", "")),
    }
    module = ModuleType("world_backends")
    published = {"writer": {"txt": "world_backends:txt", "srt": "world_backends:srt"}}
    for stage, (build, plugin) in builders.items():
        setattr(module, stage, build)
        setattr(module, plugin.name, replace(plugin, target=f"world_backends:{stage}", rank=1))
        published[stage] = {plugin.name: f"world_backends:{plugin.name}"}
    module.Writer = Writer
    module.txt = Plugin("txt", "world_backends:Writer")
    module.srt = Plugin("srt", "world_backends:Writer", options=CueOptions)
    monkeypatch.setitem(sys.modules, "world_backends", module)
    monkeypatch.setattr(api, "Registry", lambda: registry_of(published))
    with Container.profile.override(providers.Object(MACHINE)):
        yield world


class TestSettings:
    def test_are_the_defaults_where_none_are_given(self) -> None:
        assert Engine().settings == Settings()

    def test_are_taken_as_they_are(self) -> None:
        settings = Settings.of({"vad": {"backend": "none"}})
        assert Engine(settings).settings is settings

    @pytest.mark.parametrize("kind", [dict, str, Path])
    def test_come_as_values_or_as_the_path_of_a_file(self, tmp_path: Path, kind: type) -> None:
        file = tmp_path / "asr.toml"
        file.write_text("[transcriber]\nlanguage = 'de'", encoding="utf-8")
        given = {"transcriber": {"language": "de"}} if kind is dict else kind(file)
        assert Engine(given).settings == Settings.of({"transcriber": {"language": "de"}})

    def test_of_a_file_with_profiles_are_read_as_the_command_line_reads_them(
        self, tmp_path: Path
    ) -> None:
        file = tmp_path / "asr.toml"
        file.write_text(
            "profile = 'mine'\n[profiles.mine.transcriber]\nlanguage = 'fr'", encoding="utf-8"
        )
        assert Engine(file).settings.transcriber.language == "fr"

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"transcriber": {"bakend": "x"}}, "transcriber.bakend: unknown; did you mean backend"),
            ({"transcriber": {"batch_size": 0}}, "transcriber.batch_size: input should be auto"),
            (["vad"], "settings: input should be a table of settings, not"),
            ("no-such.toml", "no-such.toml: cannot be read: No such file"),
        ],
    )
    def test_that_are_wrong_are_refused_when_the_engine_is_made(
        self, given: object, message: str
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            Engine(given)
        assert caught.value.message.startswith(message)

    def test_that_are_wrong_in_a_file_name_it(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.toml"
        file.write_text("[vda]\nbackend = 'none'", encoding="utf-8")
        with pytest.raises(ConfigError, match="vda: unknown; did you mean vad") as caught:
            Engine(file)
        assert caught.value.message.endswith(f"(from {file})")

    def test_and_the_engine_are_what_the_package_shows_first(self) -> None:
        assert PublicEngine is Engine


class TestLaziness:
    def test_nothing_is_built_to_look_at_settings_machine_plan_and_writers(
        self, world: World
    ) -> None:
        with Engine() as engine:
            assert engine.hardware == MACHINE
            assert engine.plan.transcriber.backend == "parrot"
            assert set(engine.writers) == {"txt"}
        assert world.built == []

    def test_preparing_builds_what_is_configured_and_tells_each_stage_once(
        self, world: World
    ) -> None:
        progress = RecordedProgress()
        with Engine(progress=progress) as engine:
            engine.prepare()
            engine.prepare()
            engine.transcribe("a.wav")
        assert sorted(world.stages()) == sorted(PREPARED)
        assert len(world.built) == 5
        loading = [event for event in progress.events if isinstance(event, ModelLoading)]
        assert sorted(loading, key=lambda event: event.stage) == [
            ModelLoading("aligner", "placer"),
            ModelLoading("audio_source", "pyav"),
            ModelLoading("sentence_splitter", "sentencex"),
            ModelLoading("transcriber", "parrot"),
            ModelLoading("voice_activity", "silero"),
        ]

    @pytest.mark.parametrize(
        ("settings", "built"),
        [
            ({"diarizer": {"backend": "auto"}}, PREPARED | {"diarizer"}),
            ({"aligner": {"backend": "none"}}, PREPARED - {"aligner"}),
            ({"sentences": {"backend": "none"}}, PREPARED - {"sentence_splitter"}),
        ],
    )
    def test_what_may_be_left_out_is_built_only_where_it_is_wanted(
        self, world: World, settings: dict, built: set[str]
    ) -> None:
        with Engine(settings) as engine:
            engine.prepare()
        assert world.stages() == built

    def test_the_first_recording_builds_and_the_next_one_reuses(self, world: World) -> None:
        with Engine() as engine:
            assert engine.transcribe("a.wav").text == "built"
            assert engine.transcribe("b.wav").text == "built"
        assert len(world.of("transcriber")) == 1

    def test_options_and_placement_reach_the_backend_as_planned(self, world: World) -> None:
        settings = {"transcriber": {"options": {"model": "red"}, "device": "cuda:0"}}
        with Engine(settings) as engine:
            engine.prepare()
        ((_, _, options, placement),) = (each for each in world.built if each[0] == "transcriber")
        assert options == ParrotOptions(model="red")
        assert placement == Placement("cuda:0", "float16", 9.0)

    def test_a_misspelt_option_is_refused_before_the_engine_is_built(self, world: World) -> None:
        engine = Engine({"transcriber": {"options": {"modle": "red"}}})
        with pytest.raises(ConfigError) as caught:
            engine.prepare()
        assert caught.value.message == "transcriber.options.modle: unknown; did you mean model?"
        assert world.of("transcriber") == []

    def test_a_model_that_cannot_be_had_can_be_had_later(self, world: World) -> None:
        world.fails = ModelError("no network")
        with Engine() as engine:
            with pytest.raises(ModelError, match="no network"):
                engine.transcribe("a.wav")
            world.fails = None
            assert engine.transcribe("a.wav").text == "built"

    @pytest.mark.parametrize("ask", ["prepare", "transcribe"])
    def test_two_threads_that_ask_at_once_build_once(self, world: World, ask: str) -> None:
        world.slow = 0.05
        barrier = Barrier(2)

        def use(name: str) -> None:
            barrier.wait()
            engine.prepare() if ask == "prepare" else engine.transcribe(name)

        with Engine() as engine, ThreadPoolExecutor(2) as pool:
            list(pool.map(use, ["a.wav", "b.wav"]))
        assert len(world.built) == 5
        assert world.stages() == PREPARED


class TestPartsPassedIn:
    def test_take_the_place_of_the_configured_ones(self, world: World) -> None:
        mine = FakeTranscriber("mine")
        with Engine(transcriber=mine) as engine:
            assert engine.transcribe("a.wav").text == "mine"
        # Its capabilities say that its words have times, so nobody aligns them.
        assert world.stages() == PREPARED - {"transcriber", "aligner"}

    def test_are_enough_where_no_backend_is_installed_at_all(
        self, monkeypatch: pytest.MonkeyPatch, registry_of: Callable
    ) -> None:
        monkeypatch.setattr(api, "Registry", lambda: registry_of({}))
        diarizer = FakeDiarizer(TURNS)
        with Engine(
            transcriber=FakeTranscriber("mine"),
            aligner=FakeAligner(),
            diarizer=diarizer,
            voice_activity=FakeVoiceActivityDetector(),
            audio_source=FakeAudioSource(),
            sentence_splitter=FakeSentenceSplitter(),
        ) as engine:
            transcript = engine.transcribe("a.wav")
            plan = engine.plan
        assert transcript.text == "mine"
        (word,) = transcript.segments[0].words
        assert (word.score, word.speaker) == (1.0, "SPEAKER_00")
        assert len(diarizer.asked) == 1
        assert {staged.backend for staged in plan.stages().values()} == {"passed in"}

    def test_do_without_a_backend_that_the_settings_name_in_vain(self, world: World) -> None:
        settings = {"transcriber": {"backend": "no-such-backend"}}
        assert Engine(settings, transcriber=FakeTranscriber("mine")).transcribe("a").text == "mine"
        with pytest.raises(UnknownBackendError, match="no-such-backend"):
            Engine(settings).transcribe("a")

    def test_do_not_lift_the_need_for_the_others(
        self, monkeypatch: pytest.MonkeyPatch, registry_of: Callable
    ) -> None:
        monkeypatch.setattr(api, "Registry", lambda: registry_of({}))
        engine = Engine(voice_activity=FakeVoiceActivityDetector(), audio_source=FakeAudioSource())
        with pytest.raises(MissingEngineError, match="no transcriber backend is installed"):
            engine.transcribe("a.wav")


class TestClosing:
    def test_closes_what_was_built_once_and_leaves_alone_what_was_passed_in(
        self, world: World
    ) -> None:
        mine = FakeAligner()
        engine = Engine({"diarizer": {"backend": "talker"}}, aligner=mine)
        engine.prepare()
        engine.close()
        engine.close()
        (transcriber,), (diarizer,) = world.of("transcriber"), world.of("diarizer")
        assert (transcriber.closed, diarizer.closed) == (1, 1)
        assert mine.closed == 0

    def test_of_an_engine_that_built_nothing_is_nothing(self, world: World) -> None:
        Engine().close()
        assert world.built == []

    def test_comes_with_the_end_of_a_with_block_that_failed_too(self, world: World) -> None:
        with pytest.raises(AudioDecodeError):  # noqa: SIM117 - the engine's block is what fails
            with Engine(audio_source=FakeAudioSource(broken=["bad.wav"])) as engine:
                engine.transcribe("bad.wav")
        assert world.of("transcriber")[0].closed == 1

    def test_leaves_an_engine_that_can_be_used_again(self, world: World) -> None:
        mine = FakeAligner()
        engine = Engine(aligner=mine)
        for _ in range(2):
            transcript = engine.transcribe("a.wav")
            assert transcript.segments[0].words[0].score == 1.0, "the passed-in aligner stays"
            engine.close()
        assert [transcriber.closed for transcriber in world.of("transcriber")] == [1, 1]
        assert mine.closed == 0

    def test_closes_the_others_where_one_cannot_be_closed(self, world: World) -> None:
        engine = Engine({"diarizer": {"backend": "talker"}, "aligner": {"backend": "placer"}})
        engine.prepare()
        (aligner,) = world.of("aligner")

        def stuck() -> None:
            raise RuntimeError("stuck")

        aligner.close = stuck
        with pytest.raises(RuntimeError, match="stuck"):
            engine.close()
        assert [world.of(stage)[0].closed for stage in ("transcriber", "diarizer")] == [1, 1]
        engine.close()
        assert world.of("transcriber")[0].closed == 1


def test_two_engines_share_nothing(world: World) -> None:
    heard = RecordedProgress(), RecordedProgress()
    one = Engine({"transcriber": {"options": {"model": "one"}}}, progress=heard[0])
    two = Engine({"transcriber": {"options": {"model": "two"}}}, transcriber=FakeTranscriber("own"))
    three = Engine(progress=heard[1])
    assert [engine.transcribe("a.wav").text for engine in (one, two, three)] == [
        "built",
        "own",
        "built",
    ]
    first, second = world.of("transcriber")
    assert first is not second
    one.close()
    assert (first.closed, second.closed) == (1, 0)
    assert {stage: len(world.of(stage)) for stage in world.stages()} == {
        "audio_source": 3,
        "voice_activity": 3,
        "transcriber": 2,
        "aligner": 2,
        "sentence_splitter": 3,
    }
    events = len(heard[0].events)
    three.transcribe("b.wav")
    assert len(heard[0].events) == events


class TestTranscribing:
    @staticmethod
    def asked(engine: Engine, transcriber: FakeTranscriber, **given: object) -> Instructions:
        engine.transcribe("a.wav", **given)
        return transcriber.batches[-1][0].instructions

    def test_asks_what_the_settings_say(self, world: World) -> None:
        settings = {
            "transcriber": {
                "language": "de",
                "task": "translate",
                "prompt": "Ada",
                "hotwords": "Babbage",
                "timestamps": False,
            }
        }
        transcriber = FakeTranscriber()
        engine = Engine(settings, transcriber=transcriber)
        assert self.asked(engine, transcriber) == Instructions(
            "de", "translate", "Ada", "Babbage", timestamps=False
        )

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({}, Instructions("de", prompt="Ada")),
            ({"language": "fr"}, Instructions("fr", prompt="Ada")),
            ({"task": "translate"}, Instructions("de", "translate", "Ada")),
            ({"prompt": "", "hotwords": "x"}, Instructions("de", prompt="", hotwords="x")),
        ],
    )
    def test_asks_what_the_call_says_before_the_settings(
        self, world: World, given: dict, expected: Instructions
    ) -> None:
        transcriber = FakeTranscriber()
        settings = {"transcriber": {"language": "de", "prompt": "Ada"}}
        engine = Engine(settings, transcriber=transcriber)
        assert self.asked(engine, transcriber, **given) == expected
        assert self.asked(engine, transcriber) == Instructions("de", prompt="Ada")

    def test_detects_the_language_where_the_call_says_auto(self, world: World) -> None:
        engine = Engine(
            {"transcriber": {"language": "de"}}, transcriber=FakeTranscriber(language="sv")
        )
        transcript = engine.transcribe("a.wav", language="auto")
        assert (transcript.language, transcript.language_probability) == ("sv", 0.9)

    def test_refuses_a_task_that_nobody_does(self, world: World) -> None:
        with pytest.raises(UnsupportedError, match=r"transcriber\.task"):
            Engine().transcribe("a.wav", task="summarise")

    def test_keeps_to_the_stretches_of_the_call(self, world: World) -> None:
        transcript = Engine().transcribe("a.wav", speech=[TimeSpan(1.0, 2.0)])
        assert [segment.span for segment in transcript.segments] == [TimeSpan(1.0, 2.0)]

    def test_takes_an_array(self, world: World) -> None:
        samples = np.full(16_000, 0.1, np.float32)
        assert Engine().transcribe(samples).duration == 1.0

    def test_raises_what_is_wrong_with_the_recording(self, world: World) -> None:
        engine = Engine(audio_source=FakeAudioSource(broken=["bad.wav"]))
        with pytest.raises(AudioDecodeError, match=r"bad\.wav"):
            engine.transcribe("bad.wav")

    def test_many_goes_on_after_one_that_fails(self, world: World) -> None:
        engine = Engine(audio_source=FakeAudioSource(broken=["bad.wav"]))
        sources = ["a.wav", "bad.wav", Recording.of("c.wav", [TimeSpan(0.0, 1.0)])]
        outcomes = {outcome.recording.name: outcome for outcome in engine.transcribe_many(sources)}
        assert set(outcomes) == {"a.wav", "bad.wav", "c.wav"}
        assert isinstance(outcomes["bad.wav"].error, AudioDecodeError)
        assert outcomes["c.wav"].transcript.segments[0].span == TimeSpan(0.0, 1.0)

    def test_many_refuses_wrong_settings_before_the_first_recording(self, world: World) -> None:
        with pytest.raises(ConfigError, match="diarizer: speaker counts run from"):
            Engine({"diarizer": {"min_speakers": 3, "max_speakers": 2}}).transcribe_many([])

    def test_tells_the_diarizer_how_many_speakers_are_known(self, world: World) -> None:
        diarizer = FakeDiarizer(TURNS)
        Engine({"diarizer": {"min_speakers": 1, "max_speakers": 2}}, diarizer=diarizer).transcribe(
            "a.wav"
        )
        assert diarizer.asked == [SpeakerCount(1, 2)]

    def test_refuses_a_number_of_speakers_that_nobody_would_use(self, world: World) -> None:
        with pytest.raises(UnsupportedError, match="nobody looks for speakers"):
            Engine({"diarizer": {"min_speakers": 2}}).transcribe("a.wav")

    def test_packs_chunks_as_the_settings_say(self, world: World) -> None:
        transcriber = FakeTranscriber()
        engine = Engine({"chunking": {"max_duration": 1.0}}, transcriber=transcriber)
        engine.transcribe("three seconds.wav")
        sizes = [len(request.samples) for batch in transcriber.batches for request in batch]
        assert len(sizes) >= 3
        assert max(sizes) <= 16_000

    @pytest.mark.parametrize(
        ("settings", "passed_in", "batches"),
        [
            ({"batch_size": 4}, True, [4, 4, 2]),
            ({"batch_size": 4}, False, [4, 4, 2]),
            # 8 for a transcriber of which nothing is known; 16 is planned for CUDA with 12 GB.
            ({}, True, [8, 2]),
            ({}, False, [10]),
        ],
    )
    def test_fills_batches_as_settings_or_plan_say(
        self, world: World, settings: dict, passed_in: bool, batches: list[int]
    ) -> None:
        mine = FakeTranscriber() if passed_in else None
        vad = FakeVoiceActivityDetector(TEN_SPANS, exact=True)
        engine = Engine({"transcriber": settings}, transcriber=mine, voice_activity=vad)
        engine.transcribe("a.wav")
        transcriber = mine or world.of("transcriber")[0]
        assert [len(batch) for batch in transcriber.batches] == batches

    def test_refuses_to_detect_every_chunks_language_where_nobody_can(self, world: World) -> None:
        deaf = FakeTranscriber(capabilities=TranscriberCapabilities())
        with pytest.raises(UnsupportedError, match=r"transcriber\.multilingual"):
            Engine({"transcriber": {"multilingual": True}}, transcriber=deaf).transcribe("a.wav")


class TestWriting:
    def test_saves_in_every_configured_format(self, world: World, tmp_path: Path) -> None:
        engine = Engine({"output": {"formats": "txt,srt", "options": {"srt": {"line_length": 9}}}})
        paths = engine.save(engine.transcribe("a.wav"), tmp_path / "new", "talk")
        assert paths == [tmp_path / "new" / "talk.txt", tmp_path / "new" / "talk.srt"]
        assert [path.read_text(encoding="utf-8") for path in paths] == ["built\n", "built\n"]

    @pytest.mark.parametrize(
        ("output", "message"),
        [
            ({"formats": ["str"]}, "no format is called str; there are srt, txt"),
            ({"options": {"str": {"line_length": 9}}},
             "no format is called str; there are srt, txt"),
            ({"formats": ["srt"], "options": {"srt": {"line_lenght": 9}}},
             "output.options.srt.line_lenght: unknown; did you mean line_length?"),
            # Not asked for today, but a mistake all the same.
            ({"formats": ["txt"], "options": {"srt": {"line_lenght": 9}}},
             "output.options.srt.line_lenght: unknown; did you mean line_length?"),
        ],
    )  # fmt: skip
    def test_refuses_unknown_formats_and_options_before_any_work(
        self, world: World, output: dict, message: str
    ) -> None:
        engine = Engine({"output": output})
        with pytest.raises(ConfigError) as caught:
            engine.writers  # noqa: B018
        assert caught.value.message == message
        assert world.built == []


def test_an_engine_that_loads_holds_up_no_other() -> None:
    loading, release = threading.Event(), threading.Event()

    def hold(event: object) -> None:
        loading.set()
        release.wait(10)

    slow = Engine({"transcriber": {"backend": "pocketsphinx"}}, progress=hold)
    thread = threading.Thread(target=slow.prepare)
    thread.start()
    try:
        assert loading.wait(10)
        quick = Engine(transcriber=FakeTranscriber("hi"), audio_source=FakeAudioSource())
        assert quick.transcribe("a.wav", speech=[(0.0, 1.0)]).text == "hi"
    finally:
        release.set()
        thread.join()


def test_what_is_no_recording_fails_alone() -> None:
    with Engine(transcriber=FakeTranscriber("hi"), audio_source=FakeAudioSource()) as engine:
        sources = ["a.wav", np.zeros((100, 3), np.float32), 123, "b.wav"]
        outcomes = list(engine.transcribe_many(sources))
        assert [type(outcome.error) for outcome in outcomes].count(InputError) == 2
        assert sum(outcome.transcript is not None for outcome in outcomes) == 2
        with pytest.raises(InputError, match="a recording is"):
            engine.transcribe(123)
        with pytest.raises(TypeError, match="as a list"):
            engine.transcribe_many("a.wav")

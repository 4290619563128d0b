import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint

import pytest

from asrcore.bootstrap.registry import SECTIONS, Registry
from asrcore.bootstrap.settings import Settings
from asrcore.errors import ConfigError, MissingEngineError, UnknownBackendError
from asrcore.plugin import GROUPS, Options, Placement

PLUGINS = """
from pydantic import Field
from asrcore.plugin import Options, Plugin

class ParrotOptions(Options):
    model: str = "grey"
    beam_size: int = Field(5, ge=1)

class CueOptions(Options):
    line_length: int = 42

class Parrot:
    def __init__(self, options, placement):
        self.options, self.placement = options, placement

PARROT = Plugin("parrot", "registry_plugins:Parrot", options=ParrotOptions)
SRT = Plugin("srt", "registry_plugins:Parrot", options=CueOptions)
AWAY = Plugin("away", "registry_plugins:Parrot", requires=("no_such",), install="pip install away")
A_STRING = "parrot"
"""


@pytest.fixture
def published(write_module: Callable) -> str:
    return write_module("registry_plugins", PLUGINS)


@pytest.fixture
def registry(published: str, registry_of: Callable) -> Registry:
    return registry_of(
        {
            "transcriber": {
                "parrot": "registry_plugins:PARROT",
                "away": "registry_plugins:AWAY",
                "torn": "no_such_module:PLUGIN",
            },
            "voice_activity": {"parrot": "registry_plugins:PARROT"},
            "writer": {"srt": "registry_plugins:SRT"},
        }
    )


class TestFinding:
    def test_reads_every_stage_in_alphabetical_order(self, registry: Registry) -> None:
        assert {stage: list(plugins) for stage, plugins in registry.plugins.items()} == {
            "transcriber": ["away", "parrot"],
            "aligner": [],
            "diarizer": [],
            "voice_activity": ["parrot"],
            "audio_source": [],
            "sentence_splitter": [],
            "writer": ["srt"],
            "metric": [],
            "reader": [],
            "chart": [],
            "converter": [],
        }

    def test_finds_the_built_in_backends_and_none_of_them_broken(self) -> None:
        registry = Registry()
        assert {"faster-whisper", "pocketsphinx"} <= set(registry.plugins["transcriber"])
        assert {"none", "segments", "silero"} <= set(registry.plugins["voice_activity"])
        assert {"txt", "srt", "vtt", "tsv", "json"} <= set(registry.plugins["writer"])
        assert "pyav" in registry.plugins["audio_source"]
        assert {"words", "times", "speakers", "speaker-words"} <= set(registry.plugins["metric"])
        assert {"json", "stm", "ctm", "rttm", "txt"} <= set(registry.plugins["reader"])
        assert "matplotlib" in registry.plugins["chart"]
        assert registry.broken == {}

    def test_and_telling_what_is_installed_imports_no_engine(self) -> None:
        code = (
            "import sys\n"
            "from asrcore.bootstrap.planner import facts\n"
            "from asrcore.bootstrap.registry import Registry\n"
            "assert facts(Registry())['transcriber']\n"
            "print(*{'numpy', 'torch', 'ctranslate2', 'faster_whisper', 'pyannote.audio', 'mlx',"
            " 'av', 'onnxruntime', 'pocketsphinx'}.intersection(sys.modules))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert (done.stdout.split(), done.stderr) == ([], "")

    def test_a_section_of_the_settings_belongs_to_every_stage_of_a_run(self) -> None:
        assert set(SECTIONS) == set(GROUPS) - {"converter"}
        assert set(SECTIONS.values()) <= set(Settings.model_fields)


class TestBroken:
    @pytest.mark.parametrize(
        ("value", "why"),
        [
            ("no_such_module:PLUGIN", "ModuleNotFoundError: No module named 'no_such_module'"),
            ("registry_plugins:NOTHING",
             "AttributeError: module 'registry_plugins' has no attribute 'NOTHING'"),
            ("registry_plugins:A_STRING", "registry_plugins:A_STRING is no Plugin"),
            ("registry_plugins:ParrotOptions", "registry_plugins:ParrotOptions is no Plugin"),
            ("registry_plugins", "registry_plugins is no Plugin"),
            ("registry_plugins:SRT", "registry_plugins:SRT is called srt"),
        ],
    )  # fmt: skip
    def test_one_is_reported_with_the_reason_and_takes_no_other_down(
        self, published: str, registry_of: Callable, value: str, why: str
    ) -> None:
        registry = registry_of(
            {"transcriber": {"macaw": value, "parrot": "registry_plugins:PARROT"}}
        )
        assert list(registry.plugins["transcriber"]) == ["parrot"]
        assert registry.broken == {"asrcore.transcribers:macaw": why}

    def test_a_module_that_raises_anything_is_not_fatal(
        self, write_module: Callable, registry_of: Callable
    ) -> None:
        write_module("exploding_plugin", "1 / 0")
        registry = registry_of({"aligner": {"boom": "exploding_plugin:PLUGIN"}})
        assert registry.plugins["aligner"] == {}
        assert registry.broken == {"asrcore.aligners:boom": "ZeroDivisionError: division by zero"}

    def test_of_two_that_share_a_name_the_first_stays_and_the_clash_is_told(
        self, published: str
    ) -> None:
        group = GROUPS["transcriber"]
        entries = [
            EntryPoint("parrot", "registry_plugins:PARROT", group),
            EntryPoint("parrot", "registry_plugins:PARROT", group),
        ]
        registry = Registry(find=lambda wanted: entries if wanted == group else ())
        assert list(registry.plugins["transcriber"]) == ["parrot"]
        assert registry.broken == {"asrcore.transcribers:parrot": "two packages publish this name"}
        assert registry.get("transcriber", "parrot").name == "parrot"

    def test_are_told_by_stage(self, registry: Registry) -> None:
        why = "ModuleNotFoundError: No module named 'no_such_module'"
        assert list(registry.plugins["transcriber"]) == ["away", "parrot"]
        assert registry.broken_in("transcriber") == {"torn": why}
        assert registry.broken_in("aligner") == {}

    def test_naming_one_tells_why_it_cannot_be_had(self, registry: Registry) -> None:
        with pytest.raises(MissingEngineError) as caught:
            registry.get("transcriber", "torn")
        assert str(caught.value) == (
            "transcriber backend torn is broken: ModuleNotFoundError: No module named "
            "'no_such_module' (update or reinstall the package that brings it)"
        )


class TestNames:
    @pytest.mark.parametrize(
        ("stage", "name", "message", "hint"),
        [
            ("transcriber", "parot",
             "no transcriber backend is called parot; there are away, parrot",
             "did you mean parrot?"),
            ("voice_activity", "zzz",
             "no voice activity backend is called zzz; there are parrot", "run: asr backends"),
            ("writer", "str", "no format is called str; there are srt", "did you mean srt?"),
            ("aligner", "x", "no aligner backend is called x; there are none",
             "run: asr backends"),
        ],
    )  # fmt: skip
    def test_an_unknown_one_is_refused_with_the_known_ones(
        self, registry: Registry, stage: str, name: str, message: str, hint: str
    ) -> None:
        with pytest.raises(UnknownBackendError) as caught:
            registry.build(stage, name, {}, Placement())
        assert (caught.value.message, caught.value.hint) == (message, hint)


class TestOptions:
    def test_become_the_backends_own_class_with_its_defaults(self, registry: Registry) -> None:
        built = registry.build("transcriber", "parrot", {"beam_size": 1}, Placement("cuda"))
        assert built.options.model == "grey"
        assert built.options.beam_size == 1
        assert built.placement == Placement("cuda")

    @pytest.mark.parametrize(
        ("stage", "name", "values", "message"),
        [
            ("transcriber", "parrot", {"modle": "x"},
             "transcriber.options.modle: unknown; did you mean model?"),
            ("transcriber", "parrot", {"beam_size": 0},
             "transcriber.options.beam_size: input should be greater than or equal to 1, not 0"),
            ("voice_activity", "parrot", {"modle": "x"},
             "vad.options.modle: unknown; did you mean model?"),
            ("writer", "srt", {"line_lenght": 20},
             "output.options.srt.line_lenght: unknown; did you mean line_length?"),
            ("transcriber", "parrot", {"modle": "x", "beam_size": "big"},
             "transcriber.options.beam_size: input should be a valid integer, unable to parse "
             "string as an integer, not 'big'\n"
             "transcriber.options.modle: unknown; did you mean model?"),
        ],
    )  # fmt: skip
    def test_that_are_wrong_are_refused_by_path_and_owner(
        self, registry: Registry, stage: str, name: str, values: dict, message: str
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            registry.build(stage, name, values, Placement())
        assert caught.value.message == message
        assert caught.value.hint == f"these are options of {name}"

    def test_are_checked_without_the_engine(self, registry: Registry) -> None:
        away = registry.get("transcriber", "away")
        assert registry.options("transcriber", away, {}) == Options()
        with pytest.raises(ConfigError, match=r"transcriber\.options\.x: unknown"):
            registry.build("transcriber", "away", {"x": 1}, Placement())

    def test_of_a_backend_that_is_not_installed_do_not_hide_that_it_is_not(
        self, registry: Registry
    ) -> None:
        with pytest.raises(MissingEngineError, match=r"no_such \(run: pip install away\)"):
            registry.build("transcriber", "away", {}, Placement())

import re
import tomllib
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import BaseModel

from asrcore.bootstrap import config
from asrcore.bootstrap.config import (
    PROFILES,
    Resolved,
    leaves,
    load,
    merge,
    nest,
    parse_assignment,
    read_file,
    resolve,
    user_file,
)
from asrcore.bootstrap.registry import Registry
from asrcore.bootstrap.settings import Settings
from asrcore.errors import ConfigError

PLUGINS = """
from asrcore.plugin import Options, Plugin

class ParrotOptions(Options):
    model: str = "grey"
    beam_size: int = 5

class MacawOptions(Options):
    model: str = "blue"
    feathers: int = 1

PARROT = Plugin("parrot", "x:Y", options=ParrotOptions)
MACAW = Plugin("macaw", "x:Y", options=MacawOptions)
NONE = Plugin("none", "x:Y")
"""


class Home:
    """A user's folders: `./asr.toml`, the user's own, and one that is named by `--config`."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.local = folder / "project" / "asr.toml"
        self.user = folder / "user" / "asr.toml"
        self.named = folder / "named.toml"
        self._registry = registry

    def write(self, place: str, text: str) -> Path:
        path = getattr(self, place)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def resolve(self, **given: object) -> Resolved:
        return resolve(
            folder=self.local.parent,
            user_folder=self.user.parent,
            registry=self._registry,
            **given,
        )

    def refused(self, **given: object) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            self.resolve(**given)
        return caught.value


@pytest.fixture
def home(tmp_path: Path, write_module: Callable, registry_of: Callable) -> Home:
    write_module("config_plugins", PLUGINS)
    birds = {"parrot": "config_plugins:PARROT", "macaw": "config_plugins:MACAW"}
    return Home(
        tmp_path,
        registry_of(
            {
                "transcriber": birds,
                "diarizer": birds,
                "voice_activity": birds | {"none": "config_plugins:NONE"},
            }
        ),
    )


class TestOrder:
    """flag > environment > profile > --config > ./asr.toml > user folder > default."""

    KEYS = ("language", "prompt", "hotwords", "device", "compute_type", "backend")

    @pytest.fixture
    def everywhere(self, home: Home) -> Resolved:
        """Each place sets one key less than the place below it, to its own name."""

        def table(place: str, keys: tuple) -> str:
            return "\n".join(f'{key} = "{place}"' for key in keys)

        home.write("user", f"[transcriber]\n{table('user', self.KEYS)}")
        home.write("local", f"[transcriber]\n{table('local', self.KEYS[:5])}")
        home.write(
            "named",
            f"[transcriber]\n{table('named', self.KEYS[:4])}\n"
            f"[profiles.mine.transcriber]\n{table('profile', self.KEYS[:3])}",
        )
        environ = {
            "ASRCORE_TRANSCRIBER__LANGUAGE": "environment",
            "ASRCORE_TRANSCRIBER__PROMPT": "environment",
        }
        flags = {"transcriber": {"language": "flag"}}
        return home.resolve(flags=flags, environ=environ, profile="mine", config=home.named)

    @pytest.mark.parametrize(
        ("key", "winner"),
        [
            ("language", "flag"),
            ("prompt", "environment"),
            ("hotwords", "profile"),
            ("device", "named"),
            ("compute_type", "local"),
            ("backend", "user"),
            ("task", "transcribe"),
        ],
    )
    def test_each_value_comes_from_the_strongest_place_that_sets_it(
        self, everywhere: Resolved, key: str, winner: str
    ) -> None:
        assert getattr(everywhere.settings.transcriber, key) == winner

    def test_each_value_tells_where_it_comes_from_and_a_default_nothing(
        self, everywhere: Resolved, home: Home
    ) -> None:
        assert everywhere.origins == {
            "transcriber.language": "command line",
            "transcriber.prompt": "environment",
            "transcriber.hotwords": f"profile mine in {home.named}",
            "transcriber.device": str(home.named),
            "transcriber.compute_type": str(home.local),
            "transcriber.backend": str(home.user),
        }

    def test_the_files_that_were_read_are_told_weakest_first(
        self, everywhere: Resolved, home: Home
    ) -> None:
        assert everywhere.files == (home.user, home.local, home.named)

    def test_without_any_place_there_are_defaults_from_nowhere(self, home: Home) -> None:
        assert home.resolve() == Resolved(Settings(), {})

    def test_tables_merge_key_by_key_and_lists_replace_each_other(self, home: Home) -> None:
        home.write("user", '[vad.options]\nonset = 0.4\n[output]\nformats = ["txt", "srt"]')
        home.write("local", '[vad.options]\npad = 0.2\n[output]\nformats = ["json"]')
        settings = home.resolve().settings
        assert settings.vad.options == {"onset": 0.4, "pad": 0.2}
        assert settings.output.formats == ("json",)

    def test_without_folders_they_are_the_current_one_and_the_users_own(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home.write("local", "[chunking]\nmax_gap = 1.0")
        home.write("user", "[chunking]\nmax_duration = 20")
        monkeypatch.chdir(home.local.parent)
        monkeypatch.setattr(
            config.platformdirs, "user_config_path", lambda *_, **__: home.user.parent
        )
        found = resolve()
        assert found.settings.chunking.max_gap == 1.0
        assert found.settings.chunking.max_duration == 20.0
        assert found.files == (home.user, Path("asr.toml"))

    def test_the_users_own_file_lies_in_a_folder_of_that_name(self) -> None:
        assert user_file().name == "asr.toml"
        assert user_file().parent.name == "asrcore"

    def test_reading_settings_changes_neither_flags_nor_environment(self, home: Home) -> None:
        flags = {"transcriber": {"backend": "parrot", "options": {"beam_size": 1}}}
        environ = {"ASRCORE_PROFILE": "offline", "ASRCORE_TRANSCRIBER__BACKEND": "macaw"}
        home.resolve(flags=flags, environ=environ)
        assert flags == {"transcriber": {"backend": "parrot", "options": {"beam_size": 1}}}
        assert set(environ) == {"ASRCORE_PROFILE", "ASRCORE_TRANSCRIBER__BACKEND"}


class TestFiles:
    def test_one_that_is_named_but_missing_is_refused_with_the_command_that_writes_it(
        self, home: Home
    ) -> None:
        error = home.refused(config=home.named)
        assert error.message == f"{home.named}: cannot be read: No such file or directory"
        assert error.hint == f"run: asr config init {home.named}"

    def test_a_folder_is_no_file_and_no_command_helps(self, home: Home, tmp_path: Path) -> None:
        error = home.refused(config=tmp_path)
        assert str(error).startswith(f"{tmp_path}: cannot be read: ")
        assert error.hint == ""

    def test_bad_toml_is_refused_with_file_and_line(self, home: Home) -> None:
        path = home.write("local", "[transcriber]\nbackend = \n")
        message = home.refused().message
        assert message.startswith(f"{path}: no valid TOML: ")
        assert "line 2" in message

    def test_a_file_in_another_encoding_is_refused_by_name(self, home: Home) -> None:
        home.write("named", "")
        home.named.write_bytes('[transcriber]\nprompt = "Café"'.encode("latin-1"))
        assert home.refused(config=home.named).message.startswith(f"{home.named}: no valid TOML")

    def test_the_mark_that_windows_editors_put_first_is_no_error(self, home: Home) -> None:
        home.write("named", "\ufeff[chunking]\nmax_gap = 1.0")
        assert read_file(home.named) == {"chunking": {"max_gap": 1.0}}

    def test_an_unknown_key_is_refused_with_path_guess_and_file(self, home: Home) -> None:
        path = home.write("local", '[transcriber]\nbakend = "parrot"')
        assert home.refused().message == (
            f"transcriber.bakend: unknown; did you mean backend? (from {path})"
        )

    def test_an_unknown_section_is_refused_with_its_file(self, home: Home) -> None:
        path = home.write("user", '[transcribr]\nbackend = "parrot"')
        assert home.refused().message == (
            f"transcribr: unknown; did you mean transcriber? (from {path})"
        )

    def test_a_wrong_value_names_the_file_and_not_one_that_it_overrides(self, home: Home) -> None:
        home.write("user", "[transcriber]\nbatch_size = 4")
        path = home.write("local", "[transcriber]\nbatch_size = 0")
        assert home.refused().message.endswith(f"not 0 (from {path})")

    def test_a_stronger_place_mends_a_wrong_value_below(self, home: Home) -> None:
        home.write("local", "[transcriber]\nbatch_size = 0")
        flags = {"transcriber": {"batch_size": 2}}
        assert home.resolve(flags=flags).settings.transcriber.batch_size == 2

    def test_a_table_over_a_value_and_a_value_over_a_table_replace_it(self, home: Home) -> None:
        home.write("user", 'vad = "silero"')
        home.write("local", '[vad]\nbackend = "parrot"')
        assert home.resolve().settings.vad.backend == "parrot"
        message = home.refused(flags={"vad": "parrot"}).message
        assert message.endswith("not 'parrot' (from command line)")


class TestEnvironment:
    @pytest.mark.parametrize(
        ("name", "text", "key", "value"),
        [
            ("ASRCORE_TRANSCRIBER__BATCH_SIZE", "4", "transcriber.batch_size", 4),
            ("ASRCORE_TRANSCRIBER__TIMESTAMPS", "false", "transcriber.timestamps", False),
            ("ASRCORE_TRANSCRIBER__LANGUAGE", "no", "transcriber.language", "no"),
            ("ASRCORE_TRANSCRIBER__DEVICE", "cuda:1", "transcriber.device", "cuda:1"),
            ("ASRCORE_TRANSCRIBER__PROMPT", "Hello, Ada.", "transcriber.prompt", "Hello, Ada."),
            ("ASRCORE_TRANSCRIBER__PROMPT", '"5"', "transcriber.prompt", "5"),
            ("ASRCORE_CHUNKING__MAX_GAP", "0.5", "chunking.max_gap", 0.5),
            ("ASRCORE_OUTPUT__FORMATS", "txt,srt", "output.formats", ("txt", "srt")),
            ("ASRCORE_OUTPUT__FORMATS", '["txt", "srt"]', "output.formats", ("txt", "srt")),
            ("ASRCORE_VAD__OPTIONS__MIN_SPEECH", "0.2", "vad.options.min_speech", 0.2),
            ("ASRCORE_OUTPUT__OPTIONS__SRT__LINES", "1", "output.options.srt.lines", 1),
        ],
    )
    def test_double_underscores_lead_into_tables(
        self, home: Home, name: str, text: str, key: str, value: object
    ) -> None:
        found = home.resolve(environ={name: text})
        assert dict(leaves(found.settings.model_dump()))[key] == value
        assert found.origins == {key: "environment"}

    def test_several_variables_come_together(self, home: Home) -> None:
        environ = {
            "ASRCORE_TRANSCRIBER__LANGUAGE": "en",
            "ASRCORE_TRANSCRIBER__TASK": "translate",
            "ASRCORE_VAD__BACKEND": "none",
        }
        settings = home.resolve(environ=environ).settings
        assert (settings.transcriber.language, settings.transcriber.task) == ("en", "translate")
        assert settings.vad.backend == "none"

    def test_other_variables_are_nobodys_business(self, home: Home) -> None:
        environ = {"HF_TOKEN": "hf_x", "TRANSCRIBER__LANGUAGE": "en", "XASRCORE_VAD": "none"}
        assert home.resolve(environ=environ) == Resolved(Settings(), {})

    @pytest.mark.parametrize(
        ("name", "text", "message"),
        [
            ("ASRCORE_TRANSCRIBER__BAKEND", "parrot",
             "transcriber.bakend: unknown; did you mean backend? (from environment)"),
            ("ASRCORE_TRANSCRIBER_BACKEND", "parrot",
             "transcriber_backend: unknown; did you mean transcriber? (from environment)"),
            ("ASRCORE_VAD", "none",
             "vad: input should be a table of settings, not 'none' (from environment)"),
            ("ASRCORE_TRANSCRIBER__PROMPT", "5",
             "transcriber.prompt: input should be a valid string, not 5 (from environment)"),
        ],
    )  # fmt: skip
    def test_a_misspelt_variable_is_refused(
        self, home: Home, name: str, text: str, message: str
    ) -> None:
        assert home.refused(environ={name: text}).message == message


class TestProfiles:
    MINE = '[profiles.mine.transcriber]\nlanguage = "fr"\n'

    def test_the_built_in_one_works_without_any_file(self, home: Home) -> None:
        found = home.resolve(profile="offline")
        assert found.settings.transcriber.backend == "pocketsphinx"
        assert found.settings.transcriber.language == "en"
        assert found.origins["transcriber.backend"] == "profile offline"

    @pytest.mark.parametrize("place", ["user", "local", "named"])
    def test_every_file_may_bring_some(self, home: Home, place: str) -> None:
        path = home.write(place, self.MINE)
        found = home.resolve(profile="mine", config=path if place == "named" else None)
        assert found.settings.transcriber.language == "fr"
        assert found.origins["transcriber.language"] == f"profile mine in {path}"

    def test_one_that_is_not_chosen_changes_nothing(self, home: Home) -> None:
        home.write("local", self.MINE)
        assert home.resolve().settings == Settings()

    def test_a_file_replaces_one_of_the_same_name_as_a_whole(self, home: Home) -> None:
        home.write("local", "[profiles.offline.chunking]\nmax_gap = 1.0")
        settings = home.resolve(profile="offline").settings
        assert settings == Settings.of({"chunking": {"max_gap": 1.0}})

    @pytest.mark.parametrize(
        ("flag", "variable", "in_file", "chosen"),
        [
            ("a", "b", "c", "a"),
            (None, "b", "c", "b"),
            (None, None, "c", "c"),
            (None, "", "c", "c"),
            ("a", "b", None, "a"),
            (None, None, None, "auto"),
            (None, None, "", "auto"),
        ],
    )
    def test_one_is_chosen_by_flag_then_variable_then_file(
        self,
        home: Home,
        flag: str | None,
        variable: str | None,
        in_file: str | None,
        chosen: str,
    ) -> None:
        text = "" if in_file is None else f'profile = "{in_file}"\n'
        text += "".join(f'[profiles.{name}.transcriber]\nlanguage = "{name}"\n' for name in "abc")
        home.write("local", text)
        environ = {} if variable is None else {"ASRCORE_PROFILE": variable}
        found = home.resolve(profile=flag, environ=environ)
        assert found.settings.transcriber.language == chosen

    def test_the_stronger_files_choice_counts(self, home: Home) -> None:
        home.write("user", f'profile = "offline"\n{self.MINE}')
        home.write("local", 'profile = "mine"')
        assert home.resolve().settings.transcriber.language == "fr"

    @pytest.mark.parametrize("by", ["flag", "file"])
    def test_an_unknown_one_is_refused_with_the_known_ones(self, home: Home, by: str) -> None:
        home.write("local", self.MINE if by == "flag" else f'profile = "mime"\n{self.MINE}')
        error = home.refused(profile="mime" if by == "flag" else None)
        assert error.message == "no profile is called mime; there are mine, offline"
        assert error.hint == "did you mean mine?"

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ('profiles = "mine"', "profiles: input should be a table, not 'mine'"),
            ("[profiles]\nmine = 3", "profiles.mine: input should be a table, not 3"),
        ],
    )
    def test_one_that_is_no_table_is_refused_with_its_file(
        self, home: Home, text: str, says: str
    ) -> None:
        path = home.write("local", text)
        assert home.refused(profile="mine").message == f"{says} (from {path})"

    def test_a_choice_that_is_no_name_is_refused(self, home: Home) -> None:
        home.write("local", "profile = 3")
        assert home.refused().message == "no profile is called 3; there are offline"

    def test_a_mistake_inside_one_names_profile_and_file(self, home: Home) -> None:
        path = home.write("local", "[profiles.mine.transcriber]\nlangauge = 'fr'")
        assert home.refused(profile="mine").message == (
            f"transcriber.langauge: unknown; did you mean language? (from profile mine in {path})"
        )

    def test_one_does_not_choose_another(self, home: Home) -> None:
        home.write("local", "[profiles.mine]\nprofile = 'offline'")
        assert "profile: unknown" in home.refused(profile="mine").message

    def test_the_built_in_ones_are_what_they_are_after_use(self, home: Home) -> None:
        before = {name: dict(leaves(values)) for name, values in PROFILES.items()}
        flags = {"transcriber": {"backend": "parrot"}}
        home.resolve(profile="offline", flags=flags)
        assert {name: dict(leaves(values)) for name, values in PROFILES.items()} == before


class TestOptionsOfAnotherBackend:
    """`--backend` must be usable beside a file that configures another backend."""

    FILE = '[transcriber]\nbackend = "parrot"\n[transcriber.options]\nmodel = "red"\nbeam_size = 1'

    def test_are_left_out_with_a_note_and_those_it_knows_are_kept(self, home: Home) -> None:
        path = home.write("local", self.FILE)
        found = home.resolve(flags={"transcriber": {"backend": "macaw"}})
        assert found.settings.transcriber.options == {"model": "red"}
        assert found.notes == (
            f"transcriber.options.beam_size (from {path}) does not fit macaw, "
            "which the command line chose: left out",
        )
        assert "transcriber.options.beam_size" not in found.origins
        assert found.origins["transcriber.options.model"] == str(path)

    def test_are_kept_where_the_same_backend_is_named_again(self, home: Home) -> None:
        home.write("local", self.FILE)
        found = home.resolve(flags={"transcriber": {"backend": "parrot"}})
        assert found.settings.transcriber.options == {"model": "red", "beam_size": 1}
        assert found.notes == ()

    def test_come_back_from_the_layer_that_chooses_the_backend(self, home: Home) -> None:
        home.write("local", self.FILE)
        own = {"backend": "macaw", "options": {"feathers": 7}}
        found = home.resolve(flags={"transcriber": own})
        assert found.settings.transcriber.options == {"model": "red", "feathers": 7}

    def test_are_left_out_for_every_place_that_can_choose(self, home: Home) -> None:
        home.write("user", self.FILE)
        home.write("local", "[profiles.mine.transcriber]\nbackend = 'macaw'")
        by_profile = home.resolve(profile="mine")
        by_variable = home.resolve(environ={"ASRCORE_TRANSCRIBER__BACKEND": "macaw"})
        for found, why in ((by_profile, "profile mine"), (by_variable, "environment")):
            assert found.settings.transcriber.options == {"model": "red"}
            assert f"which the {why}" in found.notes[0]

    def test_a_device_of_the_weaker_backend_is_left_out_too(self, home: Home) -> None:
        home.write("local", '[transcriber]\ndevice = "cuda:1"\ncompute_type = "float16"')
        found = home.resolve(flags={"transcriber": {"backend": "macaw"}})
        assert (found.settings.transcriber.device, found.settings.transcriber.compute_type) == (
            "auto",
            "auto",
        )
        assert ["transcriber.device" in note for note in found.notes] == [True, False]
        assert "transcriber.compute_type" in found.notes[1]

    def test_a_device_that_the_backend_has_is_kept(self, home: Home) -> None:
        home.write("local", '[transcriber]\ndevice = "cpu"')
        found = home.resolve(flags={"transcriber": {"backend": "macaw"}})
        assert (found.settings.transcriber.device, found.notes) == ("cpu", ())

    def test_are_left_out_stage_by_stage(self, home: Home) -> None:
        home.write("local", f"{self.FILE}\n[diarizer.options]\nbeam_size = 2")
        found = home.resolve(flags={"diarizer": {"backend": "macaw"}})
        assert found.settings.diarizer.options == {}
        assert found.settings.transcriber.options == {"model": "red", "beam_size": 1}

    def test_are_left_out_where_detection_is_switched_off(self, home: Home) -> None:
        home.write("local", "[vad.options]\nonset = 0.4")
        found = home.resolve(flags={"vad": {"backend": "none"}})
        assert found.settings.vad.options == {}
        assert "vad.options.onset" in found.notes[0]

    @pytest.mark.parametrize("backend", ["auto", "no-such-backend"])
    def test_stay_where_nobody_can_tell_who_will_read_them(self, home: Home, backend: str) -> None:
        home.write("local", self.FILE)
        found = home.resolve(flags={"transcriber": {"backend": backend}})
        assert found.settings.transcriber.options == {"model": "red", "beam_size": 1}
        assert found.notes == ()

    def test_in_the_very_file_that_chooses_are_a_mistake_and_stay_to_be_refused(
        self, home: Home, registry_of: Callable
    ) -> None:
        home.write("local", self.FILE.replace("parrot", "macaw"))
        found = home.resolve()
        assert found.notes == ()
        registry = registry_of({"transcriber": {"macaw": "config_plugins:MACAW"}})
        macaw = registry.get("transcriber", "macaw")
        with pytest.raises(ConfigError, match=r"transcriber\.options\.beam_size: unknown"):
            registry.options("transcriber", macaw, found.settings.transcriber.options)

    def test_that_are_a_table_are_left_out_with_their_origin(self, home: Home) -> None:
        path = home.write("local", "[transcriber.options.beam]\nsize = 1")
        found = home.resolve(flags={"transcriber": {"backend": "macaw"}})
        assert found.settings.transcriber.options == {}
        assert f"transcriber.options.beam (from {path})" in found.notes[0]

    @pytest.mark.parametrize("text", ['[transcriber]\noptions = "beam"', "transcriber = 3"])
    def test_that_are_no_table_are_refused_as_such(self, home: Home, text: str) -> None:
        path = home.write("local", text)
        flags = {"transcriber": {"backend": "macaw"}}
        if text.startswith("["):
            assert home.refused(flags=flags).message == (
                f"transcriber.options: input should be a table, not 'beam' (from {path})"
            )
        else:
            assert home.resolve(flags=flags).settings.transcriber.backend == "macaw"

    def test_a_backend_that_is_no_name_is_refused_as_such(self, home: Home) -> None:
        home.write("local", self.FILE)
        message = home.refused(flags={"transcriber": {"backend": 3}}).message
        assert message == (
            "transcriber.backend: input should be a valid string, not 3 (from command line)"
        )


class TestAssignments:
    @pytest.mark.parametrize(
        ("text", "values"),
        [
            ("vad.backend=none", {"vad": {"backend": "none"}}),
            ("transcriber.batch_size=4", {"transcriber": {"batch_size": 4}}),
            ("chunking.max_gap = 0.5", {"chunking": {"max_gap": 0.5}}),
            ("transcriber.timestamps=false", {"transcriber": {"timestamps": False}}),
            ("transcriber.language=no", {"transcriber": {"language": "no"}}),
            ('transcriber.prompt="5"', {"transcriber": {"prompt": "5"}}),
            ("transcriber.prompt=a = b", {"transcriber": {"prompt": "a = b"}}),
            ("transcriber.prompt=", {"transcriber": {"prompt": ""}}),
            ("output.formats=txt,srt", {"output": {"formats": "txt,srt"}}),
            ('output.formats=["txt", "srt"]', {"output": {"formats": ["txt", "srt"]}}),
            ("t.options.temperatures=[0.0, 0.2]", {"t": {"options": {"temperatures": [0.0, 0.2]}}}),
            ("t.options.model=C:\\models\\new", {"t": {"options": {"model": "C:\\models\\new"}}}),
            ("output.options.srt.lines=1", {"output": {"options": {"srt": {"lines": 1}}}}),
            ("profile=mine", {"profile": "mine"}),
        ],
    )
    def test_a_value_is_toml_where_it_is_and_else_text(self, text: str, values: dict) -> None:
        assert parse_assignment(text) == values

    @pytest.mark.parametrize("text", ["", "vad.backend", "=none", "  =none", "--help"])
    def test_without_key_or_equals_sign_the_form_is_told(self, text: str) -> None:
        with pytest.raises(ConfigError) as caught:
            parse_assignment(text)
        assert caught.value.message == f"{text}: a setting is given as key=value"
        assert caught.value.hint

    def test_a_misspelt_key_is_refused_when_it_comes_to_settings(self, home: Home) -> None:
        assert home.refused(flags=parse_assignment("vad.bakend=none")).message == (
            "vad.bakend: unknown; did you mean backend? (from command line)"
        )


class TestLoadingOneFile:
    def test_takes_nothing_from_anywhere_else(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home.write("local", "[chunking]\nmax_gap = 1.0")
        monkeypatch.chdir(home.local.parent)
        monkeypatch.setenv("ASRCORE_CHUNKING__MAX_GAP", "0.5")
        path = home.write("named", "[chunking]\nmax_duration = 20")
        assert load(path) == Settings.of({"chunking": {"max_duration": 20}})

    def test_applies_the_profile_that_it_names(self, home: Home) -> None:
        mine = "[profiles.mine.transcriber]\nlanguage = 'fr'"
        assert load(home.write("named", mine)) == Settings()
        chosen = load(home.write("named", f"profile = 'mine'\n{mine}"))
        assert chosen.transcriber.language == "fr"

    def test_names_the_file_with_a_mistake(self, home: Home) -> None:
        path = home.write("named", "[vad]\nbakend = 'none'")
        with pytest.raises(ConfigError, match=re.escape(f"(from {path})")):
            load(path)


class TestTables:
    def test_merging_copies_so_that_neither_side_is_changed_later(self) -> None:
        below, above = {"a": {"b": 1}}, {"a": {"c": {"d": 2}}, "e": {"f": 3}}
        merged = merge(below, above)
        assert merged == {"a": {"b": 1, "c": {"d": 2}}, "e": {"f": 3}}
        merged["a"]["c"]["d"] = merged["e"]["f"] = merged["a"]["b"] = 99
        assert (below, above) == ({"a": {"b": 1}}, {"a": {"c": {"d": 2}}, "e": {"f": 3}})

    def test_leaves_and_nest_are_each_others_inverse(self) -> None:
        values = {"a": {"b": 1, "c": {"d": [2]}}, "e": "f"}
        assert dict(leaves(values)) == {"a.b": 1, "a.c.d": [2], "e": "f"}
        rebuilt: dict = {}
        for key, value in leaves(values):
            rebuilt = merge(rebuilt, nest(key, value))
        assert rebuilt == values


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of a model, dotted; a backend's own options are the backend's."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys_of(field.annotation, f"{prefix}{name}.")
        elif name != "options":
            yield f"{prefix}{name}"


class TestTemplate:
    """`asr config init` writes a file of comments: each setting at its default."""

    @pytest.fixture
    def text(self) -> str:
        return (files("asrcore_cli.commands") / "asr.toml").read_text(encoding="utf-8")

    @pytest.fixture
    def uncommented(self, text: str) -> str:
        """With the # taken away from every line that is `# key = value` or `# [table]`."""
        return re.sub(r"^# (?=\w+ = |\[[\w.]+\]$)", "", text, flags=re.MULTILINE)

    @pytest.fixture
    def values(self, uncommented: str) -> dict:
        values = tomllib.loads(uncommented)
        for key in ("profile", "profiles"):  # these belong to files, not to Settings
            del values[key]
        return values

    def test_as_it_is_written_sets_nothing_at_all(self, home: Home, text: str) -> None:
        home.write("local", text)
        found = home.resolve()
        assert list(leaves(found.settings.model_dump())) == list(leaves(Settings().model_dump()))
        assert (found.origins, found.notes) == ({}, ())

    def test_names_every_setting(self, values: dict) -> None:
        documented = {key for key, _ in leaves(values)}
        documented |= {key.rpartition(".")[0] for key in documented}  # a table, by an example
        assert set(keys_of(Settings)) - documented == set()

    def test_is_valid_without_its_comment_signs_and_shows_the_defaults(self, values: dict) -> None:
        shown = dict(leaves(Settings.of(values).model_dump()))
        defaults = dict(leaves(Settings().model_dump()))
        with_default = {key: value for key, value in defaults.items() if value is not None}
        assert {key: shown[key] for key in with_default} == with_default

    @pytest.mark.parametrize(
        ("stage", "backend", "keys"),
        [
            ("transcriber", "faster-whisper", ("transcriber", "options")),
            ("voice_activity", "silero", ("vad", "options")),
            ("writer", "srt", ("output", "options", "srt")),
            ("metric", "words", ("evaluation", "options", "words")),
            ("metric", "times", ("evaluation", "options", "times")),
            ("metric", "speakers", ("evaluation", "options", "speakers")),
            ("metric", "speaker-words", ("evaluation", "options", "speaker-words")),
        ],
    )
    def test_shows_options_of_the_usual_backends_at_their_defaults(
        self, values: dict, stage: str, backend: str, keys: tuple
    ) -> None:
        shown = values
        for key in keys:
            shown = shown[key]
        registry = Registry()
        plugin = registry.get(stage, backend)
        assert shown
        assert registry.options(stage, plugin, shown) == plugin.options()

    def test_shows_profiles_that_work(self, home: Home, uncommented: str) -> None:
        home.write("local", uncommented)
        found = home.resolve()
        assert found.settings.transcriber.backend == "pocketsphinx"
        assert home.resolve(profile="podcast").settings.transcriber.language == "en"

    def test_says_in_which_order_places_beat_each_other(self, text: str) -> None:
        order = ["--config FILE", "a profile", "ASRCORE_", "flags"]
        line = next(line for line in text.splitlines() if "Stronger than this file" in line)
        positions = [line.index(place) for place in order]
        assert positions == sorted(positions)

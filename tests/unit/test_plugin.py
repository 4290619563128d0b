import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest
from pydantic import ValidationError

from asrcore.errors import MissingEngineError, ModelError
from asrcore.plugin import GROUPS, DeviceSupport, Options, Placement, Plugin, Stage


class ParrotOptions(Options):
    word: str = "hello"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Write a module, `package/inner.py` or `single.py`; it is forgotten after the test."""
    monkeypatch.syspath_prepend(tmp_path)
    names: set[str] = set()

    def module(file: str, source: str) -> None:
        path = tmp_path / file
        names.add(file.removesuffix(".py").partition("/")[0])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
        importlib.invalidate_caches()

    yield module
    for name in [name for name in sys.modules if name.partition(".")[0] in names]:
        del sys.modules[name]


def parrot(requires: tuple[str, ...] = (), install: str = "pip install parrot") -> Plugin:
    return Plugin(
        "parrot", "parrot_engine:Parrot", options=ParrotOptions, requires=requires, install=install
    )


PARROT = "class Parrot:\n    def __init__(self, *given):\n        self.given = given\n"


def test_building_imports_the_target_and_hands_it_options_and_placement(write: Callable) -> None:
    write("parrot_engine.py", PARROT)
    options, placement = ParrotOptions(word="hi"), Placement("cuda:1", "float16")
    built = parrot().build(options, placement)
    assert type(built).__name__ == "Parrot"
    assert built.given == (options, placement)


def test_telling_whether_an_engine_is_there_does_not_import_it(write: Callable) -> None:
    write("heavy_engine.py", "raise SystemExit('imported, which takes seconds')")
    plugin = parrot(requires=("heavy_engine",))
    assert plugin.installed
    assert plugin.missing == ()
    assert "heavy_engine" not in sys.modules


@pytest.mark.parametrize(
    ("module", "there"),
    [
        ("json", True),
        ("json.decoder", True),
        ("json.no_such_part", False),
        ("no_such_engine", False),
        ("no_such_engine.deep.inside", False),
        ("string.of_a_module_that_is_no_package", False),
    ],
)
def test_a_required_module_counts_as_missing_where_it_or_its_parent_is(
    module: str, there: bool
) -> None:
    plugin = parrot(requires=(module,))
    assert plugin.installed is there
    assert plugin.missing == (() if there else (module,))


def test_a_parent_package_that_cannot_be_imported_makes_its_module_missing(write: Callable) -> None:
    write("torn/__init__.py", "raise ImportError('libtorn.so.1: cannot open shared object file')")
    write("torn/audio.py", "")
    assert parrot(requires=("torn.audio",)).missing == ("torn.audio",)


def test_a_stub_that_a_test_put_in_place_counts_as_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "stub_engine", ModuleType("stub_engine"))
    assert parrot(requires=("stub_engine",)).installed


def test_only_what_is_missing_is_listed() -> None:
    assert parrot(requires=("json", "no_such_a", "no_such_b")).missing == ("no_such_a", "no_such_b")


def test_a_missing_engine_is_told_with_backend_module_and_command(write: Callable) -> None:
    write("parrot_engine.py", "raise SystemExit('the target is not even looked at')")
    plugin = parrot(requires=("no_such_a", "json", "no_such_b"))
    with pytest.raises(MissingEngineError) as caught:
        plugin.build(ParrotOptions(), Placement())
    assert str(caught.value) == (
        "backend parrot is not usable here: not installed: no_such_a, no_such_b "
        "(run: pip install parrot)"
    )


def test_without_an_install_command_there_is_no_empty_hint() -> None:
    with pytest.raises(MissingEngineError, match=r"no_such_a$") as caught:
        parrot(requires=("no_such_a",), install="").build(ParrotOptions(), Placement())
    assert caught.value.hint == ""


@pytest.mark.parametrize(
    ("source", "original", "says"),
    [
        ("import no_such_dependency", ModuleNotFoundError, "no_such_dependency"),
        ("from json import no_such_name", ImportError, "no_such_name"),
        ("raise OSError('libcudart.so.12: cannot open')", OSError, "libcudart.so.12"),
    ],
)
def test_an_engine_that_is_there_but_fails_to_import_says_so_and_keeps_the_original(
    write: Callable, source: str, original: type, says: str
) -> None:
    write("parrot_engine.py", source)
    with pytest.raises(MissingEngineError, match="backend parrot is not usable here") as caught:
        parrot().build(ParrotOptions(), Placement())
    assert says in caught.value.message
    assert caught.value.hint == "run: pip install parrot"
    assert type(caught.value.__cause__) is original


def test_a_backends_own_error_reaches_the_user_as_it_is(write: Callable) -> None:
    write(
        "parrot_engine.py",
        "from asrcore.errors import ModelError\n"
        "def Parrot(options, placement):\n    raise ModelError('no model called grey')\n",
    )
    with pytest.raises(ModelError, match=r"^no model called grey$"):
        parrot().build(ParrotOptions(), Placement())


def test_a_plugin_that_says_little_needs_nothing_runs_on_the_cpu_and_is_never_chosen() -> None:
    plugin = Plugin("parrot", "parrot_engine:Parrot")
    assert plugin.installed
    assert dict(plugin.devices) == {"cpu": DeviceSupport()}
    assert plugin.rank == 0
    assert (plugin.attention, plugin.word_times) == (False, False)
    assert plugin.options() == Options()


def test_nothing_of_a_plugin_can_be_changed_behind_the_planners_back() -> None:
    for value, attribute in [(parrot(), "rank"), (Placement(), "device"), (DeviceSupport(), "why")]:
        with pytest.raises(FrozenInstanceError):
            setattr(value, attribute, "changed")


def test_options_are_frozen_and_take_no_unknown_key() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ParrotOptions().word = "changed"
    with pytest.raises(ValidationError, match="wrod"):
        ParrotOptions.model_validate({"wrod": "hi"})


def test_the_groups_are_those_that_other_peoples_packages_publish_in() -> None:
    assert dict(GROUPS) == {
        "transcriber": "asrcore.transcribers",
        "aligner": "asrcore.aligners",
        "diarizer": "asrcore.diarizers",
        "voice_activity": "asrcore.voice_activity",
        "audio_source": "asrcore.audio_sources",
        "sentence_splitter": "asrcore.sentence_splitters",
        "writer": "asrcore.writers",
        "metric": "asrcore.metrics",
        "reader": "asrcore.readers",
        "chart": "asrcore.charts",
        "converter": "asrcore.converters",
    }
    assert set(GROUPS) == set(get_args(Stage))


def test_the_built_in_backends_are_published_in_groups_that_are_read() -> None:
    published = {entry.group for entry in distribution("asrcore").entry_points}
    assert {group for group in published if group.startswith("asrcore.")} <= set(GROUPS.values())

"""Backends that are not there, and machines that nobody here owns."""

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from asrcore.bootstrap.registry import Registry
from asrcore.plugin import GROUPS, Stage


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable]:
    """Put a module of this source on the path; it is forgotten after the test."""
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    written: list[str] = []

    def write(name: str, source: str) -> str:
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
        importlib.invalidate_caches()
        written.append(name)
        return name

    yield write
    for name in written:
        sys.modules.pop(name, None)


@pytest.fixture
def registry_of() -> Callable[[Mapping[Stage, Mapping[str, str]]], Registry]:
    """A registry of these entry points alone: stage -> name -> `module:ATTRIBUTE`."""

    def make(published: Mapping[Stage, Mapping[str, str]]) -> Registry:
        entries = {
            GROUPS[stage]: [EntryPoint(name, value, GROUPS[stage]) for name, value in names.items()]
            for stage, names in published.items()
        }
        return Registry(find=lambda group: entries.get(group, ()))

    return make

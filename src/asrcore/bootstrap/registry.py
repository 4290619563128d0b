"""Which backends there are: built-in ones and strangers' come through the same door."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pydantic import ValidationError

from asrcore.bootstrap.settings import explain
from asrcore.errors import ConfigError, MissingEngineError, UnknownBackendError, did_you_mean
from asrcore.plugin import GROUPS, Options, Placement, Plugin, Stage

SECTIONS: Mapping[Stage, str] = {
    "transcriber": "transcriber",
    "aligner": "aligner",
    "diarizer": "diarizer",
    "voice_activity": "vad",
    "audio_source": "audio",
    "sentence_splitter": "sentences",
    "writer": "output",
    "metric": "evaluation",
    "reader": "evaluation",
    "chart": "evaluation",
}
"""Stage -> the section of the settings that configures it; converters have none."""

TITLES: Mapping[Stage, str] = {
    "writer": "format",
    "metric": "metric",
    "reader": "reader",
    "chart": "chart",
    "converter": "converter",
}
"""What people call a backend of these stages; a section holds options of several by name."""


def title(stage: Stage) -> str:
    """What people call a backend of a stage."""
    return TITLES.get(stage) or f"{stage.replace('_', ' ')} backend"


def unknown_backend(stage: Stage, name: str, known: Sequence[str]) -> UnknownBackendError:
    """There is no backend of that name."""
    return UnknownBackendError(
        f"no {title(stage)} is called {name}; there are {', '.join(known) or 'none'}",
        did_you_mean(name, known) or "run: asr backends",
    )


def broken_backend(stage: Stage, name: str, why: str) -> MissingEngineError:
    """There is one, and its package cannot be read."""
    return MissingEngineError(
        f"{title(stage)} {name} is broken: {why}", "update or reinstall the package that brings it"
    )


def _installed(group: str) -> Iterable[EntryPoint]:
    return entry_points(group=group)


class Registry:
    """Finds plugins by entry point; a broken one is reported, not fatal.

    Attributes:
        broken: `group:name` -> why it could not be read.
    """

    def __init__(self, find: Callable[[str], Iterable[EntryPoint]] = _installed) -> None:
        self._find = find
        self.broken: dict[str, str] = {}

    @cached_property
    def plugins(self) -> Mapping[Stage, Mapping[str, Plugin]]:
        """Every stage's plugins by name, in alphabetical order."""
        return {stage: self._read(group) for stage, group in GROUPS.items()}

    def get(self, stage: Stage, name: str) -> Plugin:
        """One plugin.

        Raises:
            UnknownBackendError: names the known ones and the closest.
            MissingEngineError: its package is there, but broken.
        """
        known = self.plugins[stage]
        if name in known:
            return known[name]
        if name in self.broken_in(stage):
            raise broken_backend(stage, name, self.broken_in(stage)[name])
        raise unknown_backend(stage, name, list(known))

    def broken_in(self, stage: Stage) -> dict[str, str]:
        """A stage's plugins that could not be read: name -> why."""
        prefix = f"{GROUPS[stage]}:"
        return {
            key.removeprefix(prefix): why
            for key, why in self.broken.items()
            if key.startswith(prefix)
        }

    def options(self, stage: Stage, plugin: Plugin, values: Mapping[str, Any]) -> Options:
        """A plugin's options from configured values.

        Raises:
            ConfigError: names every wrong key by its path.
        """
        section = SECTIONS.get(stage, stage)
        prefix = f"{section}.options.{plugin.name}" if stage in TITLES else f"{section}.options"
        try:
            return plugin.options.model_validate(values)
        except ValidationError as error:
            message = explain(plugin.options, error, prefix)
            raise ConfigError(message, f"these are options of {plugin.name}") from error

    def build(
        self, stage: Stage, name: str, values: Mapping[str, Any], placement: Placement
    ) -> Any:
        """Make a backend.

        Raises:
            ConfigError: its name or options are wrong.
            MissingEngineError: its engine is not installed, or broken.
            ModelError: its model cannot be had.
        """
        plugin = self.get(stage, name)
        return plugin.build(self.options(stage, plugin, values), placement)

    def _read(self, group: str) -> dict[str, Plugin]:
        found: dict[str, Plugin] = {}
        for entry in sorted(self._find(group), key=lambda entry: entry.name):
            plugin = self._load(entry)
            if plugin is not None and entry.name in found:
                self.broken[f"{group}:{entry.name}"] = "two packages publish this name"
            elif plugin is not None:
                found[entry.name] = plugin
        return found

    def _load(self, entry: EntryPoint) -> Plugin | None:
        try:
            plugin = entry.load()
        except Exception as error:  # noqa: BLE001 - a stranger's broken package is not ours
            self.broken[f"{entry.group}:{entry.name}"] = f"{type(error).__name__}: {error}"
            return None
        if isinstance(plugin, Plugin) and plugin.name == entry.name:
            return plugin
        what = f"called {plugin.name}" if isinstance(plugin, Plugin) else "no Plugin"
        self.broken[f"{entry.group}:{entry.name}"] = f"{entry.value} is {what}"
        return None

"""Where settings come from: layers of values, merged in order, each value with its origin.

From strongest to weakest: command-line flags, `ASRCORE_*` environment, a profile,
`--config FILE`, `./asr.toml`, the user's configuration folder, defaults.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import platformdirs

from asrcore.bootstrap.devices import kind_of
from asrcore.bootstrap.registry import SECTIONS, Registry
from asrcore.bootstrap.settings import AUTO, DiarizerSettings, Settings, origin_of
from asrcore.errors import ConfigError, did_you_mean
from asrcore.plugin import Plugin, Stage

PREFIX = "ASRCORE_"
FILE = "asr.toml"
PROFILES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "offline": {
            "transcriber": {"backend": "pocketsphinx", "language": "en"},
            "aligner": {"backend": "pocketsphinx", "fallback": False},
        }
    }
)
"""Built-in profiles; files add more under `[profiles.NAME]`."""

RIVALS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "num_speakers": ("min_speakers", "max_speakers"),
        "min_speakers": ("num_speakers",),
        "max_speakers": ("num_speakers",),
    }
)
"""Settings of the diarizer that exclude each other."""

Values = dict[str, Any]


@dataclass(frozen=True)
class Layer:
    """Values from one place, nested as in TOML; `origin` names the place for people."""

    origin: str
    values: Values


@dataclass(frozen=True)
class Resolved:
    """Settings with the story of how they came about.

    Attributes:
        settings: the result.
        origins: dotted key -> where its value comes from; defaults are not listed.
        notes: what was left out, in words.
        files: the configuration files that were read.
    """

    settings: Settings
    origins: Mapping[str, str]
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()

    def without_speakers(self) -> Resolved:
        """The same, as if nothing had been set about speakers."""
        return replace(
            self, settings=self.settings.model_copy(update={"diarizer": DiarizerSettings()})
        )


def resolve(
    *,
    flags: Values | None = None,
    environ: Mapping[str, str] | None = None,
    profile: str | None = None,
    config: Path | None = None,
    folder: Path | None = None,
    user_folder: Path | None = None,
    registry: Registry | None = None,
) -> Resolved:
    """Read all layers and merge them.

    Args:
        flags: nested values from the command line.
        environ: the environment; only `ASRCORE_*` is looked at.
        profile: a profile by name; else `ASRCORE_PROFILE`, else a file's `profile` key.
        config: a file that must exist.
        folder: where `asr.toml` is looked for.
        user_folder: where the user's own `asr.toml` is looked for.
        registry: tells which backend knows which option.

    Raises:
        ConfigError: a file cannot be read, or a key or value is wrong.
    """
    files = [path for path in (user_file(user_folder), _local_file(folder)) if path.is_file()]
    if config is not None:
        files.append(config)
    environment = dict(environ or {})
    named = environment.pop(f"{PREFIX}PROFILE", None)
    above = [_environment_layer(environment), Layer("command line", flags or {})]
    return _resolved(files, profile or named, above, registry or Registry())


def load(path: Path) -> Settings:
    """The settings of one file alone; a profile that it names is applied.

    Raises:
        ConfigError: it cannot be read, or a key or value is wrong.
    """
    return _resolved([path], None, [], Registry()).settings


def _resolved(
    files: list[Path], profile: str | None, above: list[Layer], registry: Registry
) -> Resolved:
    layers = [Layer(str(path), read_file(path)) for path in files]
    layers += _profile_layers(layers, profile)
    merged = _Merger(registry)
    for layer in layers + above:
        merged.add(layer)
    settings = Settings.of(merged.values, merged.origins)
    return Resolved(settings, merged.origins, tuple(merged.notes), tuple(files))


def user_file(folder: Path | None = None) -> Path:
    """The user's own configuration file, which need not exist."""
    return (folder or platformdirs.user_config_path("asrcore", appauthor=False)) / FILE


def _local_file(folder: Path | None) -> Path:
    return (folder or Path()) / FILE


def read_file(path: Path) -> Values:
    """One TOML file.

    Raises:
        ConfigError: it is missing or is no TOML; names file and line.
    """
    try:
        # Windows' editors begin a file with a mark that TOML does not know.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        hint = f"run: asr config init {path}" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no valid TOML: {error}") from error


def parse_assignment(text: str) -> Values:
    """`a.b=1` as `{"a": {"b": 1}}`; the value is read as TOML where it is, else as text.

    Raises:
        ConfigError: there is no `=`, or no key.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"{text}: a setting is given as key=value", "--set transcriber.task=...")
    return nest(key.strip(), _parse(value.strip()))


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> Values:
    """Tables merge key by key; any other value of `above` replaces that of `below`."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(value, Mapping):  # copied even where there is nothing to merge it with
            merged[key] = merge(old if isinstance(old, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged


def leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no table, by its dotted key."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def nest(key: str, value: Any) -> Values:
    """A value under a dotted key: `a.b`, 1 as `{"a": {"b": 1}}`."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return dict(value)


def _parse(value: str) -> Any:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _environment_layer(environ: Mapping[str, str]) -> Layer:
    values: Values = {}
    for name, text in environ.items():
        if name.startswith(PREFIX):
            key = name.removeprefix(PREFIX).lower().replace("__", ".")
            values = merge(values, nest(key, _parse(text)))
    return Layer("environment", values)


def _profile_layers(layers: list[Layer], chosen: str | None) -> Iterator[Layer]:
    """Take profiles out of the file layers; yield the chosen one's values."""
    known: dict[str, tuple[str, Mapping[str, Any]]] = {
        name: (f"profile {name}", values) for name, values in PROFILES.items()
    }
    named = None
    for layer in layers:
        profiles = _table("profiles", layer.values.pop("profiles", {}), layer.origin)
        for name, values in profiles.items():
            table = _table(f"profiles.{name}", values, layer.origin)
            known[name] = (f"profile {name} in {layer.origin}", table)
        named = layer.values.pop("profile", named)
    name = str(chosen or named or "")
    if not name:
        return
    if name not in known:
        raise ConfigError(
            f"no profile is called {name}; there are {', '.join(sorted(known))}",
            did_you_mean(name, known),
        )
    origin, values = known[name]
    yield Layer(origin, dict(values))


def _table(key: str, value: Any, origin: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise ConfigError(f"{key}: input should be a table, not {value!r} (from {origin})")


@dataclass
class _Merger:
    """Merges layers from weakest to strongest and keeps account of origins."""

    registry: Registry
    values: Values = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, layer: Layer) -> None:
        for stage, section in SECTIONS.items():
            table = layer.values.get(section)
            if isinstance(table, Mapping) and isinstance(table.get("backend"), str):
                self._drop_foreign(stage, section, table["backend"], layer.origin)
        self._drop_rivals(layer.values)
        self.values = merge(self.values, layer.values)
        self.origins |= {key: layer.origin for key, _ in leaves(layer.values)}

    def _drop_rivals(self, stronger: Values) -> None:
        """An exact number of speakers replaces weaker layers' bounds, and the other way round."""
        above, below = (values.get("diarizer") for values in (stronger, self.values))
        if isinstance(above, Mapping) and isinstance(below, dict):
            for rival in {rival for key in above for rival in RIVALS.get(key, ())} - set(above):
                below.pop(rival, None)
                self.origins.pop(f"diarizer.{rival}", None)

    def _drop_foreign(self, stage: Stage, section: str, backend: str, chooser: str) -> None:
        """What a weaker layer set for its backend and the new one has not is left out, and noted.

        Without this, `--backend` could not be used beside a file that configures another one.
        """
        plugin = self.registry.plugins[stage].get(backend)
        table = self.values.get(section)
        if plugin is None or not isinstance(table, dict):
            return
        options = table.get("options")
        options = options if isinstance(options, dict) else {}
        for key in sorted(set(options) - set(plugin.options.model_fields)):
            self._drop(options, key, f"{section}.options.{key}", f"{backend}, which the {chooser}")
        for key, known in _placements(plugin).items():
            if kind_of(str(table.get(key, AUTO))) not in known:
                self._drop(table, key, f"{section}.{key}", f"{backend}, which the {chooser}")

    def _drop(self, table: Values, key: str, path: str, backend: str) -> None:
        origin = origin_of(path, self.origins)
        self.notes.append(f"{path} (from {origin}) does not fit {backend} chose: left out")
        self.origins.pop(path, None)
        del table[key]


def _placements(plugin: Plugin) -> Mapping[str, set[str]]:
    """What a backend takes as its device and as its compute type."""
    types = {each for support in plugin.devices.values() for each in support.compute_types}
    return {"device": {AUTO, *plugin.devices}, "compute_type": {AUTO, *types}}

"""Models for an engine: which converter, in which number format, and where to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asrcore.bootstrap.device_check import conversation
from asrcore.bootstrap.registry import Registry
from asrcore.domain.conversion import Conversion
from asrcore.errors import UnsupportedError, did_you_mean
from asrcore.plugin import Placement, Plugin
from asrcore.ports.progress import Progress
from asrcore.usecases.convert import ConvertModel


def convert_model(
    source: str,
    to: str,
    *,
    number_format: str | None = None,
    output: Path | None = None,
    options: Mapping[str, Any] | None = None,
    check: bool = True,
    replace: bool = False,
    progress: Progress = lambda _: None,
) -> Conversion:
    """Convert a checkpoint for an engine, and see that it still writes the same.

    Args:
        source: a folder, or a Hub id (`org/model`).
        to: the converter: `mlx`, `ctranslate2`, or a stranger's.
        number_format: of the weights, such as `float16`, `int8`, `4` (bits); the converter's first
            where it is absent.
        output: the folder to be made; where it is absent, one in the working directory that is
            named after source, engine and format.
        options: of the converter.
        check: whether source and model are compared on a bundled clip.
        replace: whether a model that is there gives way.
        progress: hears what is being done.

    Raises:
        AsrError: see `asrcore.usecases.convert`; an unknown converter or format is refused, too.
    """
    registry = Registry()
    plugin = registry.get("converter", to)
    formats = _formats(plugin)
    chosen = number_format or formats[0]
    if chosen not in formats:
        raise UnsupportedError(
            f"{to} has no number format {chosen}; it has {', '.join(formats)}",
            did_you_mean(chosen, formats),
        )
    converter = registry.build("converter", to, options or {}, Placement("cpu", chosen))
    target = output or Path(default_name(source, to, None if chosen == formats[0] else chosen))
    clip = conversation().samples if check else None
    return ConvertModel(converter, chosen, progress).run(source, target, clip, replace=replace)


def default_name(source: str, to: str, number_format: str | None) -> str:
    """A folder's name, such as `whisper-small-mlx-4bit`.

    Args:
        source: a folder or a Hub id.
        to: the converter.
        number_format: None for the usual one.
    """
    folder = Path(source).expanduser()
    stem = folder.resolve().name if folder.is_dir() else source.rpartition("/")[2]
    bits = "bit" if number_format is not None and number_format.isdigit() else ""
    return "-".join(filter(None, (stem, to, number_format))) + bits


def _formats(plugin: Plugin) -> tuple[str, ...]:
    """Number formats that a converter writes, the usual one first."""
    return plugin.devices["cpu"].compute_types

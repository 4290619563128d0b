"""A checkpoint becomes an engine's model: written aside, compared, then put into place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from asrcore.domain.audio import Samples
from asrcore.domain.conversion import EXACT, Check, Conversion
from asrcore.domain.events import ModelConverting
from asrcore.errors import ConfigError, EngineError, OutputError, translate
from asrcore.ports.model_converter import ModelConverter
from asrcore.ports.progress import Progress

MARK = "config.json"
"""What every model's folder holds: others are never replaced."""


@dataclass(frozen=True)
class ConvertModel:
    """Converts checkpoints.

    Args:
        converter: of the engine that the model is for.
        number_format: of the weights, as the converter was built with.
        progress: hears what is being done.
    """

    converter: ModelConverter
    number_format: str
    progress: Progress

    def run(
        self, source: str, target: Path, clip: Samples | None, *, replace: bool = False
    ) -> Conversion:
        """Convert a checkpoint; the folder appears whole or not at all.

        Args:
            source: a folder, or a Hub id.
            target: the folder to be made.
            clip: English speech, up to 30 s at 16 kHz, for which both models must write the same;
                None compares nothing.
            replace: whether a model that is there gives way.

        Raises:
            ConfigError: there is something at `target` that may not be replaced.
            MissingEngineError: what reads the source for the comparison is not installed.
            ModelError: the source cannot be had, or not be converted.
            EngineError: the model writes something else; quantised ones may, and say so.
            OutputError: it cannot be written.
        """
        _refuse_occupied(target, replace=replace)
        if clip is not None:
            self.converter.prepare_check()
        self.progress(ModelConverting(f"looking for {source}"))
        folder = self.converter.locate(source)
        _refuse_replacing_source(target, folder)
        written = translate({OSError: lambda error: _not_written(target, error)})
        with written, _draft(target.resolve()) as new:
            self.progress(ModelConverting(f"converting {source} to {self.number_format}"))
            self.converter.convert(folder, new)
            check = None if clip is None else self._compare(folder, new, clip)
            size = sum(path.stat().st_size for path in new.rglob("*") if path.is_file())
        return Conversion(target, size, self.number_format, self.converter.transcriber, check)

    def _compare(self, source: Path, made: Path, clip: Samples) -> Check:
        self.progress(ModelConverting("comparing: the source writes a bundled clip"))
        expected = self.converter.expected(source, clip)
        self.progress(ModelConverting("comparing: the converted model writes it"))
        check = Check(expected, self.converter.found(made, clip))
        if self.number_format in EXACT and not check.same:
            raise EngineError(
                f"the converted model is not kept: {check} in {self.number_format}\n"
                f"the source writes: {check.expected.text}\n"
                f"the converted model writes: {check.found.text}",
                "is the source damaged? --no-check keeps the model all the same",
            )
        return check


def _refuse_occupied(target: Path, *, replace: bool) -> None:
    if not target.exists():
        return
    if not replace:
        raise ConfigError(f"{target}: is there already", "add --force to replace it")
    if not (target / MARK).is_file():
        raise ConfigError(
            f"{target}: is no model's folder, and is not replaced", "name another with --output"
        )


def _refuse_replacing_source(target: Path, source: Path) -> None:
    if target.resolve() in (source.resolve(), *source.resolve().parents):
        raise ConfigError(f"{target}: holds the source itself", "name another with --output")


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """A new folder beside `target`, which takes its place unless the body fails."""
    draft = target.with_name(f".asrcore-{uuid4().hex}.part")
    draft.mkdir(parents=True)
    try:
        yield draft
        _put_into_place(draft, target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _put_into_place(draft: Path, target: Path) -> None:
    if not target.exists():
        draft.rename(target)
        return
    written = {path.name for path in draft.iterdir()}
    if lost := sorted(path.name for path in target.iterdir() if path.name not in written):
        raise ConfigError(
            f"{target}: is not replaced: {lost[0]} in it would be lost",
            "name another folder with --output",
        )
    old = target.with_name(f".asrcore-{uuid4().hex}.old")
    target.rename(old)
    try:
        draft.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _not_written(target: Path, error: Exception) -> OutputError:
    why = getattr(error, "strerror", None) or error
    return OutputError(f"{target}: cannot be written: {why}", "name another with --output")

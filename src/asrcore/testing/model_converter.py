"""What every model converter promises, and one that needs no engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from asrcore.domain.audio import Samples
from asrcore.domain.conversion import Reading
from asrcore.errors import ModelError
from asrcore.ports.model_converter import ModelConverter
from asrcore.testing.sound import tone


class ModelConverterContract:
    """Subclass it and give `converter` and `checkpoint`; override `clip` if you have speech.

    The converter writes a number format that changes no token.
    """

    @pytest.fixture
    def converter(self) -> ModelConverter:
        """The backend under test."""
        raise NotImplementedError("give a `converter` fixture")

    @pytest.fixture
    def checkpoint(self) -> Path:
        """A small checkpoint that it converts."""
        raise NotImplementedError("give a `checkpoint` fixture")

    @pytest.fixture
    def clip(self) -> Samples:
        """A few seconds of speech."""
        return tone(3.0)

    def test_a_model_writes_what_its_source_writes(
        self, converter: ModelConverter, checkpoint: Path, clip: Samples, tmp_path: Path
    ) -> None:
        before = _contents(checkpoint)
        converter.prepare_check()
        source = converter.locate(str(checkpoint))
        target = tmp_path / "converted"
        target.mkdir()
        converter.convert(source, target)
        assert (target / "config.json").is_file(), "by this a model's folder is known"
        expected = converter.expected(source, clip)
        assert expected.tokens
        assert converter.found(target, clip) == expected
        assert _contents(checkpoint) == before, "the source is left alone"

    def test_names_the_backend_that_reads_it(self, converter: ModelConverter) -> None:
        assert converter.transcriber

    def test_a_folder_that_is_not_there_is_a_model_error(
        self, converter: ModelConverter, tmp_path: Path
    ) -> None:
        with pytest.raises(ModelError, match="nowhere"):
            converter.locate(str(tmp_path / "nowhere"))

    def test_a_folder_of_something_else_is_a_model_error(
        self, converter: ModelConverter, tmp_path: Path
    ) -> None:
        (tmp_path / "notes.txt").write_text("no model")
        with pytest.raises(ModelError):
            converter.locate(str(tmp_path))

    def test_a_model_that_cannot_be_read_is_a_model_error(
        self, converter: ModelConverter, clip: Samples, tmp_path: Path
    ) -> None:
        with pytest.raises(ModelError):
            converter.found(tmp_path, clip)


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class FakeModelConverter:
    """Takes folders with a text, `checkpoint.txt`, which its models write whatever they hear.

    Args:
        alters: what becomes of the text when it is converted.
        error: what keeps source and model from being compared.
    """

    transcriber = "fake"

    def __init__(self, alters: Callable[[str], str] = str, error: Exception | None = None) -> None:
        self._alters = alters
        self._error = error

    def prepare_check(self) -> None:
        if self._error is not None:
            raise self._error

    def locate(self, source: str) -> Path:
        if not (Path(source) / "checkpoint.txt").is_file():
            raise ModelError(f"{source}: there is no checkpoint.txt")
        return Path(source)

    def convert(self, source: Path, target: Path) -> None:
        (target / "config.json").write_text("{}", encoding="utf-8")
        text = (source / "checkpoint.txt").read_text(encoding="utf-8")
        (target / "model.txt").write_text(self._alters(text), encoding="utf-8")

    def expected(self, source: Path, clip: Samples) -> Reading:
        return _reading(source / "checkpoint.txt")

    def found(self, target: Path, clip: Samples) -> Reading:
        if not (target / "model.txt").is_file():
            raise ModelError(f"{target}: there is no model.txt")
        return _reading(target / "model.txt")


def _reading(path: Path) -> Reading:
    text = path.read_text(encoding="utf-8")
    return Reading(tuple(map(ord, text)), text)

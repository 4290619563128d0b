"""Models appear whole and compared, or not at all."""

from pathlib import Path

import numpy as np
import pytest

from asrcore.domain.events import ModelConverting
from asrcore.errors import ConfigError, EngineError, MissingEngineError, ModelError, OutputError
from asrcore.testing import FakeModelConverter, RecordedProgress
from asrcore.usecases.convert import ConvertModel

CLIP = np.zeros(16_000, np.float32)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "checkpoint.txt").write_text("hello")
    return folder


@pytest.fixture
def place(tmp_path):
    """An empty folder to convert into."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def convert(source, target, converter=None, *, number_format="float16", clip=CLIP, **more):
    progress = RecordedProgress()
    work = ConvertModel(converter or FakeModelConverter(), number_format, progress)
    return work.run(str(source), target, clip, **more), progress.events


def old_model(folder):
    folder.mkdir()
    (folder / "config.json").write_text("old")
    return folder


class Stumbling(FakeModelConverter):
    """Fails when half of the model is written."""

    def __init__(self, error):
        super().__init__()
        self._stumbles = error

    def convert(self, source, target):
        super().convert(source, target)
        raise self._stumbles


def test_a_model_is_converted_compared_and_put_into_place(source, place):
    conversion, events = convert(source, place / "new" / "model")
    assert (place / "new" / "model" / "model.txt").read_text() == "hello"
    assert [path.name for path in (place / "new").iterdir()] == ["model"]
    assert conversion.folder == place / "new" / "model"
    assert conversion.size == len("{}") + len("hello")
    assert (conversion.number_format, conversion.transcriber) == ("float16", "fake")
    assert conversion.check is not None
    assert conversion.check.same
    assert events == [
        ModelConverting(f"looking for {source}"),
        ModelConverting(f"converting {source} to float16"),
        ModelConverting("comparing: the source writes a bundled clip"),
        ModelConverting("comparing: the converted model writes it"),
    ]


def test_a_folder_in_the_working_directory_will_do(source, place, monkeypatch):
    monkeypatch.chdir(place)
    conversion, _ = convert(source, Path("model"))
    assert conversion.folder == Path("model")
    assert (place / "model" / "model.txt").is_file()


def test_without_a_clip_nothing_is_compared_and_nothing_needed_for_it(source, place):
    broken = FakeModelConverter(str.upper, MissingEngineError("no torch"))
    conversion, events = convert(source, place / "model", broken, clip=None)
    assert conversion.check is None
    assert len(events) == 2


def test_what_the_comparison_needs_is_named_before_any_work(source, place):
    converter = FakeModelConverter(error=MissingEngineError("no torch"))
    with pytest.raises(MissingEngineError, match="no torch"):
        convert(place / "no source, which nobody looks for", place / "model", converter)
    assert not list(place.iterdir())


@pytest.mark.parametrize("number_format", ["float32", "float16", "bfloat16"])
def test_a_model_that_should_write_the_same_and_does_not_is_not_kept(source, place, number_format):
    wrong = FakeModelConverter(lambda text: text.replace("l", "x"))
    with pytest.raises(EngineError) as caught:
        convert(source, place / "model", wrong, number_format=number_format)
    assert caught.value.message == (
        f"the converted model is not kept: 2 of 5 tokens differ in {number_format}\n"
        "the source writes: hello\n"
        "the converted model writes: hexxo"
    )
    assert "--no-check" in caught.value.hint
    assert not list(place.iterdir())


@pytest.mark.parametrize("number_format", ["8", "4", "int8", "int8_float16", "a stranger's"])
def test_a_quantised_model_may_write_something_else(source, place, number_format):
    rounded = FakeModelConverter(str.upper)
    conversion, _ = convert(source, place / "model", rounded, number_format=number_format)
    assert str(conversion.check) == "5 of 5 tokens differ"
    assert (place / "model" / "model.txt").read_text() == "HELLO"


def test_what_is_there_stays_unless_it_may_be_replaced(source, place):
    target = old_model(place / "model")
    with pytest.raises(ConfigError, match="model: is there already") as caught:
        convert(source, target)
    assert "--force" in caught.value.hint
    assert (target / "config.json").read_text() == "old"
    convert(source, target, replace=True)
    assert (target / "config.json").read_text() == "{}"
    assert [path.name for path in place.iterdir()] == ["model"]


def test_behind_a_link_the_model_gives_way_and_the_link_stays(source, place):
    old_model(place / "model")
    (place / "latest").symlink_to(place / "model")
    convert(source, place / "latest", replace=True)
    assert (place / "model" / "config.json").read_text() == "{}"
    assert sorted(path.name for path in place.iterdir()) == ["latest", "model"]


def test_nothing_is_replaced_that_holds_more_than_is_written_anew(source, place):
    target = place / "model"
    convert(source, target)
    (target / "optimizer.pt").write_text("weeks of work", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"optimizer\.pt in it would be lost"):
        convert(source, target, replace=True)
    assert (target / "optimizer.pt").is_file()
    assert sorted(path.name for path in place.iterdir()) == ["model"]


@pytest.mark.parametrize("occupy", [Path.mkdir, Path.touch])
def test_what_is_no_model_is_never_replaced(source, place, occupy):
    occupy(place / "model")
    with pytest.raises(ConfigError, match="no model's folder"):
        convert(source, place / "model", replace=True)
    assert (place / "model").exists()


@pytest.mark.parametrize("target", ["source", "."])
def test_the_source_is_never_replaced(source, target):
    for folder in (source, source.parent):
        (folder / "config.json").touch()
    with pytest.raises(ConfigError, match="holds the source"):
        convert(source, source.parent / target, replace=True)
    assert (source / "checkpoint.txt").is_file()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ModelError("damaged"), KeyError("bug")])
def test_a_conversion_that_fails_leaves_what_was_there(source, place, error):
    target = old_model(place / "model")
    with pytest.raises(type(error)):
        convert(source, target, Stumbling(error), replace=True)
    assert (target / "config.json").read_text() == "old"
    assert [path.name for path in place.iterdir()] == ["model"]


def test_a_full_disk_is_said_in_words(source, place):
    full = OSError(28, "No space left on device")
    with pytest.raises(OutputError, match="model: cannot be written: No space left on device"):
        convert(source, place / "model", Stumbling(full))


def test_where_no_folder_can_be_made_that_is_said(source, place):
    (place / "file").touch()
    with pytest.raises(OutputError, match="file/model: cannot be written"):
        convert(source, place / "file" / "model")


def test_what_cannot_be_put_into_place_leaves_what_was_there(source, place, monkeypatch):
    target = old_model(place / "model")
    rename = Path.rename

    def stuck(path, to):
        if path.suffix == ".part":
            raise PermissionError(13, "Permission denied")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", stuck)
    with pytest.raises(OutputError, match="Permission denied"):
        convert(source, target, replace=True)
    assert (target / "config.json").read_text() == "old"
    assert [path.name for path in place.iterdir()] == ["model"]

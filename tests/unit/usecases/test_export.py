"""Transcripts become files, whole or not at all."""

import os
import stat

import pytest

from asrcore.domain.transcript import Transcript
from asrcore.errors import OutputError
from asrcore.usecases.export import export


class Note:
    extension = "note"

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def write(self, transcript, stream):
        stream.write("first half")
        if self._error is not None:
            raise self._error
        stream.write(", second half\n")


def test_files_are_named_after_stem_and_extension(tmp_path):
    folder = tmp_path / "not" / "there" / "yet"
    (path,) = export(Transcript(), folder, "talk.v1", {"note": Note()})
    assert path == folder / "talk.v1.note"
    assert path.read_text() == "first half, second half\n"


@pytest.mark.parametrize("stem", ["", "../up", "a/b", "."])
def test_a_stem_that_is_no_file_name_is_refused(tmp_path, stem):
    with pytest.raises(OutputError, match="no name of a file"):
        export(Transcript(), tmp_path / "out", stem, {"note": Note()})


def test_a_name_may_be_as_long_as_the_file_system_takes(tmp_path):
    stem = "\u8a71" * 80  # 240 bytes of the 255 that most file systems have for a name
    (path,) = export(Transcript(), tmp_path, stem, {"note": Note()})
    assert path.exists()


def test_a_file_that_was_there_is_replaced(tmp_path):
    (tmp_path / "talk.note").write_text("old")
    export(Transcript(), tmp_path, "talk", {"note": Note()})
    assert (tmp_path / "talk.note").read_text().startswith("first")


def test_a_writer_that_fails_leaves_nothing_behind(tmp_path):
    (tmp_path / "talk.note").write_text("old")
    with pytest.raises(KeyError):
        export(Transcript(), tmp_path, "talk", {"note": Note(KeyError("bug"))})
    assert [path.name for path in tmp_path.iterdir()] == ["talk.note"]
    assert (tmp_path / "talk.note").read_text() == "old"


def test_a_full_disk_is_said_in_words(tmp_path):
    full = OSError(28, "No space left on device")
    with pytest.raises(OutputError, match="No space left") as caught:
        export(Transcript(), tmp_path, "talk", {"note": Note(full)})
    assert "--output-dir" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_said_in_words(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="out"):
        export(Transcript(), tmp_path / "out", "talk", {"note": Note()})


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_files_get_the_permissions_that_new_files_get(tmp_path):
    (tmp_path / "plain").write_text("")
    (path,) = export(Transcript(), tmp_path, "talk", {"note": Note()})
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)

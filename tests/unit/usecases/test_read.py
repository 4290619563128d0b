from pathlib import Path

import pytest

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.errors import ConfigError, InputError, InputNotFoundError
from asrcore.usecases.read import read


class Lines:
    """A line a recording: its name, an equals sign, its text."""

    extension = "lines"

    def read(self, stream):
        found = {}
        for number, line in enumerate(stream, start=1):
            name, equals, text = line.strip().partition("=")
            if not equals:
                raise InputError(f"line {number}: no equals sign", "write one")
            found[name] = Annotation((Utterance(text),))
        return found


READERS = {"lines": Lines()}


@pytest.fixture
def document(tmp_path: Path):
    def write(text, name="meeting.lines", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def texts(path):
    return {name: annotation.text for name, annotation in read(path, READERS).items()}


def test_recordings_go_by_the_name_that_the_document_tells(document):
    assert texts(document("a=one\r\nb=zwölf\n")) == {"a": "one", "b": "zwölf"}


def test_or_by_the_documents_own(document):
    assert texts(document("=one", name="meeting.one.LINES")) == {"meeting.one": "one"}


def test_a_byte_order_mark_is_no_text(document):
    assert texts(document("a=one", encoding="utf-8-sig")) == {"a": "one"}


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("a.line", "no reader reads a .line file; there are lines", "did you mean lines?"),
        ("a.wav", "no reader reads a .wav file; there are lines", "run: asr backends"),
        ("a", "no reader reads a file without an extension; there are lines", "run: asr backends"),
    ],
)
def test_an_unknown_extension_is_refused_with_the_known_ones(
    name, message, hint, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path(name).touch()
    with pytest.raises(ConfigError) as caught:
        read(Path(name), READERS)
    assert (caught.value.message, caught.value.hint) == (f"{name}: {message}", hint)


def test_a_mistyped_folder_is_missing_not_unreadable():
    with pytest.raises(InputNotFoundError, match="truht: there is no such file or folder"):
        read(Path("truht"), READERS)


def test_without_any_reader_it_says_so(document):
    with pytest.raises(ConfigError, match="there are none"):
        read(document("a=one"), {})


def test_a_mistake_in_it_names_the_document(document):
    path = document("a=1\nb\n")
    with pytest.raises(InputError) as caught:
        read(path, READERS)
    assert caught.value.message == f"{path}: line 2: no equals sign"
    assert caught.value.hint == "write one"


def test_what_is_not_there_is_not_found(tmp_path):
    with pytest.raises(InputNotFoundError, match=r"gone\.lines: there is no such file"):
        read(tmp_path / "gone.lines", READERS)


def test_what_cannot_be_opened_says_why(tmp_path):
    (tmp_path / "folder.lines").mkdir()
    with pytest.raises(InputError, match=r"folder\.lines: it cannot be read: "):
        read(tmp_path / "folder.lines", READERS)


def test_what_is_no_text_says_so(document):
    path = document("a=ü", encoding="latin-1")
    with pytest.raises(InputError, match=r"meeting\.lines: it is no UTF-8 text: .*position 2"):
        read(path, READERS)

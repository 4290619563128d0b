"""What every annotation reader promises."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from io import StringIO

import pytest

from asrcore.domain.annotation import Annotation
from asrcore.errors import InputError
from asrcore.ports.annotation_reader import AnnotationReader


class AnnotationReaderContract:
    """Subclass it and give a `reader` fixture, and `document`, one that tells something."""

    @pytest.fixture
    def reader(self) -> AnnotationReader:
        """The backend under test."""
        raise NotImplementedError("give a `reader` fixture")

    @pytest.fixture
    def document(self) -> str:
        r"""A document of the format, lines ended by `\n`."""
        raise NotImplementedError("give a `document` fixture")

    def test_names_a_plain_extension(self, reader: AnnotationReader) -> None:
        assert reader.extension.isalnum()
        assert reader.extension == reader.extension.lower()

    def test_tells_something_of_every_recording(
        self, reader: AnnotationReader, document: str
    ) -> None:
        found = read(reader, document)
        assert found
        for annotation in found.values():
            assert annotation.utterances or annotation.turns

    def test_gives_text_without_spaces_around_it(
        self, reader: AnnotationReader, document: str
    ) -> None:
        utterances = [
            one for each in read(reader, document).values() for one in each.utterances or ()
        ]
        texts = [word.text for utterance in utterances for word in utterance.words]
        texts += [utterance.text for utterance in utterances]
        assert texts == [text.strip() for text in texts]
        assert all(texts)

    def test_reads_the_same_again_and_leaves_the_stream_open(
        self, reader: AnnotationReader, document: str
    ) -> None:
        stream = StringIO(document)
        first = reader.read(stream)
        assert not stream.closed
        assert read(reader, document) == first

    @pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
    def test_reads_over_a_byte_order_mark_and_any_line_break(
        self, reader: AnnotationReader, document: str, ending: str
    ) -> None:
        marked = "\ufeff" + document.replace("\n", ending)
        assert read(reader, marked) == read(reader, document)

    def test_refuses_what_is_binary(self, reader: AnnotationReader) -> None:
        with pytest.raises(InputError):
            read(reader, "\x7fELF\x02\x01\x01\x00\x00\x00\n\x00\x03")

    def test_reads_or_refuses_what_is_cut_off(
        self, reader: AnnotationReader, document: str
    ) -> None:
        """Any other error escapes, and fails."""
        whole = read(reader, document).keys()
        for end in range(len(document)):
            with suppress(InputError):
                found = read(reader, document[:end])
                assert found.keys() <= {*whole, ""}


def read(reader: AnnotationReader, document: str) -> Mapping[str, Annotation]:
    """What a reader makes of a document."""
    return reader.read(StringIO(document, newline=""))

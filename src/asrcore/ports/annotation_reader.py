"""References and hypotheses from files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TextIO

from asrcore.domain.annotation import Annotation


class AnnotationReader(Protocol):
    """Reads one format."""

    @property
    def extension(self) -> str:
        """File extension without its dot."""
        ...

    def read(self, stream: TextIO) -> Mapping[str, Annotation]:
        """What a document tells, by the name of the recording; the stream is left open.

        The name is empty where the format holds one recording and does not name it, and where
        a document that could name several tells of none: nothing was said, or nobody spoke.
        A byte order mark and any kind of line break are read over.

        Raises:
            InputError: it is no document of this format; names the line or the key, not the file,
                which the caller knows.
            UnicodeDecodeError: the stream's bytes are no text in its encoding.
        """
        ...

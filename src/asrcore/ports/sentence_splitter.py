"""Running text to sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class SentenceSplitter(Protocol):
    """Tells where sentences end. It may be called from several threads."""

    def split(self, text: str, language: str | None) -> Sequence[str]:
        """The sentences of a text in order, complete to the character.

        Joined with nothing between them they are the text: the spaces between two sentences
        belong to the first of them, spaces before the first sentence to that one. None is blank;
        a blank text has none.

        Args:
            text: one or more sentences, the last of which may lack its end.
            language: language code, with or without a region (`pt`, `pt-BR`); None where it is
                unknown. A language that the splitter does not know is split as best it can.

        Raises:
            EngineError: the splitter failed.
        """
        ...

"""Sentence splitting by Wikimedia's sentencex."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

import sentencex

from asrcore.domain.language import without_region
from asrcore.errors import EngineError
from asrcore.plugin import Options, Placement

UNKNOWN_LANGUAGE = "en"
"""What a text of unknown language is split as, which is also what sentencex does itself."""

NEVER_LAST = {
    "fr": (" M.", " MM.", " Mme.", " Mlle.", " Dr.", " Pr.", " St.", " Ste."),
    "ru": (" т. е.", " т. к.", " т. н."),  # noqa: RUF001 - Cyrillic is meant
}
"""Abbreviations that end no sentence and that sentencex 1.0 takes for an end, by language."""

_SPACE = re.compile(r"\s")
_SURROGATE = re.compile("[\ud800-\udfff]")


class SentencexSplitter:
    """Splits by rules; it would rather leave two sentences together than cut one in two."""

    def __init__(self, options: Options, placement: Placement) -> None:
        pass

    def split(self, text: str, language: str | None) -> Sequence[str]:
        """The sentences of a text; see `SentenceSplitter`."""
        if not text.strip():
            return ()
        language = language or UNKNOWN_LANGUAGE
        pieces = _join_open(_pieces(_plain(text), language), language)
        cuts = accumulate(map(len, pieces), initial=0)
        return tuple(text[start:end] for start, end in pairwise(cuts))


def _plain(text: str) -> str:
    """A text of the same length that sentencex can take.

    It panics at some spaces outside ASCII, and half a surrogate pair is no text in UTF-8.
    """
    return _SURROGATE.sub("\ufffd", _SPACE.sub(" ", text))


def _pieces(text: str, language: str) -> list[str]:
    try:
        pieces: list[str] = sentencex.segment(language, text)
    except BaseException as error:
        # A panic in Rust is a BaseException, of a class that no module exports.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise EngineError(f"sentencex failed: {error}") from error
        raise
    if "".join(pieces) != text:
        raise EngineError(f"sentencex changed the text that it was to split: {text[:40]!r}")
    return pieces


def _join_open(pieces: Iterable[str], language: str) -> list[str]:
    """Pieces put together where no sentence ends between them."""
    never_last = NEVER_LAST.get(without_region(language), ())
    sentences: list[str] = []
    for piece in pieces:
        if sentences and (_is_open(sentences[-1], never_last) or not piece.strip()):
            sentences[-1] += piece
        else:
            sentences.append(piece)
    return sentences


def _is_open(sentence: str, never_last: tuple[str, ...]) -> bool:
    return not sentence.strip() or f" {sentence.strip()}".endswith(never_last)

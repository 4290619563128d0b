"""What every sentence splitter promises, and one that needs no library."""

# ruff: noqa: RUF001 - the marks of Chinese and Urdu are meant

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from asrcore.ports.sentence_splitter import SentenceSplitter

TEXTS = (
    ("It rains. Do we stay in? Yes!", "en"),
    ("  It rains.   Do we\n\nstay in?\u00a0 ", "en"),
    ("no mark at the end. or is there", "en"),
    ("Well... Dr. X. said: \u201cGo!\u201d (He went\u2026) e.g. 3.5 \U0001f600 ", "en"),
    ("下雨了。我们走吗？走！", "zh"),
    ("यह एक वाक्य है। यह दूसरा है।", "hi"),
    ("كيف حالك؟ أنا بخير.", "ar"),
    ("...", "en"),
    ("x", "en"),
)
"""Texts that a splitter may cut as it likes, and must give back whole."""


class SentenceSplitterContract:
    """Subclass it and give a `splitter` fixture."""

    @pytest.fixture
    def splitter(self) -> SentenceSplitter:
        """The backend under test."""
        raise NotImplementedError("give a `splitter` fixture")

    @pytest.mark.parametrize(
        ("text", "language", "sentences"),
        [
            ("It rains. Do we stay in? Yes!", "en", ["It rains.", "Do we stay in?", "Yes!"]),
            ("下雨了。我们走吗？走！", "zh", ["下雨了。", "我们走吗？", "走！"]),
        ],
    )
    def test_ends_sentences_at_their_marks(
        self, splitter: SentenceSplitter, text: str, language: str, sentences: list[str]
    ) -> None:
        assert [sentence.strip() for sentence in splitter.split(text, language)] == sentences

    @pytest.mark.parametrize(("text", "language"), TEXTS)
    def test_gives_every_character_back(
        self, splitter: SentenceSplitter, text: str, language: str
    ) -> None:
        sentences = splitter.split(text, language)
        assert "".join(sentences) == text
        assert all(sentence.strip() for sentence in sentences)

    @pytest.mark.parametrize("text", ["", " ", "\n\n\t\u3000"])
    def test_finds_nothing_in_blank_text(self, splitter: SentenceSplitter, text: str) -> None:
        assert list(splitter.split(text, "en")) == []

    @pytest.mark.parametrize("language", [None, "", "xx", "en-GB"])
    def test_takes_any_language(self, splitter: SentenceSplitter, language: str | None) -> None:
        assert list(splitter.split("One. Two.", language)) == ["One. ", "Two."]


class FakeSentenceSplitter:
    """Ends a sentence at every mark that spaces follow, and at the full stops of Chinese.

    Attributes:
        asked: every text and its language, in the order in which they came.
    """

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self.asked: list[tuple[str, str | None]] = []

    def split(self, text: str, language: str | None) -> Sequence[str]:
        self.asked.append((text, language))
        if self._error is not None:
            raise self._error
        return _SENTENCE.findall(text) if text.strip() else []


_SENTENCE = re.compile(r".+?(?:[.!?]+\s+|[。！？]+\s*|$)", re.DOTALL)

"""What holds of any words in any emissions."""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.alignment.ctc import Stretch, align_words
from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.alignment.sound import Loudness
from asrcore.domain.alignment.spelling import Speller
from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.timespan import TimeSpan
from asrcore.testing.scripted_emissions import (
    BARE,
    FRAME,
    LETTERS,
    bounds,
    letter_by_letter,
    stretch,
)

Said = tuple[list[str], list[tuple[int, int] | None], list, int]


BESIDE = {
    "": "",
    "unsaid": "42",
    "said": "\u20ac5",
    "sign": "\u2014",
    "space": "",
    "unwritten": "",
}
"""What may follow a word, and how that is written."""
DECORATIONS = st.sampled_from(["{}", "{},", "({})", "\u00ab{}\u00bb", "{}\u2026"])


@st.composite
def speech(draw: st.DrawFn) -> Said:
    """Text with everything between its words, where each word is, a script, and its frames.

    Not both sound that nobody wrote and words that cannot be spelled: who could tell these apart?
    """
    ways = draw(st.sampled_from([("said", "unsaid"), ("unwritten",)]))
    texts: list[str] = []
    places: list[tuple[int, int] | None] = []
    script: list = []
    frame = draw(st.integers(1, 6))
    for word in draw(st.lists(st.text("abcde", min_size=1, max_size=5), max_size=6)):
        each = draw(st.integers(2, 3))
        texts.append(draw(DECORATIONS).format(draw(st.sampled_from([word, word.upper()]))))
        script += letter_by_letter(word, frame, each)
        places.append((frame, frame + each * len(word)))
        frame = places[-1][1] + draw(st.integers(3, 9))
        beside = draw(st.sampled_from(["", "sign", "space", *ways]))
        if BESIDE[beside]:
            texts.append(BESIDE[beside])
            places.append((frame, frame + 8) if beside == "said" else None)
        if beside in ("said", "unwritten"):
            script += letter_by_letter("wxyz", frame)
            frame += 11
        if beside == "space":
            script.append(("|", frame - 2, 1))
    return texts, places, script, frame + 3


@given(speech(), st.sampled_from([LETTERS, BARE]))
def test_every_word_is_where_it_is_said(said: Said, alphabet: Alphabet) -> None:
    texts, places, script, frames = said
    script = [each for each in script if each[0] in alphabet.labels]
    words = align_words(texts, stretch(script, frames, alphabet), Speller(alphabet))
    assert [word.text for word in words] == texts
    for word, place in zip(words, places, strict=True):
        assert word.estimated == (place is None)
        if place is not None:
            assert bounds(word) == tuple(round(frame * FRAME, 6) for frame in place)


TEXTS = st.lists(
    st.sampled_from(
        ["hi", "aa", "42", "\u2014", "R&D", "#yo", "\u0130z", "e\u0301", "\u65e5", "...", "\u00df"]
    )
    | st.text(min_size=1, max_size=8),
    max_size=12,
)


@st.composite
def stretches(draw: st.DrawFn, alphabet: Alphabet) -> Stretch:
    """Any emissions, the sound as long as they are, or shorter or longer."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    frames = draw(st.integers(0, 80))
    sharpness = draw(st.sampled_from([0.0, 1.0, 5.0, 50.0]))
    logits = sharpness * random.normal(size=(frames, len(alphabet.labels)))
    logits[:, alphabet.blank] += draw(st.sampled_from([0.0, sharpness, 2 * sharpness]))
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    duration = max(0.0, frames * FRAME + draw(st.floats(-0.1, 0.1)))
    samples = random.normal(0, 0.1, round(duration * SAMPLE_RATE)).astype(np.float32)
    loudness = draw(st.sampled_from([None, Loudness.of(samples)]))
    lag = draw(st.sampled_from([0.0, 0.03, -0.05, 1.0]))
    return Stretch(Emissions(log_probs.astype(np.float32)), duration, loudness, lag)


def spans_within(parts: Sequence, around: TimeSpan) -> None:
    """Those that have a time: in order, apart from one another, and inside."""
    spans = [part.span for part in parts if part.span is not None]
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert not spans or around.start <= spans[0].start <= spans[-1].end <= around.end


@given(TEXTS, stretches(LETTERS), st.booleans())
def test_every_word_comes_back_once_in_order_and_inside(
    texts: list[str], heard: Stretch, with_characters: bool
) -> None:
    words = align_words(texts, heard, Speller(LETTERS), with_characters=with_characters)
    assert [word.text for word in words] == texts
    assert all(word.span is not None for word in words)
    assert all(word.score is None or 0.0 <= word.score <= 1.0 + 1e-6 for word in words)
    spans_within(words, TimeSpan(0.0, heard.duration))
    for word in words:
        assert word.span is not None
        spans_within(word.characters, word.span)
        assert "".join(each.text for each in word.characters) in ("", word.text)


@given(TEXTS, stretches(LETTERS))
def test_composed_or_in_parts_makes_no_difference(texts: list[str], heard: Stretch) -> None:
    times = [
        [
            (word.span, word.score)
            for word in align_words(
                [unicodedata.normalize(form, text) for text in texts], heard, Speller(LETTERS)
            )
            if not word.estimated
        ]
        for form in ("NFC", "NFD")
    ]
    assert times[0] == times[1]

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.alignment.greedy import greedy_words
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.testing.scripted_emissions import BARE, LETTERS, emissions, letter_by_letter

UNKNOWN = Alphabet(("", "|", "", "a", "b"), 0, 1)
"""Column 2 stands for what the model cannot write."""


def heard(script: list, frames: int = 40, alphabet: Alphabet = LETTERS) -> list[tuple]:
    """Text, first frame, and the frame after the last one, of each word."""
    found = greedy_words(emissions(script, frames, alphabet), alphabet)
    return [
        (word.text, round(word.span.start / 0.02), round(word.span.end / 0.02))
        for word in found
        if word.span
    ]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ([], []),
        ([("|", 0, 40)], []),
        ([("h", 10, 1), ("i", 11, 2)], [("hi", 10, 13)]),
        ([("h", 10, 1), ("i", 20, 2)], [("hi", 10, 22)]),
        ([("h", 0, 1), ("i", 39, 1)], [("hi", 0, 40)]),
        ([("o", 3, 4)], [("o", 3, 7)]),
        ([("o", 3, 2), ("o", 6, 2)], [("oo", 3, 8)]),
        ([("a", 3, 1), ("|", 5, 1), ("b", 9, 1)], [("a", 3, 4), ("b", 9, 10)]),
        ([("a", 3, 1), ("|", 4, 1), ("a", 5, 1)], [("a", 3, 4), ("a", 5, 6)]),
        ([("|", 0, 2), ("a", 3, 1), ("|", 9, 2), ("|", 20, 1)], [("a", 3, 4)]),
    ],
)
def test_words_stand_between_separators(script: list, words: list) -> None:
    assert heard(script) == words


def test_without_a_separator_each_label_is_a_word() -> None:
    script = [("h", 10, 1), ("i", 11, 2), ("i", 14, 1)]
    assert heard(script, alphabet=BARE) == [("h", 10, 11), ("i", 11, 13), ("i", 14, 15)]


def test_times_go_by_the_duration_of_a_frame() -> None:
    found = emissions([("h", 10, 1), ("i", 11, 2)], 40)
    (word,) = greedy_words(Emissions(found.log_probs, 0.1), LETTERS)
    assert word == Word("hi", TimeSpan(1.0, 1.3))


@pytest.mark.parametrize(("separator", "words"), [(1, ["ab"]), (None, ["a", "b"])])
def test_what_the_model_cannot_write_makes_no_word(separator: int | None, words: list) -> None:
    log_probs = np.full((9, 5), -9.0, np.float32)
    for frame, column in enumerate([2, 0, 3, 2, 4, 2, 0, 1, 2]):
        log_probs[frame, column] = 0.0
    alphabet = Alphabet(UNKNOWN.labels, 0, separator)
    found = greedy_words(Emissions(log_probs), alphabet)
    assert [word.text for word in found if word.text != "|"] == words


@pytest.mark.parametrize("alphabet", [LETTERS, BARE])
def test_no_frames_no_words(alphabet: Alphabet) -> None:
    assert heard([], 0, alphabet) == []


@given(
    st.lists(st.text("abc", min_size=1, max_size=6), max_size=6),
    st.integers(1, 3),
    st.integers(0, 3),
)
def test_what_is_said_is_heard(texts: list[str], each: int, pause: int) -> None:
    script: list = []
    expected, frame = [], pause
    for text in texts:
        script += letter_by_letter(text, frame, each + 1)
        end = frame + (each + 1) * len(text)
        expected.append((text, frame, end))
        script.append(("|", end + pause, 1))
        frame = end + 2 * pause + 1
    assert heard(script, frame + 1) == expected

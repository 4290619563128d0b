"""What a comparison of two models tells."""

import pytest

from asrcore.domain.conversion import Check, Reading


def check(expected, found):
    return Check(*(Reading(tuple(map(ord, text)), text) for text in (expected, found)))


@pytest.mark.parametrize(
    ("expected", "found", "said"),
    [
        ("abcd", "abcd", "same tokens"),
        ("abcd", "abxd", "1 of 4 tokens differ"),
        ("abcd", "bcd", "1 of 4 tokens differ"),
        ("abcd", "xabcdy", "2 of 6 tokens differ"),
        ("abcd", "", "4 of 4 tokens differ"),
        ("", "ab", "2 of 2 tokens differ"),
        ("", "", "neither model writes a token, which proves nothing"),
    ],
)
def test_the_difference_is_told(expected, found, said):
    told = check(expected, found)
    assert str(told) == said
    assert told.same == (said == "same tokens")


def test_what_occurs_often_is_compared_too():
    text = "ab" * 150
    assert check(f"x{text}", f"y{text}").differing == 1

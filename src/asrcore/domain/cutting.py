"""A segment cut between its words: what the parts say and when."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from itertools import accumulate, pairwise
from operator import or_

from asrcore.domain.language import without_spaces
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word


def can_be_cut(segment: Segment) -> bool:
    """Whether its words, none of them blank, spell its text but for spaces."""
    spelled = [without_spaces(word.text) for word in segment.words]
    return bool(spelled) and all(spelled) and "".join(spelled) == without_spaces(segment.text)


def cut_text(text: str, letters: Iterable[int]) -> list[str]:
    """A text as pieces of so many visible characters each, without the spaces around them.

    >>> cut_text("It rains.  We stay.", [8, 7])
    ['It rains.', 'We stay.']

    Args:
        letters: one number a piece, none of them 0, all together no more than the text has.
    """
    visible = [index for index, character in enumerate(text) if not character.isspace()]
    cuts = pairwise(accumulate(letters, initial=0))
    return [text[visible[start] : visible[end - 1] + 1] for start, end in cuts]


def cover(words: Iterable[Word], otherwise: Iterable[TimeSpan]) -> TimeSpan:
    """From the first timed word to the last; where none is timed, all of `otherwise`."""
    timed = [word.span for word in words if word.span is not None]
    return reduce(or_, timed or otherwise)

"""Where in a long recording which part of a text is said.

Some engine has heard the recording, with mistakes. A few words in a row that occur once in the text
and once in what was heard are the same words (an anchor), as long as all such pairs keep the order
of both. Text and recording are cut within anchors, into windows that an aligner takes.
What is said and not written, or written and not said, lies inside a window and moves nothing else.

The idea of unique common elements in the longest common order is Bram Cohen's patience diff.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word

RUN = 3
"""Words in a row that make an anchor; shorter runs occur by chance."""
RUN_LETTERS = 8
"""Letters that these have at least: runs of single characters are longer."""
LONGEST = 28.0
"""Seconds of a window, where there are anchors enough."""
CUE_SLACK = 0.5
"""Seconds by which a cue may begin too late or end too early."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the text, `first` up to but without `stop`, and when it is said."""

    first: int
    stop: int
    span: TimeSpan


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place between two words, and its time."""

    word: int
    time: float


def windows(words: Sequence[str], heard: Sequence[Word], duration: float) -> list[Window]:
    """Cut a text and its recording into windows, each a whole number of words.

    Args:
        words: the text, in order.
        heard: what an engine heard, in order; words without a time, or with one beyond the
            recording's end, count for nothing.
        duration: of the recording, in seconds.
    """
    within = [word for word in heard if word.span and word.span.end <= duration]
    cuts = _kept(list(_cuts(words, within)), duration)
    bounds = [_Cut(0, 0.0), *cuts, _Cut(len(words), duration)]
    return [
        Window(begin.word, end.word, TimeSpan(begin.time, end.time))
        for begin, end in pairwise(bounds)
    ]


def cue_windows(cues: Sequence[tuple[int, TimeSpan]], duration: float) -> list[Window]:
    """Windows of consecutive cues that follow each other at once, and somewhat wider.

    A window reaches `CUE_SLACK` beyond its cues, and no further than half the way to the next. A
    cue behind the end of the recording has a window without any sound.

    Args:
        cues: for each the number of its words, and when it is said; in order of their start.
        duration: of the recording, in seconds.
    """
    found: list[Window] = []
    count = 0
    for words, span in cues:
        within = TimeSpan(min(span.start, duration), min(span.end, duration))
        if found and span.start < duration and _may_join(found[-1].span, within):
            found[-1] = Window(found[-1].first, count + words, found[-1].span | within)
        else:
            found.append(Window(count, count + words, within))
        count += words
    rooms = [_room(*neighbours) for neighbours in pairwise(found)]
    return [
        Window(each.first, each.stop, _wider(each.span, before, after, duration))
        for each, before, after in zip(
            found, [CUE_SLACK, *rooms], [*rooms, CUE_SLACK], strict=False
        )
    ]


def _may_join(one: TimeSpan, other: TimeSpan) -> bool:
    return one.distance(other) <= 2 * CUE_SLACK and (one | other).duration <= LONGEST


def _room(one: Window, other: Window) -> float:
    """Half of what lies between two windows, `CUE_SLACK` at most; nothing where they overlap."""
    return min(CUE_SLACK, max(0.0, other.span.start - one.span.end) / 2)


def _wider(span: TimeSpan, before: float, after: float, duration: float) -> TimeSpan:
    if span.start >= duration:
        return span
    return TimeSpan(max(0.0, span.start - before), min(duration, span.end + after))


def _kept(cuts: Sequence[_Cut], duration: float) -> list[_Cut]:
    """As few of the cuts as make windows of at most `LONGEST`, where that can be."""
    kept: list[_Cut] = []
    begun = 0.0
    for cut, following in zip(cuts, [*(each.time for each in cuts[1:]), duration], strict=False):
        if following - begun > LONGEST:
            kept.append(cut)
            begun = cut.time
    return kept


def _cuts(words: Sequence[str], heard: Sequence[Word]) -> Iterator[_Cut]:
    """A cut in each anchor, after its first word, in the order of text and time."""
    time = 0.0
    written = _unique_runs([_plain(word) for word in words])
    spoken = _unique_runs([_plain(word.text) for word in heard])
    pairs = [(start, spoken[run]) for run, start in written.items() if run in spoken]
    for word, found in _longest_in_order(sorted(pairs)):
        before, after = heard[found].span, heard[found + 1].span
        if before is not None and after is not None and time <= before.end <= after.start:
            time = (before.end + after.start) / 2
            yield _Cut(word + 1, time)


def _unique_runs(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Runs of words that occur once, and where they begin."""
    runs = [_run(words, start) for start in range(len(words))]
    counts = Counter(runs)
    return {run: start for start, run in enumerate(runs) if run and counts[run] == 1}


def _run(words: Sequence[str], start: int) -> tuple[str, ...]:
    """`RUN` words or more, until they have letters enough; empty where the text ends before."""
    letters = 0
    for stop in range(start, len(words)):
        letters += len(words[stop])
        if stop - start + 1 >= RUN and letters >= RUN_LETTERS:
            return tuple(words[start : stop + 1])
    return ()


def _longest_in_order(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest selection of pairs, sorted by the first number, in which the second rises, too.

    Source: Fredman, "On computing the length of longest increasing subsequences" (1975).
    """
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, (_, value) in enumerate(pairs):
        length = bisect_left(tails, value)
        previous.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [value]
        ends[length : length + 1] = [index]
    chosen = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chosen.append(pairs[index])
        index = previous[index]
    return chosen[::-1]


def _plain(word: str) -> str:
    """Letters and digits alone, in lower case."""
    return "".join(character for character in word.casefold() if character.isalnum())

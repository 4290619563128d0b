"""Segments as an engine delimits them to segments of one sentence each."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise, takewhile

from asrcore.domain.cutting import can_be_cut, cover, cut_text
from asrcore.domain.language import join_words, without_spaces
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word

MAX_PAUSE = 2.0
"""Seconds of silence between two segments that no sentence reaches over."""
MAX_DURATION = 30.0
"""Seconds: a longer sentence keeps the borders of the segments it was heard in."""

Split = Callable[[str, str | None], Sequence[str]]
"""A text and its language code to its sentences, as `SentenceSplitter.split` gives them."""


def into_sentences(
    segments: Sequence[Segment], split: Split, language: str | None = None
) -> tuple[Segment, ...]:
    """One segment a sentence, of segments in the order of their start.

    A sentence may reach over several segments, which are then put together, but not over a pause
    longer than `MAX_PAUSE` nor over a change of language or speaker. What ends without any
    punctuation, or lasts longer than `MAX_DURATION`, is no such sentence: the engine's borders
    stay in it. Words are kept whole and in order: a sentence that ends within a word ends with
    that word. A segment without words, or whose words do not spell its text, stays as it is:
    nobody knows the time at which it could be cut.

    A sentence lasts from its first timed word to its last; where none of its words is timed, over
    their even share of the room between the timed ones. Its other values, such as `avg_logprob`,
    are those of the segment that gave it most words; of equals, the first.

    Args:
        segments: of one recording or one chunk.
        split: tells the sentences of a text.
        language: of segments that tell none.

    Raises:
        EngineError: `split` failed.
    """
    return tuple(
        sentence for run in _runs(segments) for sentence in _split_run(run, split, language)
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word in its run: where its letters begin and end, its place in time, and its segment."""

    word: Word
    letters: tuple[int, int]
    place: TimeSpan
    origin: int


def _runs(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Consecutive segments that a sentence may reach over."""
    run = list(segments[:1])
    for one, other in pairwise(segments):
        if not _may_share_a_sentence(one, other):
            yield run
            run = []
        run.append(other)
    if run:
        yield run


def _may_share_a_sentence(one: Segment, other: Segment) -> bool:
    return (
        (one.language, one.speaker) == (other.language, other.speaker)
        and can_be_cut(one)
        and can_be_cut(other)
        and _heard(other).start - _heard(one).end <= MAX_PAUSE
    )


def _heard(segment: Segment) -> TimeSpan:
    return cover(segment.words, [segment.span])


def _split_run(run: Sequence[Segment], split: Split, language: str | None) -> Iterable[Segment]:
    if not can_be_cut(run[0]):
        return run
    language = run[0].language or language
    text = join_words((segment.text for segment in run), language)
    sentences = [
        some
        for sentence in _cut(_pieces(run), split(text, language))
        for some in (_by_origin(sentence) if _keeps_borders(sentence) else [sentence])
    ]
    texts = cut_text(text, (some[-1].letters[1] - some[0].letters[0] for some in sentences))
    return [_segment(run, some, said) for some, said in zip(sentences, texts, strict=True)]


def _pieces(run: Sequence[Segment]) -> list[_Piece]:
    words = [
        (word, place, origin)
        for origin, segment in enumerate(run)
        for word, place in zip(segment.words, _places(segment), strict=True)
    ]
    letters = pairwise(
        accumulate((len(without_spaces(word.text)) for word, *_ in words), initial=0)
    )
    return [
        _Piece(word, where, place, origin)
        for (word, place, origin), where in zip(words, letters, strict=True)
    ]


def _places(segment: Segment) -> Iterator[TimeSpan]:
    """Each word's own span, or its even share of the room that the timed words leave."""
    spans = [word.span for word in segment.words]
    free = segment.span.start
    for index, span in enumerate(spans):
        place = span or _share(free, spans[index:], segment.span.end)
        yield place
        free = place.end


def _share(start: float, spans: Sequence[TimeSpan | None], end: float) -> TimeSpan:
    """The first one's share of the time from `start` to the next that is known, or to `end`."""
    untimed = list(takewhile(lambda span: span is None, spans))
    until = next((span.start for span in spans if span is not None), end)
    return TimeSpan(start, start + max(0.0, until - start) / len(untimed))


def _cut(pieces: Sequence[_Piece], sentences: Iterable[str]) -> Iterator[Sequence[_Piece]]:
    begins = [piece.letters[0] for piece in pieces]
    ends = accumulate(len(without_spaces(sentence)) for sentence in sentences)
    cuts = sorted({0, len(pieces), *(bisect_left(begins, end) for end in ends)})
    return (pieces[start:end] for start, end in pairwise(cuts))


def _keeps_borders(sentence: Sequence[_Piece]) -> bool:
    last = sentence[-1].word.text.rstrip()[-1]
    duration = _span(sentence).duration
    return unicodedata.category(last)[0] != "P" or duration > MAX_DURATION


def _by_origin(sentence: Sequence[_Piece]) -> list[Sequence[_Piece]]:
    return [list(some) for _, some in groupby(sentence, key=lambda piece: piece.origin)]


def _span(pieces: Sequence[_Piece]) -> TimeSpan:
    return cover((piece.word for piece in pieces), (piece.place for piece in pieces))


def _segment(run: Sequence[Segment], pieces: Sequence[_Piece], text: str) -> Segment:
    ((main, _),) = Counter(piece.origin for piece in pieces).most_common(1)
    words = tuple(piece.word for piece in pieces)
    return replace(run[main], span=_span(pieces), text=text, words=words)

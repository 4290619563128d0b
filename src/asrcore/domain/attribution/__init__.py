"""Words times turns: who says which word. The rule, also in docs/speakers.md:

1. A sentence is his who speaks longest while its words sound; of equals, who appears first in the
   recording. Of a second in which several speak the one whom the exclusive turns name has all
   (he began last, unless the diarizer says otherwise), and the others lack `INTERRUPTED` of it.
2. Words in a row within a sentence are another's if that takes away more than `CHANGE` of the
   seconds in which somebody speaks but not the speaker of the word. Edges of turns are off by
   tenths of seconds; a change with less behind it is taken for one at the sentence's border.
3. A word during which nobody speaks goes with its sentence, in one of several speakers with the
   nearer words, if a turn of that speaker is no further off than `NEAREST_LIMIT`; else to the
   nearest turn within this limit; else to nobody.
4. A word without a time goes with the one before it, or with the first timed one; where none is
   timed, and where there are no words, the segment's own time counts.

A sentence ends with its segment, or within it after a full stop or the like: segments may be
sentences, or as long as an engine makes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, groupby, pairwise

from asrcore.domain.attribution.speakers import speakers_of
from asrcore.domain.cutting import can_be_cut, cover, cut_text
from asrcore.domain.diarization import Diarization
from asrcore.domain.language import join_words, without_spaces
from asrcore.domain.transcript import Segment, Word


def attribute(
    segments: Iterable[Segment], diarization: Diarization, language: str | None = None
) -> tuple[Segment, ...]:
    """Segments of one speaker each, whose words are all his.

    A segment of several is cut between their words: its parts keep its other values, have the
    time of their words and their piece of its text, which where the words do not spell it is the
    words joined. None is the speaker where nobody is near.

    Takes time as (words + turns) * (log turns + speakers).

    Args:
        segments: in any order, which is kept; sentences, or as the engine delimits them.
        diarization: who speaks when.
        language: of segments that tell none.
    """
    segments = tuple(segments)
    speakers = speakers_of(segments, diarization)
    counts = [len(segment.words) or 1 for segment in segments]
    bounds = pairwise(accumulate(counts, initial=0))
    return tuple(
        part
        for segment, (start, end) in zip(segments, bounds, strict=True)
        for part in _attributed(segment, speakers[start:end], language)
    )


def _attributed(
    segment: Segment, speakers: Sequence[str | None], language: str | None
) -> Iterable[Segment]:
    if len(set(speakers)) > 1:
        return _parts(segment, speakers, segment.language or language)
    words = _said_by(speakers[0], segment.words)
    return [replace(segment, words=words, speaker=speakers[0])]


def _parts(
    segment: Segment, speakers: Sequence[str | None], language: str | None
) -> Iterator[Segment]:
    stretches = [(speaker, len(list(some))) for speaker, some in groupby(speakers)]
    cuts = pairwise(accumulate((count for _, count in stretches), initial=0))
    parts = [segment.words[start:end] for start, end in cuts]
    for (speaker, _), words, text in zip(
        stretches, parts, _texts(segment, parts, language), strict=True
    ):
        span = cover(words, [segment.span])
        said = _said_by(speaker, words)
        yield replace(segment, span=span, text=text, words=said, speaker=speaker)


def _texts(
    segment: Segment, parts: Sequence[Sequence[Word]], language: str | None
) -> Sequence[str]:
    texts = [[word.text for word in words] for words in parts]
    if can_be_cut(segment):
        return cut_text(segment.text, (len(without_spaces("".join(some))) for some in texts))
    return [join_words(some, language) for some in texts]


def _said_by(speaker: str | None, words: Sequence[Word]) -> tuple[Word, ...]:
    return tuple(
        word
        if word.speaker == speaker
        else Word(word.text, word.span, word.score, speaker, word.estimated, word.characters)
        for word in words
    )

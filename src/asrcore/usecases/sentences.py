"""The stage that makes each sentence a segment, once its words have times."""

from __future__ import annotations

from collections.abc import Sequence

from asrcore.domain.sentences import into_sentences
from asrcore.domain.transcript import Segment
from asrcore.ports.sentence_splitter import SentenceSplitter
from asrcore.usecases.job import Job, in_words


def sentences(
    job: Job, segments: Sequence[Segment], splitter: SentenceSplitter
) -> tuple[Segment, ...]:
    """A recording's sentences; where the splitter fails, its segments as they are."""
    try:
        with job.timed("sentences"):
            return into_sentences(segments, splitter.split, job.language())
    except Exception as error:  # noqa: BLE001 - a splitter never takes the text down
        job.warn(f"segments are not cut into sentences: {in_words(error)}")
        return tuple(segments)

"""The alignment stage: words of heard text get exact times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from asrcore.domain.request import AlignRequest, ChunkResult
from asrcore.domain.transcript import Segment, Word
from asrcore.ports.aligner import Aligner
from asrcore.usecases.job import Job, in_words


def align_chunks(aligner: Aligner, job: Job, indices: Sequence[int]) -> None:
    """Replace the words of some chunks' results by aligned ones.

    Where the aligner fails, the words stay as they are and the job gets a warning.
    """
    heard = [index for index in indices if job.results[index].segments]
    try:
        with job.timed("align"):
            aligned = aligner.align([_request(job, index) for index in heard])
            results = [
                _with_words(job.results[index], words)
                for index, words in zip(heard, aligned, strict=True)
            ]
    except Exception as error:  # noqa: BLE001 - an aligner never takes the text down
        job.warn(f"word times are missing: {in_words(error)}")
        return
    job.results |= zip(heard, results, strict=True)


def _request(job: Job, index: int) -> AlignRequest:
    result = job.results[index]
    texts = tuple(segment.text for segment in result.segments)
    language = result.language or job.instructions.language
    return AlignRequest(job.chunks[index].samples(job.sound), texts, language)


def _with_words(result: ChunkResult, aligned: Sequence[Sequence[Word]]) -> ChunkResult:
    segments: list[Segment] = [
        replace(segment, words=tuple(words))
        for segment, words in zip(result.segments, aligned, strict=True)
    ]
    return replace(result, segments=tuple(segments))

"""The alignment stage: words of known text get exact times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from asrcore.domain.request import AlignRequest, ChunkResult
from asrcore.domain.transcript import Segment, Word
from asrcore.errors import EngineError, ModelError
from asrcore.ports.aligner import Aligner
from asrcore.usecases.job import Job, in_words

Aligned = Sequence[Sequence[Word]]
"""The words of each text of a request."""


class AlignerLine:
    """Aligners in line: what the first cannot align, the next one tries.

    A model that cannot be had for a language is not asked for again.
    """

    def __init__(self, aligners: Mapping[str, Aligner]) -> None:
        self._aligners = aligners
        self._refused: dict[tuple[str, str | None], str] = {}

    def __bool__(self) -> bool:
        return bool(self._aligners)

    def align(self, requests: Sequence[AlignRequest]) -> tuple[dict[int, Aligned], list[str]]:
        """Align requests of one language.

        Returns:
            Index of each request that could be aligned -> its words; and what went less than well.
        """
        failures: list[str] = []
        for name, aligner in self._aligners.items():
            try:
                aligned = self._ask(name, aligner, requests)
            except Exception as error:  # noqa: BLE001 - an aligner never takes the text down
                failures.append(f"{name}: {in_words(error)}")
            else:
                notes = [f"word times are by {name}; {failures[0]}"] if failures else []
                return dict(enumerate(aligned)), notes
        return {}, [f"word times are missing: {'; '.join(failures)}"]

    def _ask(self, name: str, aligner: Aligner, requests: Sequence[AlignRequest]) -> list[Aligned]:
        language = requests[0].language
        if (why := self._refused.get((name, language))) is not None:
            raise ModelError(why)
        try:
            _refuse_language(aligner, language)
            aligned = list(aligner.align(requests))
        except ModelError as error:
            self._refused[name, language] = str(error)
            raise
        if [len(words) for words in aligned] != [len(each.texts) for each in requests]:
            raise EngineError("it did not answer for every text of every request")
        return aligned


def _refuse_language(aligner: Aligner, language: str | None) -> None:
    known = aligner.capabilities.languages
    if known is None or language is None:
        return
    if known.isdisjoint((language, language.partition("-")[0])):
        raise ModelError(f"it has no model for language {language}")


def align_chunks(
    line: AlignerLine, job: Job, indices: Sequence[int], *, characters: bool = False
) -> None:
    """Replace the words of some chunks' results by aligned ones.

    Where no aligner can, the words stay as they are; the job gets a warning.
    """
    by_language: dict[str | None, list[int]] = {}
    for index in indices:
        if job.results[index].segments:
            by_language.setdefault(_language(job, index), []).append(index)
    for language, some in by_language.items():
        with job.timed("align"):
            requests = [_request(job, index, language, characters) for index in some]
            aligned, notes = line.align(requests)
        for note in notes:
            job.warn(note)
        for place, words in aligned.items():
            job.results[some[place]] = _with_words(job.results[some[place]], words)


def _language(job: Job, index: int) -> str | None:
    return job.results[index].language or job.instructions.language


def _request(job: Job, index: int, language: str | None, characters: bool) -> AlignRequest:
    texts = tuple(segment.text for segment in job.results[index].segments)
    return AlignRequest(job.chunks[index].samples(job.sound), texts, language, characters)


def _with_words(result: ChunkResult, aligned: Aligned) -> ChunkResult:
    segments: list[Segment] = [
        replace(segment, words=tuple(words))
        for segment, words in zip(result.segments, aligned, strict=True)
    ]
    return replace(result, segments=tuple(segments))

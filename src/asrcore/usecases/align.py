"""The alignment stage: words of known text get exact times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from asrcore.domain.language import without_region, without_spaces
from asrcore.domain.request import AlignRequest, ChunkResult
from asrcore.domain.transcript import Segment, Word
from asrcore.errors import ConfigError, EngineError, MissingEngineError, ModelError
from asrcore.ports.aligner import Aligner
from asrcore.usecases.job import Job, in_words

FOR_ALL = (ModelError, MissingEngineError, ConfigError)
"""Errors that will come again with every request of the language."""

Aligned = Sequence[Sequence[Word]]
"""The words of each text of a request."""


class AlignerLine:
    """Aligners in line: what the first cannot align, the next one tries.

    What cannot be had for a language is not asked for again.
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
        found: dict[int, Aligned] = {}
        failures: list[str] = []
        notes: list[str] = []
        for name, aligner in self._aligners.items():
            left = [index for index in range(len(requests)) if index not in found]
            others = failures[:1]
            some = self._aligned(name, aligner, [requests[index] for index in left], failures)
            if some and others:
                notes.append(f"word times are by {name}; {others[0]}")
            found |= {left[place]: words for place, words in some.items()}
            if len(found) == len(requests):
                return found, notes
        return found, [*notes, f"word times are missing: {'; '.join(dict.fromkeys(failures))}"]

    def _aligned(
        self,
        name: str,
        aligner: Aligner,
        requests: Sequence[AlignRequest],
        failures: list[str],
    ) -> dict[int, Aligned]:
        """What one aligner makes of requests: all together, else one by one."""
        try:
            aligned = dict(enumerate(self._ask(name, aligner, requests)))
        except Exception as error:  # noqa: BLE001 - an aligner never takes the text down
            if len(requests) == 1 or isinstance(error, FOR_ALL):
                failures.append(f"{name}: {in_words(error)}")
                return {}
            return {
                index: words
                for index, request in enumerate(requests)
                for words in self._aligned(name, aligner, [request], failures).values()
            }
        timed = {index: words for index, words in aligned.items() if _timed(words)}
        if len(timed) < len(aligned):
            failures.append(f"{name}: it could not place some of the text")
        return timed

    def _ask(self, name: str, aligner: Aligner, requests: Sequence[AlignRequest]) -> list[Aligned]:
        language = requests[0].language
        if (why := self._refused.get((name, language))) is not None:
            raise ModelError(why)
        try:
            _refuse_language(aligner, language)
            aligned = list(aligner.align(requests))
        except FOR_ALL as error:
            self._refused[name, language] = str(error)
            raise
        if len(aligned) != len(requests):
            raise EngineError("it did not answer every request")
        for request, words in zip(requests, aligned, strict=True):
            if [*map(without_spaces, request.texts)] != [*map(_spelled, words)]:
                raise EngineError("it did not answer with the words of every text")
        return aligned


def _spelled(words: Sequence[Word]) -> str:
    return "".join(without_spaces(word.text) for word in words)


def _timed(aligned: Aligned) -> bool:
    """Whether any word has a time, if there are words."""
    words = [word for text in aligned for word in text]
    return not words or any(word.span is not None for word in words)


def _refuse_language(aligner: Aligner, language: str | None) -> None:
    known = aligner.capabilities.languages
    if known is None or language is None:
        return
    if known.isdisjoint((language, without_region(language))):
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

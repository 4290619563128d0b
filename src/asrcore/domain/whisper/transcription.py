"""Chunks to text with a Whisper: language, prompt, decoding, segments, and what was left off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.capabilities import TranscriberCapabilities
from asrcore.domain.request import ChunkRequest, ChunkResult
from asrcore.domain.whisper.engine import Encoded, WhisperEngine
from asrcore.domain.whisper.fallback import with_fallback
from asrcore.domain.whisper.judging import Decoded, Thresholds, compression_ratio
from asrcore.domain.whisper.segments import resume_at, segments_of
from asrcore.domain.whisper.shape import WINDOW

_Language = tuple[str, float | None]
"""A chunk's language, with its probability where it had to be detected."""


@dataclass(frozen=True)
class Transcription:
    """A Whisper, and what makes it try again.

    Attributes:
        engine: what hears.
        temperatures: tried in order until a result passes.
        limits: what a result has to pass.
    """

    engine: WhisperEngine
    temperatures: Sequence[float]
    limits: Thresholds

    def capabilities(self, languages: Iterable[str]) -> TranscriberCapabilities:
        """What a Whisper with tokens for these languages honours.

        An English-only one neither translates nor knows another language.
        """
        multilingual = self.engine.multilingual
        return TranscriberCapabilities(
            languages=frozenset(languages if multilingual else ["en"]),
            tasks=frozenset({"transcribe", "translate"} if multilingual else {"transcribe"}),
            detects_language=multilingual,
            prompt=True,
            hotwords=True,
            segment_times=True,
            max_chunk=WINDOW,
        )

    def transcribe(self, batch: Sequence[ChunkRequest]) -> list[ChunkResult]:
        """Transcribe chunks, those without any sample as nothing; one result each, in order."""
        results = [ChunkResult()] * len(batch)
        sounding = [index for index, request in enumerate(batch) if len(request.samples)]
        if sounding:
            found = self._hear([batch[index] for index in sounding])
            for index, result in zip(sounding, found, strict=True):
                results[index] = result
        return results

    def _hear(self, batch: Sequence[ChunkRequest]) -> list[ChunkResult]:
        """Transcribe chunks that have samples; what was left off is heard in another round."""
        encoded = self.engine.encode([request.samples for request in batch])
        heard = self._languages(batch, encoded)
        found = self._decode(batch, encoded, heard)
        results = [
            self._result(request, decoded, *language)
            for request, decoded, language in zip(batch, found, heard, strict=True)
        ]
        rests = {
            row: time
            for row, (request, decoded) in enumerate(zip(batch, found, strict=True))
            if (time := self._resume_at(request, decoded)) is not None
        }
        return self._continued(batch, results, rests) if rests else results

    def _languages(self, batch: Sequence[ChunkRequest], encoded: Encoded) -> list[_Language]:
        if not self.engine.multilingual:
            return [("en", None)] * len(batch)
        given = [request.instructions.language for request in batch]
        unknown = [row for row, language in enumerate(given) if language is None]
        detected = dict(zip(unknown, encoded.languages(unknown) if unknown else (), strict=True))
        return [
            next(iter(detected[row].items())) if language is None else (language, None)
            for row, language in enumerate(given)
        ]

    def _decode(
        self, batch: Sequence[ChunkRequest], encoded: Encoded, heard: Sequence[_Language]
    ) -> list[Decoded]:
        prompts = [
            self.engine.prompt(request.instructions, language)
            for request, (language, _) in zip(batch, heard, strict=True)
        ]

        def decode(rows: Sequence[int], temperature: float) -> list[Decoded]:
            found = encoded.generate(rows, [prompts[row] for row in rows], temperature)
            return [
                Decoded(
                    each.tokens,
                    each.avg_logprob,
                    each.no_speech_prob,
                    compression_ratio(self.engine.text(each.tokens).strip()),
                    temperature,
                )
                for each in found
            ]

        return with_fallback(len(batch), self.temperatures, self.limits, decode)

    def _result(
        self, request: ChunkRequest, decoded: Decoded, language: str, probability: float | None
    ) -> ChunkResult:
        if decoded.silent(self.limits):
            return ChunkResult((), language, probability)
        duration = len(request.samples) / SAMPLE_RATE
        begin = self.engine.timestamp_begin
        segments = segments_of(decoded, duration, begin, self.engine.text, language)
        return ChunkResult(tuple(segments), language, probability)

    def _resume_at(self, request: ChunkRequest, decoded: Decoded) -> float | None:
        if decoded.silent(self.limits):
            return None
        duration = len(request.samples) / SAMPLE_RATE
        return resume_at(decoded.tokens, duration, self.engine.timestamp_begin)

    def _continued(
        self,
        batch: Sequence[ChunkRequest],
        results: list[ChunkResult],
        rests: Mapping[int, float],
    ) -> list[ChunkResult]:
        """Hear the rests of some chunks, and append what is heard to their results."""
        requests = [
            ChunkRequest(
                batch[row].samples[round(time * SAMPLE_RATE) :],
                replace(batch[row].instructions, language=results[row].language),
            )
            for row, time in rests.items()
        ]
        for (row, time), rest in zip(rests.items(), self._hear(requests), strict=True):
            later = (replace(each, span=each.span.shift(time)) for each in rest.segments)
            results[row] = replace(results[row], segments=(*results[row].segments, *later))
        return results

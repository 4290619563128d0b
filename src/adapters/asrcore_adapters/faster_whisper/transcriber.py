"""The transcriber over CTranslate2."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray

from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.domain.capabilities import TranscriberCapabilities
from asrcore.domain.request import ChunkRequest, ChunkResult
from asrcore.errors import translate
from asrcore.plugin import Placement
from asrcore.ports.aligner import Aligner
from asrcore_adapters.faster_whisper import FasterWhisperOptions
from asrcore_adapters.faster_whisper.attention import AttentionAligner
from asrcore_adapters.faster_whisper.decoding import Decoded, Decoder
from asrcore_adapters.faster_whisper.failures import failed, not_loaded
from asrcore_adapters.faster_whisper.features import log_mel
from asrcore_adapters.faster_whisper.models import locate_model
from asrcore_adapters.faster_whisper.segments import resume_at, segments_of
from asrcore_adapters.faster_whisper.vocabulary import Vocabulary


class FasterWhisperTranscriber:
    """Whisper in batches: one encoder and one decoder call for as many chunks as it is given."""

    def __init__(self, options: FasterWhisperOptions, placement: Placement) -> None:
        self._options = options
        folder = locate_model(options)
        # CTranslate2 seeds a model's sampling when the model's thread starts, and never again.
        ctranslate2.set_random_seed(options.seed)
        device, _, index = placement.device.partition(":")
        with translate({Exception: lambda error: not_loaded(options.model, error)}):
            self._whisper = WhisperModel(
                str(folder),
                device=device,
                device_index=int(index or 0),
                compute_type=placement.compute_type or "default",
                cpu_threads=options.threads,
                local_files_only=True,
            )
        self._vocabulary = Vocabulary(self._whisper, options.suppress_tokens)
        if options.suppress_numerals:
            self._vocabulary.suppress_numerals()
        self._decoder = Decoder(self._whisper.model, options, self._vocabulary.tokenizer().decode)

    @cached_property
    def capabilities(self) -> TranscriberCapabilities:
        """An English-only model neither translates nor knows another language."""
        multilingual = self._whisper.model.is_multilingual
        return TranscriberCapabilities(
            languages=frozenset(self._vocabulary.languages()),
            tasks=frozenset({"transcribe", "translate"} if multilingual else {"transcribe"}),
            detects_language=multilingual,
            prompt=True,
            hotwords=True,
            segment_times=True,
            max_chunk=30.0,
        )

    @cached_property
    def attention(self) -> Aligner:
        """Word times from this very model's attention; it is closed with the transcriber."""
        return AttentionAligner(self._whisper, self._vocabulary)

    def transcribe(self, batch: Sequence[ChunkRequest]) -> Sequence[ChunkResult]:
        """Transcribe chunks, those without any sample as nothing."""
        results = [ChunkResult()] * len(batch)
        sounding = [index for index, request in enumerate(batch) if len(request.samples)]
        if sounding:
            with translate({Exception: failed}):
                found = self._transcribe([batch[index] for index in sounding])
            for index, result in zip(sounding, found, strict=True):
                results[index] = result
        return results

    def detect_languages(self, batch: Sequence[Samples]) -> Sequence[Mapping[str, float]]:
        """Whisper's own detection: the probabilities of its language tokens."""
        with translate({Exception: failed}):
            encoded = self._whisper.encode(log_mel(self._whisper, batch))
            return [
                {token[2:-2]: probability for token, probability in ranked}
                for ranked in self._whisper.model.detect_language(encoded)
            ]

    def close(self) -> None:
        """Free the model's memory."""
        self._whisper.model.unload_model()

    def _transcribe(self, batch: Sequence[ChunkRequest]) -> list[ChunkResult]:
        """Transcribe chunks that have samples; what was left off is heard in another round."""
        heard = self._languages(batch)
        tokenizers = [
            self._vocabulary.tokenizer(request.instructions, language)
            for request, (language, _) in zip(batch, heard, strict=True)
        ]
        prompts = [
            self._vocabulary.prompt(request.instructions, tokenizer)
            for request, tokenizer in zip(batch, tokenizers, strict=True)
        ]
        features = log_mel(self._whisper, [request.samples for request in batch])
        found = self._decode(features, prompts)
        results = [
            self._result(request, decoded, tokenizer, *language)
            for request, decoded, tokenizer, language in zip(
                batch, found, tokenizers, heard, strict=True
            )
        ]
        rests = {
            row: time
            for row, (request, decoded) in enumerate(zip(batch, found, strict=True))
            if (time := self._resume_at(request, decoded)) is not None
        }
        return self._continued(batch, results, rests) if rests else results

    def _resume_at(self, request: ChunkRequest, decoded: Decoded) -> float | None:
        if decoded.silent(self._options):
            return None
        duration = len(request.samples) / SAMPLE_RATE
        return resume_at(decoded.tokens, duration, self._vocabulary.tokenizer().timestamp_begin)

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
        for (row, time), rest in zip(rests.items(), self._transcribe(requests), strict=True):
            later = (replace(each, span=each.span.shift(time)) for each in rest.segments)
            results[row] = replace(results[row], segments=(*results[row].segments, *later))
        return results

    def _decode(
        self, features: NDArray[np.float32], prompts: Sequence[Sequence[int]]
    ) -> list[Decoded]:
        """Decode rows in groups of prompts that CTranslate2 takes together."""
        groups: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        begin = self._vocabulary.tokenizer().sot
        for row, prompt in enumerate(prompts):
            groups[len(prompt), prompt.index(begin)].append(row)
        decoded: dict[int, Decoded] = {}
        for rows in groups.values():
            found = self._decoder.decode(
                features[rows], [prompts[row] for row in rows], self._vocabulary.suppressed
            )
            decoded |= zip(rows, found, strict=True)
        return [decoded[row] for row in range(len(prompts))]

    def _result(
        self,
        request: ChunkRequest,
        decoded: Decoded,
        tokenizer: Tokenizer,
        language: str,
        probability: float | None,
    ) -> ChunkResult:
        if decoded.silent(self._options):
            return ChunkResult((), language, probability)
        duration = len(request.samples) / SAMPLE_RATE
        segments = segments_of(
            decoded, duration, tokenizer.timestamp_begin, tokenizer.decode, language
        )
        return ChunkResult(tuple(segments), language, probability)

    def _languages(self, batch: Sequence[ChunkRequest]) -> list[tuple[str, float | None]]:
        """Each chunk's language, with its probability where it had to be detected."""
        given = [request.instructions.language for request in batch]
        if not self.capabilities.detects_language:
            return [("en", None)] * len(batch)
        unknown = [row for row, language in enumerate(given) if language is None]
        detected = dict(
            zip(
                unknown,
                self.detect_languages([batch[row].samples for row in unknown]) if unknown else (),
                strict=True,
            )
        )
        return [
            next(iter(detected[row].items())) if language is None else (language, None)
            for row, language in enumerate(given)
        ]

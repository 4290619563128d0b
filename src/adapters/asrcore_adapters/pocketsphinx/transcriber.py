"""The transcriber over PocketSphinx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from threading import Lock

from pocketsphinx import Decoder

from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.domain.capabilities import TranscriberCapabilities
from asrcore.domain.request import ChunkRequest, ChunkResult
from asrcore.domain.transcript import Segment, Word
from asrcore.errors import translate
from asrcore.plugin import Placement
from asrcore_adapters.pocketsphinx import PocketsphinxOptions
from asrcore_adapters.pocketsphinx.decoding import decode, failed, span_of, word_of


class PocketsphinxTranscriber:
    """Decodes English with the model in PocketSphinx's wheel; words come with times and scores."""

    capabilities = TranscriberCapabilities(
        languages=frozenset({"en"}), segment_times=True, word_times=True
    )

    def __init__(self, options: PocketsphinxOptions, placement: Placement) -> None:
        self._pause = options.pause
        self._one_at_a_time = Lock()
        weight = options.language_weight
        with translate({Exception: failed}):
            # The three weights scale together, as in the model's own defaults.
            self._decoder = Decoder(
                samprate=SAMPLE_RATE,
                loglevel="FATAL",
                cmn="batch",
                lw=weight,
                fwdflatlw=weight * 1.4,
                bestpathlw=weight * 1.6,
            )

    def transcribe(self, batch: Sequence[ChunkRequest]) -> Sequence[ChunkResult]:
        """Transcribe chunks one after the other."""
        return [self._chunk(request) for request in batch]

    def detect_languages(self, batch: Sequence[Samples]) -> Sequence[Mapping[str, float]]:
        """It knows one language."""
        return [{"en": 1.0} for _ in batch]

    def close(self) -> None:
        """Nothing to free before the object goes."""

    def _chunk(self, request: ChunkRequest) -> ChunkResult:
        with self._one_at_a_time, translate({Exception: failed}):
            words = list(self._words(request.samples))
        runs = _split_at_pauses(words, self._pause)
        if not request.instructions.timestamps:
            runs = iter([words] if words else [])
        return ChunkResult(tuple(_segment(run) for run in runs), "en")

    def _words(self, samples: Samples) -> Iterator[Word]:
        duration = len(samples) / SAMPLE_RATE
        for segment in decode(self._decoder, samples):
            if (text := word_of(segment)) is not None:
                score = min(1.0, max(0.0, segment.prob))
                yield Word(text, span_of(segment, duration), score)


def _split_at_pauses(words: Sequence[Word], pause: float) -> Iterator[list[Word]]:
    run: list[Word] = []
    for word in words:
        if run and run[-1].span and word.span and run[-1].span.distance(word.span) >= pause:
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _segment(words: Sequence[Word]) -> Segment:
    spans = [word.span for word in words if word.span is not None]
    return Segment(
        spans[0] | spans[-1], " ".join(word.text for word in words), tuple(words), language="en"
    )

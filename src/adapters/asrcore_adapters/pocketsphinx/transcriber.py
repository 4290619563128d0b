"""The transcriber over PocketSphinx."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock

import numpy as np
from pocketsphinx import Decoder

from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.domain.capabilities import TranscriberCapabilities
from asrcore.domain.request import ChunkRequest, ChunkResult
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word
from asrcore.errors import EngineError, translate
from asrcore.plugin import Placement
from asrcore_adapters.pocketsphinx import PocketsphinxOptions

FRAMES_PER_SECOND = 100
VARIANT = re.compile(r"\(\d+\)$")
"""The dictionary marks second pronunciations: `and(2)`."""


class PocketsphinxTranscriber:
    """Decodes English with the model in PocketSphinx's wheel; words come with times and scores."""

    capabilities = TranscriberCapabilities(
        languages=frozenset({"en"}), segment_times=True, word_times=True
    )

    def __init__(self, options: PocketsphinxOptions, placement: Placement) -> None:
        self._pause = options.pause
        self._one_at_a_time = Lock()
        weight = options.language_weight
        with translate({Exception: _failed}):
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
        with self._one_at_a_time, translate({Exception: _failed}):
            words = list(self._words(request.samples))
        runs = _split_at_pauses(words, self._pause)
        if not request.instructions.timestamps:
            runs = iter([words] if words else [])
        return ChunkResult(tuple(_segment(run) for run in runs), "en")

    def _words(self, samples: Samples) -> Iterator[Word]:
        if not len(samples):
            return
        duration = len(samples) / SAMPLE_RATE
        pcm = (np.clip(samples, -1.0, 1.0) * np.iinfo(np.int16).max).astype(np.int16)
        # Cepstral means of this chunk alone ("batch"), and no memory of the chunk before it.
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        try:
            self._decoder.process_raw(pcm.tobytes(), full_utt=True)
        finally:
            self._decoder.end_utt()
        for entry in self._decoder.seg() or ():
            text = VARIANT.sub("", entry.word)
            if not text.startswith(("<", "[")):
                start, end = (
                    min(duration, frame / FRAMES_PER_SECOND)
                    for frame in (entry.start_frame, entry.end_frame + 1)
                )
                yield Word(text, TimeSpan(start, end), score=min(1.0, max(0.0, entry.prob)))


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


def _failed(error: Exception) -> EngineError:
    return EngineError(f"pocketsphinx failed: {error}")

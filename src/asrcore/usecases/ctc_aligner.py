"""An aligner made of a CTC model: the model hears, the core does the rest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from threading import Lock
from typing import Literal, TypeVar

from asrcore.domain.alignment.ctc import Stretch, align_words
from asrcore.domain.alignment.emissions import Emissions
from asrcore.domain.alignment.greedy import greedy_words
from asrcore.domain.alignment.lag import KnownSpeech, estimate_lag
from asrcore.domain.alignment.pieces import joined, pieces
from asrcore.domain.alignment.sound import Loudness
from asrcore.domain.alignment.spelling import Speller
from asrcore.domain.alignment.whisperx import Interpolation, align_like_whisperx
from asrcore.domain.audio import SAMPLE_RATE, Audio, Samples
from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.language import split_words, without_region, without_spaces
from asrcore.domain.request import AlignRequest
from asrcore.domain.transcript import Word
from asrcore.ports.emission_model import EmissionModel

T = TypeVar("T")


@dataclass(frozen=True)
class CtcOptions:
    """How words are found in emissions.

    Attributes:
        method: `ctc`, or `whisperx`: as WhisperX 3.8 finds them, its faults included.
        lag: seconds by which the model is late; None estimates it where `method` is `ctc`.
        interpolation: how `whisperx` times words that it could not place.
    """

    method: Literal["ctc", "whisperx"] = "ctc"
    lag: float | None = None
    interpolation: Interpolation = "nearest"


class CtcAligner:
    """Aligns by a CTC model's emissions.

    While the words of one batch of emissions are found, the model computes the next.

    Args:
        model: what hears; closed with the aligner.
        options: see there.
        calibration: speech with known times, from which a model's lag is estimated.
    """

    def __init__(
        self,
        model: EmissionModel,
        options: CtcOptions = CtcOptions(),
        calibration: Callable[[], Sequence[KnownSpeech]] = tuple,
    ) -> None:
        self._model = model
        self._options = options
        self._calibration = calibration
        self._spellers: dict[str | None, Speller] = {}
        self._lags: dict[str | None, float] = {}
        self._one_at_a_time = Lock()

    @property
    def capabilities(self) -> AlignerCapabilities:
        """Those of the model."""
        return self._model.capabilities

    def align(self, batch: Sequence[AlignRequest]) -> Sequence[Sequence[Sequence[Word]]]:
        """Align the requests, language by language."""
        by_language: defaultdict[str | None, list[int]] = defaultdict(list)
        for index, request in enumerate(batch):
            by_language[request.language].append(index)
        found: dict[int, list[list[Word]]] = {}
        for language, indices in by_language.items():
            requests = [batch[index] for index in indices]
            sounds = [request.samples for request in requests]
            if self._options.method == "ctc":
                self.lag(language)  # estimated first, so that one thread at a time asks the model
            for place, emissions in self._heard(sounds, language):
                found[indices[place]] = self._words(requests[place], emissions)
        return [found[index] for index in range(len(batch))]

    def lag(self, language: str | None) -> float:
        """Seconds by which the model for a language is late, as set or estimated."""
        if self._options.lag is not None:
            return self._options.lag
        with self._one_at_a_time:
            if language not in self._lags:
                self._lags[language] = estimate_lag(self._calibrated(language))
            return self._lags[language]

    def close(self) -> None:
        """Close the model."""
        self._model.close()

    def hear(self, batch: Sequence[Samples], language: str | None) -> Sequence[Sequence[Word]]:
        """What the model hears by itself."""
        alphabet = self._model.alphabet(language)
        heard = {
            index: greedy_words(emissions, alphabet)
            for index, emissions in self._heard(batch, language)
        }
        return [heard[index] for index in range(len(batch))]

    def _heard(
        self, batch: Sequence[Samples], language: str | None
    ) -> Iterator[tuple[int, Emissions]]:
        """The emissions of each sound, in any order; of a long one they are put together."""
        blank = self._model.alphabet(language).blank
        audios = [Audio(samples) for samples in batch]
        parts = [(index, span) for index, audio in enumerate(audios) for span in pieces(audio)]
        counts = Counter(index for index, _ in parts)
        found: defaultdict[int, list[tuple[float, Emissions]]] = defaultdict(list)
        sounds = [audios[index].slice(span) for index, span in parts]
        for place, emissions in ahead(self._model.emissions(sounds, language)):
            index, span = parts[place]
            found[index].append((span.start, emissions))
            if len(found[index]) == counts[index]:
                yield index, joined(found.pop(index), blank)

    def _words(self, request: AlignRequest, emissions: Emissions) -> list[list[Word]]:
        """The words of each of a request's texts."""
        if self._options.method == "whisperx":
            return self._like_whisperx(request, emissions)
        texts = [split_words(text, request.language) for text in request.texts]
        stretch = Stretch(
            emissions,
            len(request.samples) / SAMPLE_RATE,
            Loudness.of(request.samples),
            self.lag(request.language),
        )
        everything = [word for text in texts for word in text]
        speller = self._speller(request.language)
        firsts = list(accumulate(map(len, texts), initial=0))
        aligned = iter(
            align_words(
                everything,
                stretch,
                speller,
                texts=firsts,
                with_characters=request.characters,
            )
        )
        return [[next(aligned) for _ in text] for text in texts]

    def _like_whisperx(self, request: AlignRequest, emissions: Emissions) -> list[list[Word]]:
        """The words of all texts as of one segment; WhisperX knows one a chunk, and no regions."""
        aligned = align_like_whisperx(
            emissions,
            self._model.alphabet(request.language),
            " ".join(filter(str.strip, request.texts)),
            Audio(request.samples).span,
            request.language and without_region(request.language),
            interpolate=self._options.interpolation,
            characters=request.characters,
        )
        words = iter(aligned)
        return [list(_spelling(text, words)) for text in request.texts]

    def _speller(self, language: str | None) -> Speller:
        if language not in self._spellers:
            self._spellers[language] = Speller(self._model.alphabet(language))
        return self._spellers[language]

    def _calibrated(
        self, language: str | None
    ) -> Iterator[tuple[tuple[Word, ...], Sequence[Word]]]:
        known = self._calibration()
        speller = self._speller(language)
        for index, emissions in self._model.emissions([each.samples for each in known], language):
            samples, words = known[index].samples, known[index].words
            stretch = Stretch(emissions, len(samples) / SAMPLE_RATE)
            yield words, align_words([word.text for word in words], stretch, speller)


def _spelling(text: str, words: Iterator[Word]) -> Iterator[Word]:
    """As many of the words as spell a text."""
    letters = len(without_spaces(text))
    while letters > 0:
        word = next(words)
        letters -= len(without_spaces(word.text))
        yield word


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, the next one being computed in a thread while the last one is used."""
    with ThreadPoolExecutor(1, "asrcore-emissions") as executor:
        upcoming = executor.submit(next, items, None)
        while (item := upcoming.result()) is not None:
            upcoming = executor.submit(next, items, None)
            yield item

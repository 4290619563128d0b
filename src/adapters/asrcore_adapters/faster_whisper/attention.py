"""Word times from Whisper's own attention, for text that is known.

Source: while Whisper writes a token, some of its cross-attention heads look at where that token
sounds; dynamic time warping (Sakoe and Chiba, "Dynamic Programming Algorithm Optimization for
Spoken Word Recognition", 1978) finds the monotonic way through what they look at. CTranslate2 does
this for all rows of a batch at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from asrcore.domain.alignment.sound import Loudness
from asrcore.domain.alignment.trimming import sounding
from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.language import joiner, split_words, without_region
from asrcore.domain.request import AlignRequest
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.domain.whisper.prompting import MAX_LENGTH
from asrcore.domain.whisper.segments import TIME_PRECISION
from asrcore.domain.whisper.transcription import WINDOW
from asrcore.errors import translate
from asrcore_adapters.faster_whisper.failures import failed
from asrcore_adapters.faster_whisper.features import FRAMES_PER_SECOND, log_mel
from asrcore_adapters.faster_whisper.vocabulary import Vocabulary

BATCH = 8
"""Stretches of sound that are encoded together."""
MEDIAN = 7
"""Frames over which the attention is smoothed."""


class AttentionAligner:
    """Places text, whoever wrote it, by the attention of a loaded Whisper.

    Only the words of sounds up to 30 s with text that fits into Whisper's context can be placed;
    those of other requests come without times, as do all where there are more tokens than frames
    of 20 ms. Text in an unknown language is read as English.
    """

    def __init__(self, whisper: WhisperModel, vocabulary: Vocabulary) -> None:
        self._whisper = whisper
        self._vocabulary = vocabulary

    @cached_property
    def capabilities(self) -> AlignerCapabilities:
        """The model's languages."""
        return AlignerCapabilities(languages=frozenset(self._vocabulary.languages()))

    def align(self, batch: Sequence[AlignRequest]) -> Sequence[Sequence[Sequence[Word]]]:
        """Encode and align stretches of one language together, at most `BATCH` at once."""
        with translate({Exception: failed}):
            tasks = [_Task.of(request, self._vocabulary) for request in batch]
            groups: defaultdict[str, list[_Task]] = defaultdict(list)
            for task in tasks:
                if task.feasible(MAX_LENGTH - self._room(task.language)):
                    groups[task.language].append(task)
            for language, group in groups.items():
                for start in range(0, len(group), BATCH):
                    self._place(group[start : start + BATCH], language)
            return [list(task.answer()) for task in tasks]

    def close(self) -> None:
        """Nothing: the model is the transcriber's."""

    def _room(self, language: str) -> int:
        """Tokens before and after the text: the start, `<|notimestamps|>`, the end."""
        return len(self._vocabulary.tokenizer(language=language).sot_sequence) + 2

    def _place(self, tasks: Sequence[_Task], language: str) -> None:
        features = log_mel(self._whisper, [task.request.samples for task in tasks])
        results = self._whisper.model.align(
            self._whisper.encode(features),
            self._vocabulary.tokenizer(language=language).sot_sequence,
            [task.tokens for task in tasks],
            [task.frames for task in tasks],
            median_filter_width=MEDIAN,
        )
        for task, result in zip(tasks, results, strict=True):
            task.placed = _words(task, result)


@dataclass
class _Task:
    """A request on its way.

    Attributes:
        tokens: of all its text.
        stretches: for each token the characters of `text` that it writes: first, and behind last.
        placed: its words with their times, once they are known.
    """

    request: AlignRequest
    language: str
    text: str
    written: list[list[str]]
    tokens: list[int]
    stretches: list[tuple[int, int]]
    placed: list[Word] | None = None

    @classmethod
    def of(cls, request: AlignRequest, vocabulary: Vocabulary) -> _Task:
        language = without_region(request.language or "en")
        written = [split_words(text, language) for text in request.texts]
        text = _as_whisper_writes(request.texts, language)
        encoded = vocabulary.tokenizer().tokenizer.encode(text, add_special_tokens=False)
        return cls(request, language, text, written, encoded.ids, encoded.offsets)

    @property
    def frames(self) -> int:
        """Of its spectrogram without the padding."""
        limit = round(WINDOW * FRAMES_PER_SECOND)
        return min(limit, len(self.request.samples) * FRAMES_PER_SECOND // SAMPLE_RATE)

    def feasible(self, room: int) -> bool:
        """Whether there is text, and it can be there."""
        fits = len(self.request.samples) <= WINDOW * SAMPLE_RATE
        return fits and 0 < len(self.tokens) <= min(room, self.frames // 2)

    def answer(self) -> Iterator[list[Word]]:
        """The words of each text, without times where they were not placed."""
        words = iter(self.placed or map(Word, chain.from_iterable(self.written)))
        for text in self.written:
            yield [next(words) for _ in text]


def _as_whisper_writes(texts: Sequence[str], language: str) -> str:
    """One text, with a space before each word where words have spaces."""
    space = joiner(language)
    return "".join(space + text.strip() for text in texts if text.strip())


def _words(task: _Task, result: Any) -> list[Word]:
    starts, ends, scores = _characters(task, result)
    loudness = Loudness.of(task.request.samples)
    words, behind = [], 0
    for word in chain.from_iterable(task.written):
        first = task.text.index(word, behind)
        behind = first + len(word)
        span = sounding(loudness, TimeSpan(starts[first], ends[behind - 1]))
        words.append(Word(word, span, float(np.nanmean(scores[first:behind]))))
    return words


def _characters(
    task: _Task, result: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Start, end and probability of each character; spaces have none (NaN).

    A token's time is shared evenly by its characters; a character that several tokens write has
    the times of them all, and the probability of the last.
    """
    starts, ends, scores = np.full((3, len(task.text)), np.nan)
    times = _token_times(result.alignments)
    for index, (first, behind) in enumerate(task.stretches):
        visible = slice(behind - len(task.text[first:behind].lstrip()), behind)
        edges = np.linspace(times[index], times[index + 1], behind - visible.start + 1)
        starts[visible] = np.fmin(starts[visible], edges[:-1])
        ends[visible] = np.fmax(ends[visible], edges[1:])
        scores[visible] = result.text_token_probs[index]
    return starts, ends, scores


def _token_times(alignments: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """When each token starts, and the last ends, in seconds: shape (tokens + 1,)."""
    tokens, frames = np.array(alignments).T
    begins: NDArray[np.intp] = frames[np.diff(tokens, prepend=-1) > 0]
    return begins * TIME_PRECISION

"""A Whisper that writes what it was told to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from asrcore.domain.audio import Samples
from asrcore.domain.request import Instructions
from asrcore.domain.whisper.engine import Generated

Answer = tuple[Sequence[int], float, float]
"""Tokens, mean log-probability, probability of silence."""


class ScriptedWhisper:
    """Token n writes ` word<n>`; the tokens from 1000 on are timestamps.

    `answers` holds an answer for each round of encoding and each temperature; a chunk's answer is
    found by its first sample, which is its key: `answers[round][key][temperature]`. `asked` keeps
    what was asked: (rows, temperature) of each call, and `prompts` the prompts.
    """

    timestamp_begin = 1000

    def __init__(
        self,
        answers: Sequence[Mapping[float, Mapping[float, Answer]]],
        languages: Mapping[str, float] | None = None,
    ) -> None:
        self._answers = list(answers)
        self._languages = languages
        self.asked: list[tuple[tuple[int, ...], float]] = []
        self.prompts: list[Sequence[int]] = []
        self.detected: list[tuple[int, ...]] = []
        self.heard: list[Sequence[Samples]] = []

    @property
    def multilingual(self) -> bool:
        return self._languages is not None

    def encode(self, batch: Sequence[Samples]) -> ScriptedBatch:
        self.heard.append(batch)
        return ScriptedBatch(self, self._answers[len(self.heard) - 1], batch)

    def prompt(self, instructions: Instructions, language: str) -> Sequence[int]:
        return [len(language), len(instructions.prompt or "")]

    def text(self, tokens: Sequence[int]) -> str:
        return "".join(f" word{token}" for token in tokens if token < self.timestamp_begin)

    def languages(self, rows: Sequence[int]) -> list[Mapping[str, float]]:
        self.detected.append(tuple(rows))
        return [self._languages or {} for _ in rows]


class ScriptedBatch:
    """Chunks that a `ScriptedWhisper` has encoded."""

    def __init__(
        self,
        whisper: ScriptedWhisper,
        answers: Mapping[float, Mapping[float, Answer]],
        batch: Sequence[Samples],
    ) -> None:
        self._whisper = whisper
        self._answers = answers
        self._keys = [round(float(samples[0]), 2) for samples in batch]

    def languages(self, rows: Sequence[int]) -> list[Mapping[str, float]]:
        return self._whisper.languages(rows)

    def generate(
        self, rows: Sequence[int], prompts: Sequence[Sequence[int]], temperature: float
    ) -> list[Generated]:
        self._whisper.asked.append((tuple(rows), temperature))
        self._whisper.prompts.extend(prompts)
        answers = (self._answers[self._keys[row]][temperature] for row in rows)
        return [Generated(tuple(tokens), mean, silence) for tokens, mean, silence in answers]

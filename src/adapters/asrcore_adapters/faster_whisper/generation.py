"""What CTranslate2 is asked for, and how its answers are read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from ctranslate2 import StorageView
from numpy.typing import NDArray

from asrcore.domain.whisper.engine import Generated
from asrcore.domain.whisper.shape import FRAME, MAX_LENGTH
from asrcore_adapters.faster_whisper import FasterWhisperOptions


class EncodedBatch:
    """Chunks as CTranslate2's encoder sees them: it is asked when they are first wanted."""

    def __init__(
        self,
        model: Any,
        options: FasterWhisperOptions,
        features: NDArray[np.float32],
        begin: int,
        suppressed: Sequence[int],
    ) -> None:
        """Keep what is wanted later.

        Args:
            model: a CTranslate2 Whisper.
            options: how to search.
            features: shape (rows, mels, 3000).
            begin: the token that begins the text.
            suppressed: token ids that are never produced.
        """
        self._model = model
        self._options = options
        self._features = features
        self._begin = begin
        self._suppressed = list(suppressed)
        self._last: tuple[Sequence[int], Any] = ((), None)

    def languages(self, rows: Sequence[int]) -> list[Mapping[str, float]]:
        """Whisper's own detection: the probabilities of its language tokens."""
        return [
            {token[2:-2]: probability for token, probability in ranked}
            for ranked in self._model.detect_language(self._encoded(rows))
        ]

    def generate(
        self, rows: Sequence[int], prompts: Sequence[Sequence[int]], temperature: float
    ) -> list[Generated]:
        """Decode rows in groups of prompts that CTranslate2 takes together."""
        found: dict[int, Generated] = {}
        for group in self._groups(prompts):
            encoded = self._encoded([rows[each] for each in group])
            chosen = [list(prompts[each]) for each in group]
            found |= zip(group, self._generate(encoded, chosen, temperature), strict=True)
        return [found[each] for each in range(len(rows))]

    def _groups(self, prompts: Sequence[Sequence[int]]) -> Iterator[list[int]]:
        """Indices of prompts of one length that begin the text at one place."""
        groups: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for index, prompt in enumerate(prompts):
            groups[len(prompt), prompt.index(self._begin)].append(index)
        yield from groups.values()

    def _encoded(self, rows: Sequence[int]) -> Any:
        if self._last[0] != tuple(rows):
            view = StorageView.from_array(self._features[list(rows)])
            self._last = tuple(rows), self._model.encode(view)
        return self._last[1]

    def _generate(
        self, encoded: Any, prompts: list[list[int]], temperature: float
    ) -> Iterator[Generated]:
        options = self._options
        results = self._model.generate(
            encoded,
            prompts,
            max_length=self._max_length(len(prompts[0])),
            length_penalty=options.length_penalty,
            repetition_penalty=options.repetition_penalty,
            no_repeat_ngram_size=options.no_repeat_ngram_size,
            suppress_blank=options.suppress_blank,
            suppress_tokens=self._suppressed,
            max_initial_timestamp_index=round(options.max_initial_timestamp / FRAME),
            return_scores=True,
            return_no_speech_prob=True,
            **self._search(temperature),
        )
        for result in results:
            tokens = tuple(result.sequences_ids[0])
            # CTranslate2 normalises by length; Whisper's mean also counts the end token.
            total = result.scores[0] * len(tokens) ** options.length_penalty
            yield Generated(tokens, total / (len(tokens) + 1), result.no_speech_prob)

    def _search(self, temperature: float) -> dict[str, float]:
        if temperature > 0:
            return {
                "beam_size": 1,
                "num_hypotheses": self._options.best_of,
                "sampling_topk": 0,
                "sampling_temperature": temperature,
            }
        return {"beam_size": self._options.beam_size, "patience": self._options.patience}

    def _max_length(self, prompt: int) -> int:
        """CTranslate2 generates at most half of this, and what the prompt's rest leaves of it.

        (The prompt's last token counts as the first step of the text.)
        """
        new = self._options.max_new_tokens
        return MAX_LENGTH if new is None else min(MAX_LENGTH, max(2 * new, prompt - 1 + new))

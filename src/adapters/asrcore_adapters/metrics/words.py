"""Word and character error rate."""

from __future__ import annotations

from collections.abc import Mapping

import jiwer

from asrcore.domain.annotation import Annotation
from asrcore.domain.scoring.measures import Rate
from asrcore.plugin import Placement
from asrcore_adapters.metrics import WordOptions
from asrcore_adapters.metrics.edits import rate
from asrcore_adapters.metrics.text import normalize_by


class WordErrors:
    """`wer` and `cer`: jiwer's, over a recording's whole text, normalized.

    The text is one string, so that nothing depends on how it is cut into lines, except that
    brackets are closed on the line that opens them, or are none; characters include the spaces
    between words. Where the reference has no words, all that the hypothesis has are insertions,
    of a total of 0: such a recording has no rate, and still counts in the set's.
    """

    def __init__(self, options: WordOptions, placement: Placement) -> None:
        self._normalize = normalize_by(options.normalizer)

    def measure(self, reference: Annotation, hypothesis: Annotation) -> Mapping[str, Rate]:
        """Both rates; nothing where either document tells no text."""
        if reference.text is None or hypothesis.text is None:
            return {}
        texts = self._normalize(reference.text), self._normalize(hypothesis.text)
        return {
            "wer": rate(jiwer.process_words(*texts)),
            "cer": rate(jiwer.process_characters(*texts)),
        }

"""How good a hypothesis is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from asrcore.domain.annotation import Annotation
from asrcore.domain.scoring.measures import Measure


class Metric(Protocol):
    """Measures one aspect, such as words or speakers."""

    def measure(self, reference: Annotation, hypothesis: Annotation) -> Mapping[str, Measure]:
        """The findings for one recording by name, such as `wer` and `cer`.

        A name is left out where the reference or the hypothesis does not tell what it takes.

        Raises:
            InputError: a document tells something that cannot be measured.
            EngineError: the engine failed.
        """
        ...

"""Sound to log-probabilities of labels, for alignment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.audio import Samples
from asrcore.domain.capabilities import AlignerCapabilities


@runtime_checkable
class EmissionModel(Protocol):
    """A CTC model: what it hears in each frame; text, path and words are the core's business.

    An aligner backend that is one of these is made an `Aligner` by the core.
    """

    @property
    def capabilities(self) -> AlignerCapabilities:
        """What it honours."""
        ...

    def alphabet(self, language: str | None) -> Alphabet:
        """The labels of the model for a language, which is loaded if need be.

        Raises:
            ModelError: there is no model for the language, or it cannot be had.
        """
        ...

    def emissions(
        self, batch: Sequence[Samples], language: str | None
    ) -> Iterator[tuple[int, Emissions]]:
        """For each stretch of sound its index in the batch and its emissions, in any order.

        They come as they are computed, so that the caller aligns some while others are on the
        device. A stretch that is too short for a frame has emissions of no frames.

        Raises:
            ModelError: there is no model for the language, or it cannot be had.
            EngineError: the engine failed.
        """
        ...

    def close(self) -> None:
        """Free the models; called once, when nobody uses them any more."""
        ...

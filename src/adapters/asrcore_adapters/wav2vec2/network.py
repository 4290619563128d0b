"""What is the same of a network on any engine: stretches in, emissions out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.alignment.emissions import Emissions
from asrcore.domain.audio import Samples
from asrcore.errors import EngineError
from asrcore_adapters.wav2vec2.description import Description

Collect = Callable[[], list[Emissions]]
"""Waits for a batch that is under way, and gives its answers in order."""


class Network(ABC):
    """A model that gives a stretch the same answer alone and beside longer ones.

    Models of `feat_extract_norm = "group"` normalise over a stretch's whole length, so that padding
    would change every frame (transformers issue 10117); here they do so over its own frames alone.

    Attributes:
        alphabet: what its columns write.
        frame_duration: seconds from one frame to the next.
        compute_type: in which numbers it computes: `float32`.
    """

    def __init__(self, description: Description, compute_type: str) -> None:
        self.alphabet = description.alphabet
        self.frame_duration = description.architecture.frame_duration
        self.compute_type = compute_type
        self._description = description
        self._convolutions = description.architecture.convolutions

    @property
    @abstractmethod
    def overlaps(self) -> bool:
        """Whether the device computes while this thread does something else."""

    @abstractmethod
    def start(self, stretches: Sequence[Samples]) -> Collect:
        """Begin with a batch of stretches, each of a frame or more."""

    def frames(self, samples: int, layers: int | None = None) -> int:
        """The frames of so many samples, behind so many convolutions or all; 0 below the first."""
        for kernel, stride in self._convolutions[:layers]:
            samples = (samples - kernel) // stride + 1
        return max(0, samples)

    def nothing(self) -> Emissions:
        """The answer to a stretch that is too short for a frame."""
        return self._emissions(np.zeros((0, len(self.alphabet.labels)), dtype=np.float32))

    def answers(
        self, log_probs: NDArray[np.float32], stretches: Sequence[Samples]
    ) -> list[Emissions]:
        """The emissions of each stretch.

        Args:
            log_probs: shape (stretches, frames, labels), padded.
            stretches: which they belong to.

        Raises:
            EngineError: some are no numbers.
        """
        counts = [self.frames(len(samples)) for samples in stretches]
        found = [rows[:count] for rows, count in zip(log_probs, counts, strict=True)]
        for rows, samples in zip(found, stretches, strict=True):
            if not np.isfinite(rows).all():
                raise _not_finite(samples, self.compute_type)
        return [self._emissions(rows) for rows in found]

    def _emissions(self, log_probs: NDArray[np.float32]) -> Emissions:
        return Emissions(log_probs, self.frame_duration)


def _not_finite(samples: Samples, compute_type: str) -> EngineError:
    """Why log-probabilities of a stretch are no numbers."""
    if not np.isfinite(samples).all():
        return EngineError(
            "the sound holds samples that are no numbers, and wav2vec2 cannot hear it",
            "convert the recording: ffmpeg -i RECORDING -c:a pcm_s16le NEW.wav",
        )
    if compute_type != "float32":
        return EngineError(
            f"wav2vec2 gave numbers that are none, in {compute_type}",
            "compute exactly: --set aligner.compute_type=float32",
        )
    return EngineError(
        "wav2vec2 gave numbers that are none, in float32: the model's weights must be damaged",
        "name another model with --set aligner.options.model=HUB_ID",
    )

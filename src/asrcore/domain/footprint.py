"""How much memory a model takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a model takes of the memory of its device.

    Attributes:
        name: what people call it.
        model: GiB of its weights.
        chunk: GiB that each chunk of a batch adds, at the worst moment.
    """

    name: str
    model: float
    chunk: float

    def chunks_within(self, memory: float) -> int:
        """Chunks at once that fit into so many GiB, the model counted; 0 where it does not."""
        return max(0, int((memory - self.model) / self.chunk))

"""Which chunks are heard together."""

from __future__ import annotations

from collections.abc import Sequence

WINDOW = 4
"""Batches that are put together at a time. On the recordings of `tests/data/synthetic`, shuffled,
this saves two of five steps of decoding; what it costs is that a chunk may wait for three batches.
"""
GRAIN = 4.0
"""Seconds: chunks whose lengths differ by less stay in order. How fast people speak differs more
than that, so a finer order saves no more steps, and a long recording's text comes as it is said.
"""


def similar(durations: Sequence[float], size: int) -> list[list[int]]:
    """Put chunks of about one length together, since a batch lasts as long as its longest text.

    Args:
        durations: of chunks that wait, in seconds, the oldest first.
        size: chunks in a batch.

    Returns:
        Batches of places in `durations`, each place once and in order; all are full but one, which
        holds the shortest chunks. The batch of the oldest chunk comes first, and so on.
    """
    by_length = sorted(range(len(durations)), key=lambda place: -round(durations[place] / GRAIN))
    cuts = range(0, len(by_length), size)
    return sorted(sorted(by_length[cut : cut + size]) for cut in cuts)

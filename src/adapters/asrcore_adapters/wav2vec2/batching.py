"""Which stretches of sound go through the model together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def batches(lengths: Sequence[int], budget: float) -> Iterator[list[int]]:
    """Indices of stretches, the longest first, in groups of little padding.

    Args:
        lengths: of each stretch, in any unit.
        budget: a group padded to its longest is no longer than this, if it has two or more.
    """
    group: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda each: -lengths[each]):
        if group and lengths[group[0]] * (len(group) + 1) > budget:
            yield group
            group = []
        group.append(index)
    if group:
        yield group

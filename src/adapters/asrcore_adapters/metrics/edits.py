"""Edits that turn a reference into a hypothesis."""

from __future__ import annotations

from typing import Protocol

from asrcore.domain.scoring.measures import Rate


class Edits(Protocol):
    """How many of each kind there are; `hits` are what needs none."""

    hits: int
    substitutions: int
    deletions: int
    insertions: int


def rate(edits: Edits) -> Rate:
    """Errors over the length of the reference."""
    parts = {
        "insertions": edits.insertions,
        "deletions": edits.deletions,
        "substitutions": edits.substitutions,
    }
    total = edits.hits + edits.substitutions + edits.deletions
    return Rate(sum(parts.values()), total, {**parts, "hits": edits.hits})

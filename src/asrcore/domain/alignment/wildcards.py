"""How far a wildcard may reach.

It takes any sound, so beside speech that nobody wrote it would take all of that. It is held to
one stretch of sound, and to a length that it could have.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.alignment.spelling import WILDCARD, Spelling

PAUSE = 20
"""Frames without sound that end what a wildcard stands for: a number is said in one go."""
SHORTEST, A_CHARACTER = 30, 30
"""Frames that it may last at least, and more for each character that it stands for: `$7` is said
in two words, `777` in five."""


def confined(
    frames: NDArray[np.intp],
    labels: NDArray[np.intp],
    spelling: Spelling,
    sounding: NDArray[np.bool_],
) -> NDArray[np.intp]:
    """The frames that labels have, less those that wildcards have no claim to.

    Of several stretches of sound, the first counts where it follows the word before at once, else
    the last, which the word after follows.

    Args:
        frames: those that labels have, in order.
        labels: shape of `frames`: which.
        spelling: the labels.
        sounding: for every frame of the sound whether anything sounds in it.
    """
    kept = np.ones(len(frames), np.bool_)
    for label in np.flatnonzero(spelling.columns == WILDCARD).tolist():
        mine = np.flatnonzero(labels == label)
        heard = mine[sounding[frames[mine]]]
        if len(heard):
            before = frames[mine[0] - 1] if mine[0] else frames[heard[0]]
            stretch = _stretch(
                frames[heard], int(before), SHORTEST + A_CHARACTER * spelling.lengths[label]
            )
            kept[mine] = (frames[mine] >= stretch[0]) & (frames[mine] <= stretch[-1])
    return frames[kept]


def _stretch(heard: NDArray[np.intp], before: int, longest: int) -> NDArray[np.intp]:
    """One stretch of what is heard, from its begin or up to its end, as long as it may be."""
    first, *others = np.split(heard, np.flatnonzero(np.diff(heard) > PAUSE) + 1)
    at_once = not others or first[0] - before <= PAUSE
    chosen = first if at_once else others[-1]
    near = chosen < chosen[0] + longest if at_once else chosen > chosen[-1] - longest
    kept: NDArray[np.intp] = chosen[near]
    return kept

"""Which voices are one speaker's: pyannote.audio's clustering, with a bound on what it needs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.diarization import SpeakerCount

Voices = NDArray[np.float32]
Numbers = NDArray[np.int64]

MOST_VOICES = 16_384
"""How many voices are compared each with each, which takes 2 GB; about three hours of talk."""


def tell_apart(
    clustering: Any, voices: Voices, active: Any, speakers: SpeakerCount
) -> tuple[Numbers, Voices | None]:
    """The speaker of each voice, and the speakers' own voices.

    Of more than `MOST_VOICES`, as many are clustered, evenly spread over the recording; the
    others go to the speaker they are most like.

    Args:
        clustering: pyannote.audio's.
        voices: of shape (windows, local speakers, dimension); NaN where there is none.
        active: pyannote.audio's binary windows.
        speakers: how many there are, as far as it is known.

    Returns:
        Speakers of shape (windows, local speakers); their voices, of shape (speakers, dimension),
        or None where nobody is heard long enough to have one.
    """
    valid = np.argwhere(~np.isnan(voices).any(axis=2))
    if not len(valid):
        return np.zeros(voices.shape[:2], np.int64), None
    compared, left = _spread(valid, MOST_VOICES)
    clusters, _, centroids = clustering(
        embeddings=_only(voices, compared) if len(left) else voices,
        segmentations=active,
        num_clusters=speakers.exact,
        min_clusters=speakers.minimum,
        max_clusters=speakers.maximum,
    )
    clusters[tuple(left.T)] = _most_alike(voices[tuple(left.T)], centroids)
    return clusters.astype(np.int64), centroids


def _spread(voices: Numbers, most: int) -> tuple[Numbers, Numbers]:
    """Rows in two parts: at most so many, evenly spread, and the rest."""
    chosen = np.zeros(len(voices), bool)
    chosen[np.linspace(0, len(voices) - 1, min(most, len(voices))).round().astype(int)] = True
    return voices[chosen], voices[~chosen]


def _only(voices: Voices, kept: Numbers) -> Voices:
    """The voices with NaN for all but some."""
    fewer = np.full_like(voices, np.nan)
    fewer[tuple(kept.T)] = voices[tuple(kept.T)]
    return fewer


def _most_alike(voices: Voices, centroids: Voices) -> Numbers:
    """The centroid of least angle to each voice."""
    directions = centroids / np.linalg.norm(centroids, axis=1, keepdims=True)
    found: Numbers = (voices @ directions.T).argmax(axis=1)
    return found

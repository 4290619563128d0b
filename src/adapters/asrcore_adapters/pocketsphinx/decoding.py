"""Sound into a PocketSphinx decoder, and times out of it."""

from __future__ import annotations

import re

import numpy as np
from pocketsphinx import Decoder, Segment

from asrcore.domain.audio import Samples
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import EngineError

FRAMES_PER_SECOND = 100
VARIANT = re.compile(r"\(\d+\)$")
"""The dictionary marks second pronunciations: `and(2)`."""


def decode(decoder: Decoder, samples: Samples) -> list[Segment]:
    """The segments of one stretch of sound, silences and noises among them; none for no sound."""
    if not len(samples):
        return []
    pcm = (np.clip(samples, -1.0, 1.0) * np.iinfo(np.int16).max).astype(np.int16)
    # Cepstral means of this chunk alone ("batch"), and no memory of the chunk before it.
    decoder.reinit_feat()
    decoder.start_utt()
    try:
        decoder.process_raw(pcm.tobytes(), full_utt=True)
    finally:
        decoder.end_utt()
    return list(decoder.seg() or ())


def word_of(segment: Segment) -> str | None:
    """The dictionary's word, whichever way it is pronounced; None for silences and noises."""
    word = VARIANT.sub("", segment.word)
    return None if word.startswith(("<", "[")) else word


def span_of(segment: Segment, duration: float) -> TimeSpan:
    """When it sounds; nothing lies beyond the sound's duration in seconds."""
    frames = segment.start_frame, segment.end_frame + 1
    return TimeSpan(*(min(duration, frame / FRAMES_PER_SECOND) for frame in frames))


def failed(error: Exception) -> EngineError:
    """PocketSphinx's errors in our words."""
    return EngineError(f"pocketsphinx failed: {error}")

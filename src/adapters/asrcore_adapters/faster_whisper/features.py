"""What Whisper's encoder sees of some sound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from numpy.typing import NDArray

from asrcore.domain.audio import Samples


def log_mel(whisper: WhisperModel, batch: Sequence[Samples]) -> NDArray[np.float32]:
    """Log-mel spectrograms of shape (stretches, bands, frames), each padded or cut to 30 s."""
    extract = whisper.feature_extractor
    return np.stack([pad_or_trim(extract(samples)[..., :-1]) for samples in batch])

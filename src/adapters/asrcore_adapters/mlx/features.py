"""What Whisper's encoder sees of some sound."""

from __future__ import annotations

import mlx.core as mx
from mlx_whisper.audio import N_SAMPLES, log_mel_spectrogram, pad_or_trim

from asrcore.domain.audio import Samples


def log_mel(samples: Samples, bands: int) -> mx.array:
    """Log-mel spectrogram of shape (3000, bands), of samples padded with silence or cut to 30 s."""
    return log_mel_spectrogram(pad_or_trim(mx.array(samples), N_SAMPLES), n_mels=bands)

"""What Whisper's encoder sees of some sound."""

from __future__ import annotations

from threading import Lock

import mlx.core as mx
from mlx_whisper.audio import (
    N_SAMPLES_PER_TOKEN,
    log_mel_spectrogram,
    mel_filters,
    pad_or_trim,
)
from mlx_whisper.whisper import ModelDimensions

from asrcore.domain.audio import Samples

_PREPARING = Lock()


def prepare(dims: ModelDimensions) -> None:
    """Compute the filters, which the library keeps for all threads and leaves to the first."""
    with _PREPARING:
        mx.eval(mel_filters(dims.n_mels))


def log_mel(samples: Samples, dims: ModelDimensions) -> mx.array:
    """Log-mel spectrogram, shape (frames, bands), of samples padded with silence or cut to 30 s.

    (To whatever the model takes at once: all that are published take 30 s.)
    """
    window = dims.n_audio_ctx * N_SAMPLES_PER_TOKEN
    return log_mel_spectrogram(pad_or_trim(mx.array(samples), window), n_mels=dims.n_mels)

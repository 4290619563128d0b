"""`Wav2Vec2ForCTC` in MLX; parts are called as in transformers, so that its weights fit."""

from __future__ import annotations

from collections.abc import Sequence

import mlx.core as mx
from mlx import nn

from asrcore_adapters.wav2vec2.description import Architecture
from asrcore_adapters.wav2vec2.over_mlx.encoder import Encoder
from asrcore_adapters.wav2vec2.over_mlx.features import FeatureEncoder, own_frames


class FeatureProjection(nn.Module):
    """From the convolutions' channels to the transformer's."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.layer_norm = nn.LayerNorm(shape.conv_dim[-1], shape.layer_norm_eps)
        self.projection = nn.Linear(shape.conv_dim[-1], shape.hidden_size)

    def __call__(self, heard: mx.array) -> mx.array:
        """Shape (stretches, frames, channels)."""
        return self.projection(self.layer_norm(heard))


class Wav2Vec2Model(nn.Module):
    """Sound to frames."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.feature_extractor = FeatureEncoder(shape)
        self.feature_projection = FeatureProjection(shape)
        self.encoder = Encoder(shape)

    def __call__(self, sound: mx.array, first: Sequence[int], counts: Sequence[int]) -> mx.array:
        """See `Wav2Vec2ForCTC`."""
        heard = self.feature_extractor(sound, first)
        own = None if min(counts) == max(counts) else own_frames(counts, heard.shape[1])
        return self.encoder(self.feature_projection(heard), own)


class Wav2Vec2ForCTC(nn.Module):
    """Sound to log-probabilities of labels."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.wav2vec2 = Wav2Vec2Model(shape)
        self.lm_head = nn.Linear(shape.hidden_size, shape.vocab_size)

    def __call__(self, sound: mx.array, first: Sequence[int], counts: Sequence[int]) -> mx.array:
        """Log-probabilities in float32, shape (stretches, frames, labels).

        Args:
            sound: prepared samples, zeros behind short stretches, shape (stretches, samples, 1).
            first: each stretch's own frames behind the first convolution.
            counts: each stretch's own frames behind the last.
        """
        logits = self.lm_head(self.wav2vec2(sound, first, counts)).astype(mx.float32)
        return logits - mx.logsumexp(logits, axis=-1, keepdims=True)

"""Speakers' voices out of a window of sound: its frames once, and from them each speaker's."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  as all the world calls it
from numpy.typing import NDArray

Masks = NDArray[np.float32]


def usable_masks(masks: Masks, least: float) -> Masks:
    """Where each speaker speaks alone, or where at all if alone is too short to tell a voice.

    Args:
        masks: 1 where a speaker speaks, of shape (windows, frames, speakers).
        least: a voice needs more frames than that.
    """
    alone = masks * (masks.sum(axis=2, keepdims=True) < 2)
    enough = alone.sum(axis=1, keepdims=True) > least
    return np.where(enough, alone, masks).astype(np.float32)


def features_of(network: Any, waveforms: torch.Tensor) -> torch.Tensor:
    """What a network of voices hears in each frame, before it is averaged over time.

    Args:
        network: a WeSpeaker ResNet or an x-vector of pyannote.audio.
        waveforms: of shape (windows, 1, samples).

    Returns:
        Shape (windows, ..., frames).
    """
    if hasattr(network, "forward_frames"):
        return network.forward_frames(waveforms)  # type: ignore[no-any-return]
    front = network.mfcc if hasattr(network, "mfcc") else network.sincnet
    features: torch.Tensor = front(waveforms).squeeze(dim=1)
    for layer in network.tdnns:
        features = layer(features)
    return features


def pooled(network: Any, features: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Each speaker's voice: the mean and the deviation of the frames in which he speaks.

    Args:
        network: what made the features.
        features: of shape (windows, ..., frames).
        weights: of shape (windows, speakers, frames of any number); stretched to the features'.

    Returns:
        Shape (windows, speakers, dimension).
    """
    weights = F.interpolate(weights, size=features.shape[-1], mode="nearest")
    if hasattr(network, "forward_embedding"):
        return network.forward_embedding(features, weights)  # type: ignore[no-any-return]
    return network.embedding(network.stats_pool(features, weights=weights))  # type: ignore[no-any-return]

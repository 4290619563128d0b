"""What the nets are trained for, and how far they are."""

from __future__ import annotations

import math
from functools import cache
from itertools import combinations, permutations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from tools.small_models.speakers.mixing import FRAMES, SPEAKERS

SCALE, MARGIN = 30.0, 0.2
SHORTEST = 30
"""Frames of speech, half a second, from which an embedding is learnt."""

SETS = tuple(chosen for size in range(3) for chosen in combinations(range(SPEAKERS), size))
"""Who speaks in each class, in pyannote's order."""
PERMUTATIONS = tuple(permutations(range(SPEAKERS)))


@cache
def mapping(device: torch.device) -> Tensor:
    """Shape (classes, speakers): 1 where the class has the speaker."""
    table = [[float(who in chosen) for who in range(SPEAKERS)] for chosen in SETS]
    return torch.tensor(table, device=device)


@cache
def renamed(device: torch.device) -> Tensor:
    """Shape (permutations, classes): what each class is called when speakers swap names."""
    places = {frozenset(chosen): place for place, chosen in enumerate(SETS)}
    swapped = [
        [places[frozenset(order[who] for who in chosen)] for chosen in SETS]
        for order in PERMUTATIONS
    ]
    return torch.tensor(swapped, device=device)


def classes(active: Tensor) -> Tensor:
    """Shape (windows, speakers, frames), at most two at once, to classes (windows, frames)."""
    sets = mapping(active.device)
    agreement = active.transpose(1, 2).float() @ (2 * sets - 1).T
    return agreement.argmax(-1)


def segmentation_loss(scores: Tensor, active: Tensor) -> Tensor:
    """Cross entropy a frame, speakers of a window in the order that suits the scores best.

    Args:
        scores: shape (windows, frames, classes), log-probabilities.
        active: shape (windows, speakers, frames), bool.
    """
    wanted = renamed(scores.device)[:, classes(active)]
    costs = -scores[None].expand(len(wanted), -1, -1, -1).gather(3, wanted[..., None])[..., 0]
    return costs.mean(2).amin(0).mean()


def frame_error(scores: Tensor, active: Tensor) -> tuple[Tensor, Tensor]:
    """Share of frames in another class than the true one, and diarization error within windows.

    The second is missed, false and confused speech over all speech. Speakers of a window are in
    the best order, for each of the two.
    """
    found, sets = scores.argmax(-1), mapping(scores.device)
    wanted = renamed(scores.device)[:, classes(active)]
    wrong = (found != wanted).float().mean(2).amin(0).mean()
    heard, true = sets[found], sets[wanted]
    correct = (heard * true).sum(-1)
    errors = torch.maximum(heard.sum(-1), true.sum(-1)) - correct
    return wrong, errors.sum(2).amin(0).sum() / true[0].sum().clamp(min=1)


def identity_loss(cosines: Tensor, identity: Tensor, margin: float) -> Tensor:
    """Additive angular margin: Deng et al., ArcFace, CVPR 2019.

    Args:
        cosines: shape (embeddings, identities).
        identity: shape (embeddings,), the true ones; those below 0 do not count.
        margin: radians.
    """
    counts = (identity >= 0).float()
    index = identity.clamp(min=0)[:, None]
    true = cosines.gather(1, index).clamp(-1 + 1e-6, 1 - 1e-6)
    moved = true * math.cos(margin) - (1 - true.square()).sqrt() * math.sin(margin)
    moved = torch.where(true > -math.cos(margin), moved, true - margin * math.sin(margin))
    logits = SCALE * cosines.scatter(1, index, moved)
    losses = F.cross_entropy(logits, index[:, 0], reduction="none")
    return (losses * counts).sum() / counts.sum().clamp(min=1)


def stretches(active: Tensor, identities: Tensor, dice: torch.Generator) -> tuple[Tensor, Tensor]:
    """From which frames of a window each speaker's embedding is taken.

    Mostly where the speaker speaks alone; half of them from a part of the window only.

    Args:
        active: shape (windows, speakers, frames), bool.
        identities: shape (windows, speakers).

    Returns:
        masks of active's shape, and identities, -1 where there is too little speech.
    """
    shape = (*active.shape[:2], 1)
    device = active.device

    def uniform() -> Tensor:
        return torch.rand(shape, device=device, generator=dice)

    alone = active & (active.sum(1, keepdim=True) < 2)
    masks = torch.where(uniform() < 0.8, alone, active)
    frame = torch.arange(active.shape[2], device=device)
    length = FRAMES * (0.08 + 0.52 * uniform())
    begin = uniform() * (FRAMES - length)
    part = masks & (frame >= begin) & (frame < begin + length)
    use = (uniform() < 0.5) & (part.sum(2, keepdim=True) >= SHORTEST)
    masks = torch.where(use, part, masks)
    enough = masks.sum(2) >= SHORTEST
    return masks, torch.where(enough, identities, -1)


def equal_error_rate(embeddings: np.ndarray, identities: np.ndarray) -> float:
    """The error at the cosine at which as many strangers pass as friends are refused.

    Args:
        embeddings: shape (n, dimension).
        identities: shape (n,); at least one twice, and two of them.
    """
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    rows, columns = np.triu_indices(len(unit), 1)
    same = identities[rows] == identities[columns]
    order = np.argsort(-(unit @ unit.T)[rows, columns])
    same = same[order]
    refused = 1 - np.cumsum(same) / same.sum()
    passed = np.cumsum(~same) / (~same).sum()
    place = np.argmin(np.abs(refused - passed))
    return float((refused[place] + passed[place]) / 2)

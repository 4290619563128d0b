"""The loop that both models share: by the clock, while synthesis goes on beside it."""

from __future__ import annotations

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tools.small_models.batches import Batch, Batches
from tools.small_models.corpus import finished_shards
from tools.synthetic.speech import SAMPLE_RATE


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes:
        shards: folder that the synthesis fills.
        out: folder for the checkpoint and the list of shards in memory.
        seconds: how long; the learning rate follows the clock, to zero at the end.
        rate: highest learning rate.
        hours: of speech that fit into memory.
        warm_up: steps.
        compiled: whether to compile the model; it pays after a minute.
        resume: a checkpoint to go on from.
    """

    shards: Path
    out: Path
    seconds: float
    rate: float
    hours: float = 190.0
    warm_up: int = 600
    compiled: bool = True
    resume: Path | None = None

    @property
    def device(self) -> str:
        """The GPU where there is one."""
        return "cuda" if torch.cuda.is_available() else "cpu"


class Speech:
    """All samples end to end in the memory of the device."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.listing = plan.out / "shards.json"
        self.listing.unlink(missing_ok=True)
        capacity = int(plan.hours * 3600 * SAMPLE_RATE)
        self.samples = torch.zeros(capacity, dtype=torch.int16, device=plan.device)
        self.filled = 0
        self._known: dict[str, int] = {}

    @property
    def hours(self) -> float:
        """Of speech in memory."""
        return self.filled / SAMPLE_RATE / 3600

    def refresh(self, most: int = 60) -> None:
        """Load new shards, `most` at once, and list them for the processes that make batches."""
        new = [path for path in finished_shards(self._plan.shards) if str(path) not in self._known]
        for path in new[:most]:
            samples = np.load(path)
            if self.filled + len(samples) + 16 > len(self.samples):
                self._refuse_nothing(path)
                break
            end = self.filled + len(samples)
            self.samples[self.filled : end] = torch.from_numpy(samples).to(self._plan.device)
            self._known[str(path)], self.filled = self.filled, end
        if new:
            self._publish()

    def _refuse_nothing(self, path: Path) -> None:
        """Training on nothing would wait for ever."""
        if not self.filled:
            raise ValueError(f"{path} alone is longer than the {self._plan.hours} h of --hours")

    def _publish(self) -> None:
        draft = self.listing.with_suffix(".part")
        draft.write_text(json.dumps(list(self._known.items())), encoding="utf-8")
        draft.rename(self.listing)


def rate(plan: Plan, step: int, progress: float) -> float:
    """Warm-up by steps, then a cosine down to zero by the clock."""
    falling = 0.5 * (1 + math.cos(math.pi * progress))
    return plan.rate * min(1.0, (step + 1) / plan.warm_up) * falling


def train(
    plan: Plan,
    net: nn.Module,
    make_batches: Callable[[Path], Batches],
    losses: Callable[[Batch, Speech, float], dict[str, Tensor]],
) -> None:
    """Train until the time is over, and write `checkpoint.npz` now and then and at the end.

    Args:
        make_batches: begins to fill a queue of batches from the listed shards.
        losses: the losses of one batch by name; `loss` is the one that is minimised.
    """
    speech = Speech(plan)
    while not speech.filled:
        speech.refresh()
        time.sleep(0.5)
    if plan.resume:
        net.load_state_dict(load_checkpoint(plan.resume))
    batches, optimiser = make_batches(speech.listing), _optimiser(net, plan)
    log, began, step = _Log(plan), time.monotonic(), 0
    net.train()
    while (elapsed := time.monotonic() - began) < plan.seconds:
        progress = elapsed / plan.seconds
        for group in optimiser.param_groups:
            group["lr"] = rate(plan, step, progress)
        found = losses(batches.next(progress), speech, progress)
        optimiser.zero_grad(set_to_none=True)
        found["loss"].backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        step += 1
        if log.due(elapsed, found):
            log.write(elapsed, step, speech)
            speech.refresh()
            save_checkpoint(plan.out / "checkpoint.npz", net)
    save_checkpoint(plan.out / "checkpoint.npz", net)
    log.write(elapsed, step, speech)


def _optimiser(net: nn.Module, plan: Plan) -> torch.optim.Optimizer:
    """AdamW; embeddings, norms and biases do not decay."""
    named = [(name, each) for name, each in net.named_parameters() if each.requires_grad]
    decays = [each for name, each in named if each.ndim > 1 and "embed" not in name]
    stays = [each for name, each in named if each.ndim <= 1 or "embed" in name]
    groups = [{"params": decays, "weight_decay": 0.05}, {"params": stays, "weight_decay": 0.0}]
    fused = plan.device == "cuda"
    return torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98), eps=1e-8, fused=fused)


def save_checkpoint(path: Path, net: nn.Module) -> None:
    """Half-precision weights by name; the file appears whole."""
    weights = {name: each.detach().half().cpu().numpy() for name, each in net.state_dict().items()}
    draft = path.with_suffix(".part.npz")
    np.savez(draft, **weights)
    draft.rename(path)


def load_checkpoint(path: Path) -> dict[str, Tensor]:
    """Weights in single precision by name."""
    with np.load(path) as stored:
        return {name: torch.from_numpy(stored[name]).float() for name in stored.files}


class _Log:
    """A line every ten seconds: where training is and the mean of each loss since the last."""

    def __init__(self, plan: Plan, every: float = 10.0) -> None:
        self._plan, self._every, self._last = plan, every, 0.0
        self._sums: dict[str, list[Tensor]] = defaultdict(list)

    def due(self, elapsed: float, found: dict[str, Tensor]) -> bool:
        """Note the losses; whether it is time for a line."""
        for name, loss in found.items():
            self._sums[name].append(loss.detach())
        return elapsed - self._last >= self._every

    def write(self, elapsed: float, step: int, speech: Speech) -> None:
        """The line."""
        means = (f"{name} {torch.stack(each).mean():.3f}" for name, each in self._sums.items())
        place = f"{elapsed:.0f} s, step {step}, {speech.hours:.1f} h"
        print(f"{place}: {' '.join(means)}", flush=True)
        self._sums.clear()
        self._last = elapsed

"""One loop for the three nets, on the same windows, by the clock, while synthesis goes on."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tools.small_models.speakers.cast import Cast
from tools.small_models.speakers.features import FilterBank, cycled, stretched
from tools.small_models.speakers.identities import SPEEDS, sources
from tools.small_models.speakers.mixing import Mixer, Talk
from tools.small_models.speakers.nets import Embedding, Identities, Segmentation, Voiceprint
from tools.small_models.speakers.objectives import (
    MARGIN,
    equal_error_rate,
    frame_error,
    identity_loss,
    segmentation_loss,
    stretches,
)
from tools.small_models.speakers.sound import Recording, ended, moved, render
from tools.small_models.training import Plan, Speech, load_checkpoint, rate

NETS = ("segmentation", "embedding", "voice")
RATES = {"segmentation": 1.0, "embedding": 0.8, "voice": 1.2}
"""Times the plan's rate."""
HEARD = 400
"""Frames of a stretch that the voiceprint is trained on: 4 s; shorter ones are repeated."""
JUDGED = 178
"""Frames from which validation takes an embedding: 3 s."""
ENOUGH_SOURCES, PATIENCE = 0.5, 40.0
"""Training begins when so many of the sources have spoken, or after so many seconds."""
LINES, SAVES = 10.0, 60.0
"""Seconds from line to line of the log, and from checkpoint to checkpoint."""


@dataclass(frozen=True)
class Heard:
    """Windows as the nets get them.

    Attributes:
        waves: shape (windows, samples).
        active: shape (windows, speakers, frames), bool.
        identities: shape (windows, speakers); -1 nobody.
    """

    waves: Tensor
    active: Tensor
    identities: Tensor


class Studio:
    """Makes windows sound."""

    def __init__(self, speech: Speech, device: str, seed: int) -> None:
        self._speech, self._device = speech, device
        self._recording = Recording(device, seed)

    def heard(self, talk: Talk) -> Heard:
        """Render and record windows."""
        waves = render(self._speech.samples, talk.rows, len(talk.identities))
        waves = self._recording(waves)
        active = moved(talk.active, self._device)
        waves, active = ended(waves, active, self._recording.ends(len(waves)))
        return Heard(waves, active, moved(talk.identities, self._device))


class Trio(nn.Module):
    """The nets, each embedding's judge, and what they hear.

    Args:
        identities: how many there are to tell apart.
    """

    def __init__(self, identities: int) -> None:
        super().__init__()
        self.segmentation = Segmentation()
        self.embedding, self.voice = Embedding(), Voiceprint()
        self.judges = nn.ModuleDict({name: Identities(identities) for name in NETS[1:]})
        self.bank = FilterBank()

    def embed(self, heard: Heard, masks: Tensor) -> dict[str, Tensor]:
        """Both embeddings of each window's speakers, shape (windows * speakers, dimension)."""
        device = heard.waves.device.type
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            found = self.embedding(heard.waves, masks)
        frames = self.bank(heard.waves)
        kept = stretched(masks, frames.shape[1]) > 0.5
        told = cycled(frames, kept, HEARD).flatten(0, 1)
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            voice = self.voice(told)
        return {"embedding": found.flatten(0, 1), "voice": voice.float()}

    def losses(self, heard: Heard, dice: torch.Generator, margin: float) -> dict[str, Tensor]:
        """Of each net; and the share of identities that are recognised among all."""
        scores = self.segmentation(heard.waves[:, None])
        found = {"segmentation": segmentation_loss(scores, heard.active)}
        masks, identities = stretches(heard.active, heard.identities, dice)
        identities = identities.flatten()
        for name, embeddings in self.embed(heard, masks).items():
            cosines = self.judges[name](embeddings.float())
            found[name] = identity_loss(cosines, identities, margin)
            found[f"known-by-{name}"] = _recognised(cosines, identities)
        return found

    def parts(self, name: str) -> list[nn.Module]:
        """A net and, for an embedding, its judge."""
        judge = [self.judges[name]] if name in self.judges else []
        return [getattr(self, name), *judge]


def _recognised(cosines: Tensor, identities: Tensor) -> Tensor:
    counts = identities >= 0
    return ((cosines.argmax(1) == identities) & counts).sum() / counts.sum().clamp(min=1)


def train(plan: Plan, batch: int, tested: int) -> None:
    """Train until the time is over; checkpoints each minute, one file a net, and at the end.

    The time runs from the beginning, though training waits for the first speech.

    Args:
        plan: `compiled` is not used; `resume` is a folder with checkpoints.
        batch: windows a step.
        tested: windows of the voices kept apart, on which errors are measured.
    """
    everybody = sources()
    learnt = Cast([source for source in everybody if not source.development])
    apart = Cast([source for source in everybody if source.development])
    speech, began = Speech(plan), time.monotonic()
    _wait(plan, speech, learnt, apart)
    trio = Trio(len(learnt.sources) * len(SPEEDS)).to(plan.device)
    if plan.resume:
        resume(plan.resume, trio)
    session = _Session(plan, trio, speech, learnt)
    trial = _Trial(trio, speech, apart, plan.device, tested)
    spoke = saved = time.monotonic()
    while (elapsed := time.monotonic() - began) < plan.seconds:
        session.step(batch, elapsed)
        if time.monotonic() - spoke >= LINES:
            session.report(elapsed)
            _refresh(speech, learnt, apart)
            spoke = time.monotonic()
        if time.monotonic() - saved >= SAVES:
            save(plan.out, trio)
            trial.report()
            saved = time.monotonic()
    save(plan.out, trio)
    session.report(elapsed)
    trial.report()


class _Session:
    """Steps, and what came of them since the last line of the log."""

    def __init__(self, plan: Plan, trio: Trio, speech: Speech, cast: Cast) -> None:
        self._plan, self._trio, self._speech, self._cast = plan, trio, speech, cast
        self._mixer = Mixer(cast, varied=True, seed=time.time_ns() % 2**32)
        self._studio = Studio(speech, plan.device, seed=time.time_ns() % 2**32)
        self._dice = torch.Generator(plan.device)
        self._optimiser = _optimiser(trio, plan)
        self._sums: dict[str, list[Tensor]] = defaultdict(list)
        self._steps = 0

    def step(self, batch: int, elapsed: float) -> None:
        """One step of all nets."""
        progress = elapsed / self._plan.seconds
        for group in self._optimiser.param_groups:
            group["lr"] = rate(self._plan, self._steps, progress) * group["factor"]
        heard = self._studio.heard(self._mixer.talk(batch))
        margin = MARGIN * min(1.0, 4 * progress)
        losses = self._trio.losses(heard, self._dice, margin)
        self._optimiser.zero_grad(set_to_none=True)
        sum(losses[name] for name in NETS).backward()
        for name in NETS:
            weights = (each for part in self._trio.parts(name) for each in part.parameters())
            nn.utils.clip_grad_norm_(list(weights), 2.0)
        self._optimiser.step()
        self._steps += 1
        for name, loss in losses.items():
            self._sums[name].append(loss.detach())

    def report(self, elapsed: float) -> None:
        """A line."""
        means = (f"{name} {torch.stack(each).mean():.3f}" for name, each in self._sums.items())
        known = f"{self._speech.hours:.1f} h, {len(self._cast.present)} sources"
        print(f"{elapsed:.0f} s, step {self._steps}, {known}: {' '.join(means)}", flush=True)
        self._sums.clear()


class _Trial:
    """How the nets do with people they never learn from; the same windows each time."""

    def __init__(self, trio: Trio, speech: Speech, cast: Cast, device: str, windows: int) -> None:
        self._trio, self._cast = trio, cast
        self._speech, self._device, self._windows = speech, device, windows
        self._heard: Heard | None = None

    def report(self) -> None:
        """A line, once two of them have spoken."""
        if self._heard is None and len(self._cast.present) > 1:
            talk = Mixer(self._cast, varied=False, seed=5).talk(self._windows)
            self._heard = Studio(self._speech, self._device, seed=5).heard(talk)
        if self._heard is not None:
            self._trio.eval()
            with torch.no_grad():
                found = judged(self._trio, self._heard)
            self._trio.train()
            errors = " ".join(f"{name} {100 * error:.1f} %" for name, error in found.items())
            print(f"  unknown people ({len(self._cast.present)} sources): {errors}", flush=True)


def judged(trio: Trio, heard: Heard) -> dict[str, float]:
    """Errors of segmentation, and equal error rates of embeddings of 3 s, each in its own room."""
    scores = torch.cat([trio.segmentation(some[:, None]) for some in heard.waves.split(64)])
    frames, diarization = frame_error(scores, heard.active)
    found = {"frames wrong": float(frames), "diarization error": float(diarization)}
    alone = heard.active & (heard.active.sum(1, keepdim=True) < 2)
    masks = alone & (alone.cumsum(2) <= JUDGED)
    enough = ((masks.sum(2) == JUDGED) & (heard.identities >= 0)).flatten().cpu().numpy()
    identities = heard.identities.flatten().cpu().numpy()[enough]
    if len(np.unique(identities)) > 1 and len(np.unique(identities)) < len(identities):
        for name, embeddings in trio.embed(heard, masks).items():
            known = embeddings.float().cpu().numpy()[enough]
            found[f"EER of {name}"] = equal_error_rate(known, identities)
    return found


def _optimiser(trio: Trio, plan: Plan) -> torch.optim.Optimizer:
    """AdamW; norms, biases and band edges do not decay."""
    groups = []
    for name in NETS:
        weights = [each for part in trio.parts(name) for each in part.named_parameters()]
        decays = [each for key, each in weights if each.ndim > 1 and "hz_" not in key]
        stays = [each for key, each in weights if each.ndim <= 1 or "hz_" in key]
        common = {"factor": RATES[name], "lr": plan.rate}
        groups.append({"params": decays, "weight_decay": 0.05, **common})
        groups.append({"params": stays, "weight_decay": 0.0, **common})
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=plan.device == "cuda")


def _wait(plan: Plan, speech: Speech, learnt: Cast, apart: Cast) -> None:
    """Until there is enough to learn from, or the patience is over and there is anything."""
    began = time.monotonic()
    while True:
        _refresh(speech, learnt, apart)
        enough = len(learnt.present) >= ENOUGH_SOURCES * len(learnt.sources)
        over = time.monotonic() - began > min(PATIENCE, plan.seconds / 10)
        if len(learnt.present) and (enough or over):
            return
        time.sleep(0.5)


def _refresh(speech: Speech, *casts: Cast) -> None:
    speech.refresh()
    if not speech.filled:
        return
    listed = json.loads(speech.listing.read_text(encoding="utf-8"))
    for cast in casts:
        cast.extend(listed)


def save(folder: Path, trio: Trio) -> None:
    """A file for each net, with its judge; single precision, under 13 MB; they appear whole."""
    for name in NETS:
        weights = _state(trio, name)
        draft = folder / f"{name}.part.npz"
        np.savez(draft, **{key: each.detach().cpu().numpy() for key, each in weights.items()})
        draft.rename(folder / f"{name}.npz")


def resume(folder: Path, trio: Trio) -> None:
    """Load the checkpoints that are in a folder."""
    for name in NETS:
        path = folder / f"{name}.npz"
        if path.exists():
            stored, wanted = load_checkpoint(path), _state(trio, name)
            if set(stored) != set(wanted):
                raise ValueError(f"{path} holds other weights than those of {name}")
            for key, each in wanted.items():
                each.data.copy_(stored[key])


def _state(trio: Trio, name: str) -> Mapping[str, Tensor]:
    """The tensors of a net and of its judge, the latter under `judge`."""
    judge = trio.judges[name].state_dict(prefix="judge.") if name in trio.judges else {}
    return {**getattr(trio, name).state_dict(), **judge}

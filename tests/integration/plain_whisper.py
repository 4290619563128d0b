"""Whisper's decoding as it is published, one token after the other, and tiny models for it.

Nothing is kept from step to step, and nothing is computed together: slow, and plain to see.
"""

import json
import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_whisper.whisper import ModelDimensions, Whisper

from asrcore.domain.whisper.shape import FRAME
from asrcore_adapters.mlx.rules import Limits
from asrcore_adapters.mlx.searching import Work

NEVER = -math.inf
SIZE, END, BEGIN, SILENT, UNTIMED, STAMPS = 60, 30, 31, 32, 33, 36
"""Tokens of the tiny vocabulary: text, the end, markers, and timestamps from `STAMPS` on."""


def limits_of(**more) -> Limits:
    """The tiny vocabulary's, with nothing forbidden but what is said."""
    known = {"suppressed": (), "blanks": (), "latest": 5}
    return Limits(**{"size": SIZE, "end": END, "timestamp_begin": STAMPS, **known, **more})


def tiny_whisper(seed=0, vocabulary=SIZE, mels=80, heads=2, width=16) -> Whisper:
    """Random weights, large enough for a model that changes its mind."""
    frames, context, layers = 50, 448, 2
    audio = (mels, frames, width, heads, 1)
    model = Whisper(ModelDimensions(*audio, vocabulary, context, width, heads, layers), mx.float32)
    keys = iter(mx.random.split(mx.random.key(seed), 200))
    model.load_weights(
        [
            (name, each if name == "alignment_heads" else 0.5 * mx.random.normal(each.shape, key=k))
            for (name, each), k in zip(tree_flatten(model.parameters()), keys, strict=False)
        ]
    )
    mx.eval(model.parameters())
    return model


def saved(model: Whisper, folder: Path, weights: str = "weights.safetensors", **config) -> Path:
    """A model as a folder in MLX's layout."""
    folder.mkdir(parents=True, exist_ok=True)
    described = json.dumps({"model_type": "whisper", **vars(model.dims), **config})
    (folder / "config.json").write_text(described, encoding="utf-8")
    tensors, file = dict(tree_flatten(model.parameters())), str(folder / weights)
    if weights.endswith(".npz"):
        mx.savez(file, **tensors)
    else:
        mx.save_safetensors(file, tensors)
    return folder


def of_seconds(seconds: float, model: Path, folder: Path) -> Path:
    """The same model, hearing no more than that at once: so much less work."""
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    config["n_audio_ctx"] = round(seconds / FRAME)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    shutil.copy(model / "weights.safetensors", folder)
    return folder


def work_of(
    model: Whisper, prompts: Sequence[Sequence[int]], limits: Limits, room=12, seed=0
) -> Work:
    """Rows of random sound for a tiny model."""
    heard = mx.random.normal((len(prompts), 50, model.dims.n_text_state), key=mx.random.key(seed))
    rooms = room if isinstance(room, list) else [room] * len(prompts)
    return Work(model, heard, prompts, BEGIN, SILENT, UNTIMED, rooms, limits)


def log_likelihoods(scores: Sequence[float]) -> list[float]:
    """Log-probabilities of scores, minus infinity among them."""
    best = max(scores)
    total = best + math.log(sum(math.exp(each - best) for each in scores))
    return [each - total for each in scores]


def ruled(
    scores: Sequence[float], written: Sequence[int], limits: Limits, *, timed: bool
) -> list[float]:
    """What Whisper's rules leave of the scores for the token after those written."""
    scores, begin, size = list(scores), limits.timestamp_begin, limits.no_repeat_ngram

    def forbid(tokens):
        for token in tokens:
            scores[token] = NEVER

    for token in set(written):
        penalty = limits.repetition_penalty
        scores[token] *= penalty if scores[token] < 0 else 1 / penalty
    for first in range(len(written) - size + 1 if size else 0):
        if written[first : first + size - 1] == written[len(written) - size + 1 :]:
            forbid([written[first + size - 1]])
    forbid(limits.suppressed)
    forbid(range(limits.end + 1, begin))
    forbid(() if written else limits.blanks)
    if timed:
        _forbid_by_time(scores, written, limits, forbid)
    else:
        forbid(range(begin, limits.size))
    if max(scores) == NEVER:
        scores[limits.end] = 0.0
    return scores


def _forbid_by_time(scores, written, limits, forbid) -> None:
    begin = limits.timestamp_begin
    if not written:
        forbid(range(begin))
        forbid(range(begin + limits.latest + 1, limits.size))
        return
    stamps = [token for token in written if token >= begin]
    after = written[-1] >= begin
    pair = after and (len(written) == 1 or written[-2] >= begin)
    if pair:
        forbid(range(begin, limits.size))
    elif after:
        forbid(range(limits.end))
    if stamps:
        forbid(range(begin, stamps[-1] if after and not pair else stamps[-1] + 1))
    together = sum(math.exp(each) for each in scores[begin:])
    if together > math.exp(max(scores[:begin])):
        forbid(range(begin))


class Row:
    """One row of some work, without the others."""

    def __init__(self, work: Work, row: int) -> None:
        self.limits, self.room = work.limits, work.room[row]
        self._prompt, self._heard = list(work.prompts[row]), work.heard[row : row + 1]
        self._timed, self._model = UNTIMED not in self._prompt, work.model

    def logits(self, written: Sequence[int] = ()) -> mx.array:
        """Scores of all tokens after each of prompt and text, everything computed anew."""
        tokens = mx.array([[*self._prompt, *written]])
        return self._model.logits(tokens, self._heard)[0]

    def scores(self, written: Sequence[int]) -> list[float]:
        """Scores of the next token, by the rules."""
        return ruled(self.logits(written)[-1].tolist(), written, self.limits, timed=self._timed)

    def silence(self) -> float:
        """The probability that nobody speaks."""
        start = self._prompt.index(BEGIN)
        return mx.softmax(self.logits()[start])[SILENT].item()

    def written(self, choose: Callable[[Sequence[float], int], int]) -> tuple[list[int], float]:
        """Tokens one by one as they are chosen of scores and step, and their mean likelihood."""
        text, total = list[int](), 0.0
        for step in range(self.room):
            scores = self.scores(text)
            token = choose(scores, step)
            total += log_likelihoods(scores)[token]
            if token == self.limits.end:
                break
            text.append(token)
        return text, total / (len(text) + 1)

    def greedy(self) -> tuple[list[int], float]:
        """The likeliest token each time."""
        return self.written(lambda scores, _: scores.index(max(scores)))

    def beams(self, size: int, patience=1.0, penalty=1.0) -> tuple[list[int], float]:
        """The best that a beam search finds."""
        running, ended, wanted = [([], 0.0)], [], max(1, round(size * patience))
        while running and len(ended) < wanted and len(running[0][0]) < self.room:
            running = self._continued(running, ended, size, wanted)
        ended += running[: wanted - len(ended)]
        text, total = max(ended, key=lambda each: each[1] / max(1, len(each[0])) ** penalty)
        return text, total / (len(text) + 1)

    def _continued(self, running, ended, size, wanted):
        candidates = [
            (total + likely, text, token)
            for text, total in running
            for token, likely in enumerate(log_likelihoods(self.scores(text)))
            if likely > NEVER
        ]
        candidates.sort(key=lambda each: -each[0])
        new = []
        for rank, (total, text, token) in enumerate(candidates):
            if token != self.limits.end:
                new.append(([*text, token], total))
            elif rank < size and len(ended) < wanted:
                ended.append((text, total))
            if len(new) == size:
                break
        return new

"""The steps of `python -m tools.small_models`. Each imports what it needs, and no more."""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.small_models.training import Plan
    from tools.synthetic.speech import Utterance

SHARDS_HEARD = 12
"""Shards out of which `heads` takes its utterances."""


def synthesise(given: argparse.Namespace) -> None:
    """Speak lines of text."""
    from tools.small_models.synthesis import synthesise

    _speak(synthesise, given)


def synthesise_speakers(given: argparse.Namespace) -> None:
    """Speak lines of text as many pseudo-speakers."""
    from tools.small_models.speakers.synthesis import synthesise

    _speak(synthesise, given)


def _speak(synthesise: Callable[..., None], given: argparse.Namespace) -> None:
    synthesise(
        given.lines,
        given.out,
        worker=given.worker,
        workers=given.workers,
        seconds=given.seconds,
        shard=given.shard,
        engines=given.engines,
    )


def train_speakers(given: argparse.Namespace) -> None:
    """Train the three nets that tell speakers apart."""
    from tools.small_models.speakers.training import train

    train(_plan(given), given.batch, given.tested)


def export_speakers(given: argparse.Namespace) -> None:
    """Write the three nets for pyannote.audio and sherpa-onnx."""
    from tools.small_models.speakers.export import export_speakers

    export_speakers(given.checkpoints, given.out, given.threshold, given.min_cluster_size)


def tune_speakers(given: argparse.Namespace) -> None:
    """Print how pyannote's pipeline does with each threshold of its clustering."""
    from tools.small_models.speakers.tune import tune

    for trial in tune(given.folder, given.lines, given.scenes, given.thresholds):
        print(
            f"threshold {trial.threshold:.2f}, clusters of {trial.min_cluster_size}:"
            f" DER {100 * trial.error:.1f} %, speakers counted {100 * trial.counted:.0f} %",
            flush=True,
        )


def vocabulary(given: argparse.Namespace) -> None:
    """Write down the tokens that get rows of their own."""
    from tools.small_models.vocabulary import Vocabulary
    from tools.synthetic.speech import Sentence

    lines = [line for path in given.lines for line in path.read_text("utf-8").splitlines()]
    texts = (Sentence.parse(line).text for line in lines)
    used = Vocabulary.of_texts(given.tokenizer, texts).used.tolist()
    given.out.write_text(json.dumps(used), encoding="utf-8")
    print(f"{len(lines)} lines, {len(used)} tokens")


def train_whisper(given: argparse.Namespace) -> None:
    """Train the Whisper."""
    from tools.small_models.batches import Batches, WindowBatches
    from tools.small_models.objectives import WhisperObjective
    from tools.small_models.training import train
    from tools.small_models.vocabulary import SIZE
    from tools.small_models.whisper_net import Size, Whisper

    plan, used = _plan(given), _read(given.used)
    size = Size(**_read(given.shape)) if given.shape else Size()
    net = Whisper(len(used), SIZE - len(used), size).to(plan.device)
    make = WindowBatches(given.tokenizer, tuple(used), given.batch)
    objective = WhisperObjective(net, plan.device, compiled=plan.compiled)
    train(plan, net, lambda shards: Batches(make, shards, given.builders, 1), objective)


def train_ctc(given: argparse.Namespace) -> None:
    """Train the CTC model."""
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    from tools.small_models.batches import Batches, LineBatches
    from tools.small_models.objectives import CtcObjective
    from tools.small_models.training import train

    plan = _plan(given)
    config = Wav2Vec2Config(**_read(given.shape), attn_implementation="sdpa")
    net = Wav2Vec2ForCTC(config).to(plan.device)
    make = LineBatches(given.batch)
    objective = CtcObjective(net, plan.device, compiled=plan.compiled)
    train(plan, net, lambda shards: Batches(make, shards, given.builders, 2), objective)


def export_whisper(given: argparse.Namespace) -> None:
    """Write the Whisper for transformers; `heads` completes it."""
    from tools.small_models.export import export_whisper

    export_whisper(given.checkpoints, _read(given.used), given.tokenizer, given.out, heads=())


def export_ctc(given: argparse.Namespace) -> None:
    """Write the CTC model for transformers."""
    from tools.small_models.export import export_ctc

    export_ctc(given.checkpoint, given.out, given.shape)


def heads(given: argparse.Namespace) -> None:
    """Note the heads that follow the words where engines look for them."""
    from tools.small_models.heads import best_heads

    found = best_heads(given.model, _utterances(given.shards, given.count))
    path = given.model / "generation_config.json"
    noted = {**_read(path), "alignment_heads": [list(head) for head in found]}
    path.write_text(f"{json.dumps(noted, indent=2)}\n", encoding="utf-8")
    print(f"(layer, head): {found}")


def evaluate(given: argparse.Namespace) -> None:
    """Print what the models can do."""
    from tools.small_models.report import tables

    for table in tables(given.models, given.converted, given.sets, given.jfk):
        print(table, flush=True)


def _plan(given: argparse.Namespace) -> Plan:
    from tools.small_models.training import Plan

    given.out.mkdir(parents=True, exist_ok=True)
    return Plan(
        given.shards,
        given.out,
        given.seconds,
        given.rate,
        given.hours,
        given.warm_up,
        given.compiled,
        given.resume,
    )


def _utterances(folder: Path, count: int) -> list[Utterance]:
    """Some of what was synthesised, from shards all over it."""
    import numpy as np

    from tools.small_models.corpus import Corpus, finished_shards
    from tools.small_models.synthesis import SHARES
    from tools.synthetic.speech import Sentence, Utterance

    shards = finished_shards(folder)
    shards = shards[:: -(-len(shards) // SHARDS_HEARD)]
    parts = [np.load(path) for path in shards]
    offsets = np.cumsum([0, *map(len, parts)])[:-1]
    corpus, samples, chance = Corpus(SHARES), np.concatenate(parts), random.Random(3)
    corpus.extend(zip(map(str, shards), offsets.tolist(), strict=True))
    entries = [corpus.pick(chance) for _ in range(count)]
    return [
        Utterance(
            Sentence(entry.words),
            entry.family,
            samples[entry.offset : entry.offset + entry.samples],
            np.asarray(entry.starts),
            np.asarray(entry.ends),
        )
        for entry in entries
    ]


def _read(path: Path):  # noqa: ANN202 - whatever the JSON holds
    return json.loads(path.read_text(encoding="utf-8"))

"""At which distance the clustering should tell two speakers apart: tried with pyannote's pipeline.

Scenes of the persons whom training kept apart; each is segmented and embedded once, and clustered
with every threshold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.pipelines import SpeakerDiarization
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate

from tools.small_models.speakers.identities import Source, sources
from tools.synthetic.conditions import Conditions, recorded
from tools.synthetic.engines import engine
from tools.synthetic.scenes import Manner, Scene, conversation
from tools.synthetic.speech import SAMPLE_RATE, Delivery, Sentence, Utterance
from tools.synthetic.voices import voice

ROOMS = (
    Conditions(),
    Conditions(noise="pink", snr=20.0),
    Conditions(rt60=0.4),
    Conditions(telephone=True),
)
MURMURS = ("Yeah.", "Right.", "Okay.", "I see.")
SIZES = (2, 4, 6, 10)
"""Of a cluster, at least, in windows; smaller ones join others."""


@dataclass(frozen=True)
class Trial:
    """How one setting does over all scenes.

    Attributes:
        error: diarization error rate, no collar, overlap counted.
        counted: the share of scenes with as many speakers found as there are.
    """

    threshold: float
    min_cluster_size: int
    error: float
    counted: float


def tune(folder: Path, lines: Path, scenes: int, thresholds: Sequence[float]) -> Iterator[Trial]:
    """Try every threshold with every size of clusters.

    Args:
        folder: nano-speakers.
        lines: sentences that training did not use.
        scenes: how many.
    """
    pipeline = load(folder)
    pipeline.training = True  # keeps segmentation and embeddings with the file
    made = _files(lines, scenes)
    for size in SIZES:
        for threshold in thresholds:
            clustering = {"method": "centroid", "min_cluster_size": size, "threshold": threshold}
            segmentation = {"min_duration_off": 0.0}
            pipeline.instantiate({"clustering": clustering, "segmentation": segmentation})
            yield _tried(pipeline, made, threshold, size)


def load(folder: Path) -> SpeakerDiarization:
    """pyannote's pipeline of a folder whose configuration names files within it."""
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    params: dict[str, Any] = config["pipeline"]["params"]
    for name in ("segmentation", "embedding"):
        params[name] = str(folder / params[name])
    # what a checkpoint of pyannote's holds beside weights
    with torch.serialization.safe_globals([Specifications, Problem, Resolution]):
        pipeline = SpeakerDiarization(**params)
    pipeline.instantiate(config["params"])
    return pipeline


def _tried(
    pipeline: SpeakerDiarization, files: Sequence[dict[str, Any]], threshold: float, size: int
) -> Trial:
    metric, counted = DiarizationErrorRate(), 0
    for file in files:
        found = pipeline.apply(file)
        metric(file["truth"], found, uem=file["span"])
        counted += len(found.labels()) == len(file["truth"].labels())
    return Trial(threshold, size, abs(metric), counted / len(files))


def _file(scene: Scene, samples: np.ndarray, name: str) -> dict[str, Any]:
    """As pyannote takes it; in the truth, an utterance is one piece of speech, pauses and all."""
    truth = Annotation(uri=name)
    for track, placed in enumerate(scene.placed):
        truth[Segment(placed.start, placed.end), track] = placed.voice
    return {
        "waveform": torch.from_numpy(samples)[None],
        "sample_rate": SAMPLE_RATE,
        "uri": name,
        "truth": truth,
        "span": Timeline([Segment(0, scene.duration)], uri=name),
    }


def _files(lines: Path, scenes: int) -> list[dict[str, Any]]:
    """Talks of two, three and four, in all rooms in turn."""
    rng, found = np.random.default_rng(1), []
    sentences = cycle(lines.read_text(encoding="utf-8").splitlines())
    everybody = [source for source in sources() if source.development]
    for number in range(scenes):
        some = rng.permutation(len(everybody))[: 2 + number % 3]
        voices = [_accent(everybody[place], rng) for place in some]
        manner = Manner(float(rng.uniform(60, 110)), overlap=(0.0, 0.02, 0.05)[number % 3])

        def say(name: str) -> Utterance:
            return _spoken(name, sentences)

        def murmur(name: str) -> Utterance:
            return _spoken(name, cycle(rng.permutation(MURMURS).tolist()))

        scene = conversation(voices, manner, say, murmur, rng)
        samples = recorded(scene, ROOMS[number % len(ROOMS)], (), rng)
        found.append(_file(scene, samples.astype(np.float32), f"scene {number}"))
    return found


def _accent(source: Source, rng: np.random.Generator) -> str:
    return source.voices[rng.integers(len(source.voices))].name


def _spoken(name: str, lines: Iterator[str]) -> Utterance:
    """The next line that the voice can speak."""
    speaker = voice(name)
    found = (
        engine(speaker.engine).speak(Sentence.parse(line), speaker, Delivery()) for line in lines
    )
    return next(utterance for utterance in found if utterance is not None)

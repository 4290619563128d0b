"""Emissions for alignment in batches, beside one forward a segment as WhisperX does it.

    python benchmarks/emissions.py [--device cuda] [--segments 40] [--longest 4] [--threads 2]

A model of the size and kind of wav2vec2-base-960h with random weights (speed does not depend on
them) hears short segments cut from `examples/`, others each time, since cuDNN takes milliseconds
for each length that it has not met yet. All ways run in turn; medians of five, and how many times
faster than WhisperX's way each is. The labels that differ from those of float32 tell
nothing here, since the weights are random: tests do that on a trained model.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.domain.recording import Recording
from asrcore.plugin import Options, Placement
from asrcore.usecases.load import load_audio
from asrcore_adapters.pyav.source import PyavAudioSource
from asrcore_adapters.wav2vec2 import Wav2Vec2Options
from asrcore_adapters.wav2vec2.over_torch.model import Wav2Vec2EmissionModel

EXAMPLES = Path(__file__).parents[1] / "examples"
LABELS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"]
RUNS = 5


def save_model(folder: Path) -> None:
    """Random weights; transformers' default configuration is that of wav2vec2-base."""
    torch.manual_seed(0)
    Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=len(LABELS))).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)
    vocabulary = {label: column for column, label in enumerate(LABELS)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")


def cut(count: int, longest: float, seed: int) -> list[Samples]:
    """Segments of half a second to the longest, from anywhere in the examples."""
    source = PyavAudioSource(Options(), Placement())
    sound = np.concatenate(
        [
            load_audio(source, Recording.of(path), print).samples
            for path in sorted(EXAMPLES.glob("*.flac"))
        ]
    )
    draw = np.random.default_rng(seed)
    lengths = (draw.uniform(0.5, longest, count) * SAMPLE_RATE).astype(int)
    starts = [int(draw.integers(0, len(sound) - length)) for length in lengths]
    return [sound[start : start + length] for start, length in zip(starts, lengths, strict=True)]


def whisperx_way(folder: Path, device: str) -> Callable[[Sequence[Samples]], None]:
    """Batch size 1, float32, the raw samples, each answer fetched before the next is asked for."""
    model = Wav2Vec2ForCTC.from_pretrained(folder).to(device).eval()

    def run(segments: Sequence[Samples]) -> None:
        for samples in segments:
            with torch.inference_mode():
                logits = model(torch.from_numpy(samples)[None].to(device)).logits
                torch.log_softmax(logits, dim=-1)[0].cpu()

    return run


def our_way(
    folder: Path, device: str, compute_type: str, seconds: float | None
) -> Callable[[Sequence[Samples]], None]:
    """The aligner's emission model, as it is planned."""
    values = {"model": str(folder), **({"batch_seconds": seconds} if seconds else {})}
    options = Wav2Vec2Options.model_validate(values)
    model = Wav2Vec2EmissionModel(options, Placement(device, compute_type))

    def run(segments: Sequence[Samples]) -> None:
        for _ in model.emissions(segments, "en"):
            pass

    return run


def timed(run: Callable[[Sequence[Samples]], None], segments: Sequence[Samples]) -> float:
    """Seconds for 1000 seconds of sound."""
    begun = time.perf_counter()
    run(segments)
    taken = time.perf_counter() - begun
    return taken * 1000 * SAMPLE_RATE / sum(len(samples) for samples in segments)


def main() -> None:
    """Measure all ways in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--segments", type=int, default=40)
    parser.add_argument("--longest", type=float, default=4.0, help="seconds")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-seconds", type=float)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    kinds = ["float32", "bfloat16"] + (["float16"] if asked.device != "cpu" else [])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_model(folder)
        ways = {"one by one (WhisperX)": whisperx_way(folder, asked.device)}
        for kind in kinds:
            ways[f"asrcore {kind}"] = our_way(folder, asked.device, kind, asked.batch_seconds)
        for run in ways.values():
            run(cut(4, asked.longest, seed=0))
        times = {way: list[float]() for way in ways}
        for seed in range(1, RUNS * len(ways) + 1, len(ways)):
            for offset, (way, run) in enumerate(ways.items()):
                times[way].append(timed(run, cut(asked.segments, asked.longest, seed + offset)))
    print(f"{asked.segments} segments, {asked.device}; seconds for 1000 seconds of sound")
    base = statistics.median(times["one by one (WhisperX)"])
    for way, taken in times.items():
        median = statistics.median(taken)
        print(f"{way:24} {median:7.3f} s   {base / median:5.2f} times as fast")


if __name__ == "__main__":
    main()

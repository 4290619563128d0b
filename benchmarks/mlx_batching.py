"""Our MLX backend beside `mlx_whisper.transcribe`: same sound, same weights, one run.

With random weights, of any published shape, writing a fixed number of tokens for each 30 s:

    python benchmarks/mlx_batching.py --shape large-v3-turbo --device cuda --windows 16

With the small Whisper on a recording, found speech and all (wants `make models`):

    python benchmarks/mlx_batching.py --recording tests/data/synthetic/meetings/two-apart.opus

Prints seconds, times real time, the ratio and the memory that MLX took at most.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
from mlx_whisper.whisper import ModelDimensions, Whisper

from asrcore.domain.request import ChunkRequest, Instructions
from asrcore.domain.whisper.transcription import Transcription
from asrcore.plugin import Placement
from asrcore_adapters.common.mlx_devices import device_of
from asrcore_adapters.common.mlx_lanes import Lanes
from asrcore_adapters.mlx import MLXOptions
from asrcore_adapters.mlx.engine import MLXEngine
from asrcore_adapters.mlx.vocabulary import Vocabulary

theirs = import_module("mlx_whisper.transcribe")  # the package has a function of that name
CONVERTED = Path(__file__).parents[1] / ".cache" / "models" / "nano-whisper-mlx"
SHAPES = {  # bands, width, heads, encoder layers, decoder layers, tokens
    "tiny": (80, 384, 6, 4, 4, 51865),
    "small": (80, 768, 12, 12, 12, 51865),
    "large-v3": (128, 1280, 20, 32, 32, 51866),
    "large-v3-turbo": (128, 1280, 20, 32, 4, 51866),
}


@dataclass(frozen=True)
class Timed:
    """Seconds, and GiB that MLX took at most."""

    seconds: float
    memory: float


def timed(work: Callable[[], Any], repeats: int, *, warm: bool = True) -> Timed:
    """The best of some runs, after one that does not count."""
    if warm:
        work()
    mx.clear_cache()
    mx.reset_peak_memory()
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return Timed(min(taken), mx.get_peak_memory() / 2**30)


def random_whisper(shape: str, dtype: mx.Dtype) -> Any:
    """A Whisper of a published shape that never learnt anything."""
    bands, width, heads, encoders, decoders, tokens = SHAPES[shape]
    dims = ModelDimensions(bands, 1500, width, heads, encoders, tokens, 448, width, heads, decoders)
    model = Whisper(dims, dtype)
    model.set_dtype(dtype)
    mx.eval(model.parameters(), model.encoder._positional_embedding)
    return model


def with_random_weights(asked: argparse.Namespace) -> None:
    """A fixed number of tokens for each window: none may end early."""
    placement = Placement(asked.device, asked.compute_type)
    device = device_of(placement, "transcriber")
    mx.set_default_device(device)
    model = random_whisper(asked.shape, getattr(mx, asked.compute_type))
    lanes = Lanes(device, asked.lanes)
    vocabulary = Vocabulary(model)
    end = vocabulary.plain.eot
    options = MLXOptions(
        beam_size=1, temperatures=(0.0,), suppress_tokens=(-1, end), max_new_tokens=asked.tokens
    )
    engine = MLXEngine(model, vocabulary, lanes, options)
    work = Transcription(engine, (0.0,), options.thresholds)
    noise = np.random.default_rng(0)
    sound = noise.normal(0, 0.1, asked.windows * 480_000).astype(np.float32)
    wish = Instructions("en", timestamps=False)
    chunks = [ChunkRequest(each, wish) for each in np.split(sound, asked.windows)]

    def ours() -> None:
        for start in range(0, len(chunks), asked.batch):
            work.transcribe(chunks[start : start + asked.batch])

    theirs.ModelHolder.model, theirs.ModelHolder.model_path = model, "random"

    def library() -> None:
        theirs.transcribe(
            sound,
            path_or_hf_repo="random",
            language="en",
            temperature=0.0,
            compression_ratio_threshold=None,
            logprob_threshold=None,
            no_speech_threshold=None,
            condition_on_previous_text=False,
            without_timestamps=True,
            suppress_tokens=[-1, end],
            sample_len=asked.tokens,
            fp16=asked.compute_type == "float16",
        )

    report(asked.windows * 30.0, timed(library, asked.repeats), timed(ours, asked.repeats))
    if asked.parts:
        parts(engine, chunks, asked)
    lanes.close()


def parts(engine: MLXEngine, chunks: list[ChunkRequest], asked: argparse.Namespace) -> None:
    """Print what the encoder takes, and the decoder, by batch."""
    for batch in (1, 4, asked.batch):
        sounds = [chunk.samples for chunk in chunks[:batch]]
        hear = timed(lambda sounds=sounds: engine.hear(sounds), asked.repeats)
        heard = engine.hear(sounds)
        prompts = [engine.prompt(chunk.instructions, "en") for chunk in chunks[:batch]]
        write = timed(lambda h=heard, p=prompts: engine.generate(h, p, 0.0), asked.repeats)
        step = 1000 * write.seconds / asked.tokens
        print(
            f"  batch {batch}: encoder {hear.seconds:.3f} s, decoder {write.seconds:.3f} s "
            f"({step:.2f} ms a step), {max(hear.memory, write.memory):.2f} GiB"
        )


def with_a_recording(asked: argparse.Namespace) -> None:
    """The whole of `asr run` but alignment, beside the library on the decoded sound."""
    from asrcore import Engine
    from asrcore.domain.recording import Recording
    from asrcore.plugin import Options
    from asrcore.usecases.load import load_audio
    from asrcore_adapters.pyav.source import PyavAudioSource

    settings = {
        "transcriber": {
            "backend": "mlx",
            "device": "cpu",
            "batch_size": asked.batch,
            "options": {"model": str(CONVERTED), "beam_size": 1, "temperatures": [0.0]},
        },
        "aligner": {"backend": "none"},
    }
    with Engine(settings) as engine:

        def transcribe() -> None:
            print(len(engine.transcribe(asked.recording).text.split()), "words")

        sound = load_audio(
            PyavAudioSource(Options(), Placement()), Recording.of(asked.recording), print
        )
        ours = timed(transcribe, 1, warm=False)

    def library() -> None:
        found = theirs.transcribe(
            sound.samples,
            path_or_hf_repo=str(CONVERTED),
            temperature=0.0,
            condition_on_previous_text=asked.conditioned,
            fp16=False,
        )
        print(len(found["text"].split()), "words")

    report(sound.duration, timed(library, 1, warm=False), ours)


def report(duration: float, library: Timed, ours: Timed) -> None:
    """Print both, and how they compare."""
    for name, each in (("mlx_whisper.transcribe", library), ("asrcore", ours)):
        print(
            f"{name}: {each.seconds:.2f} s, {duration / each.seconds:.2f} x real time, "
            f"{each.memory:.2f} GiB"
        )
    print(f"ratio {library.seconds / ours.seconds:.2f}", flush=True)


def main() -> None:
    """Compare as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=SHAPES)
    parser.add_argument("--recording", type=Path)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda", "metal"])
    parser.add_argument("--compute-type", default="float16")
    parser.add_argument("--windows", type=int, default=16)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--lanes", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--conditioned", action="store_true")
    asked = parser.parse_args()
    if asked.recording:
        with_a_recording(asked)
    else:
        with_random_weights(asked)


if __name__ == "__main__":
    main()

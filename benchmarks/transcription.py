"""Our main job beside faster-whisper's own batched pipeline: same model, same recordings.

    python benchmarks/transcription.py MODEL RECORDING [RECORDING ...]

Both load the model before the clock starts, decode and find speech within it, use a beam of 5
on the CPU in int8 with batches of 8, and run in turn; medians of three, and their ratio.
"""

import statistics
import sys
import time
from collections.abc import Callable

from faster_whisper import BatchedInferencePipeline, WhisperModel

from asrcore import Engine

RUNS = 3


def timed(work: Callable[[], None]) -> float:
    """Wall time of one run."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main(model: str, paths: list[str]) -> None:
    """Measure both ways in turn."""
    theirs = BatchedInferencePipeline(WhisperModel(model, device="cpu", compute_type="int8"))
    settings = {
        "transcriber": {
            "backend": "faster-whisper",
            "device": "cpu",
            "compute_type": "int8",
            "batch_size": 8,
            "timestamps": False,
            "options": {"model": model, "beam_size": 5},
        }
    }
    with Engine(settings) as engine:
        engine.prepare()

        def we() -> None:
            for outcome in engine.transcribe_many(paths):
                outcome.unwrap()

        def they() -> None:
            for path in paths:
                segments, _ = theirs.transcribe(path, batch_size=8, beam_size=5)
                list(segments)

        times = [(timed(we), timed(they)) for _ in range(RUNS)]
    ours, others = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"asrcore                 {ours:7.2f} s")
    print(f"faster-whisper batched  {others:7.2f} s")
    print(f"ratio                   {ours / others:7.2f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

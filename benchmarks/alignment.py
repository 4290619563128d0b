"""From emissions to words: ours beside WhisperX's own `align` without its model, on 30 s of speech.

    PYTHONPATH=src python benchmarks/alignment.py [RUNS]

Run it where WhisperX is: `pip install whisperx==3.8.6`, in an environment of its own. 1500 frames
from the small wav2vec2 model and the first 450 characters of what is said in them, on one thread.
All run in turn, so that a slow moment meets each; medians, and how many times faster than WhisperX.
What is taken from WhisperX (freeze_whisperx.py) makes it faster: the model, the softmax behind it,
and the loading of its sentence splitter.
"""

import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import whisperx
from faster_whisper import decode_audio
from freeze_whisperx import ALPHABETS, SAMPLE_RATE, FrozenModel, from_emissions_on, heard, metadata

from asrcore.domain.alignment.ctc import Stretch, align_words
from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.alignment.sound import Loudness
from asrcore.domain.alignment.spelling import Speller
from asrcore.domain.alignment.whisperx import align_like_whisperx
from asrcore.domain.language import split_words
from asrcore.domain.timespan import TimeSpan

CLIP = Path(__file__).parents[1] / "tests" / "data" / "synthetic" / "hard" / "fast-15"
SECONDS, FRAMES, CHARACTERS = 30.0, 1500, 450
LABELS = ALPHABETS["hugging face"]
ALPHABET = Alphabet(tuple("" if len(each) > 1 else each for each in LABELS), 0, LABELS.index("|"))

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def speech() -> tuple[Floats, Floats, str]:
    """Samples, log-probabilities of shape (1500, 32), and 450 characters of text."""
    samples = decode_audio(str(CLIP.with_suffix(".opus")))[: int(SECONDS * SAMPLE_RATE)]
    truth = json.loads(CLIP.with_suffix(".json").read_text(encoding="utf-8"))
    text = " ".join(segment["text"] for segment in truth["segments"])
    # the last window of the model is not full; its answer is repeated to make 1500
    log_probs = np.pad(heard(samples)[:FRAMES], ((0, 1), (0, 0)), mode="edge")[:FRAMES]
    return samples, log_probs, text[:CHARACTERS]


def whisperx_itself(log_probs: Floats, text: str) -> None:
    """WhisperX's `align`."""
    segment = {"start": 0.0, "end": SECONDS, "text": text}
    sound = torch.zeros(int(SECONDS * SAMPLE_RATE))
    found = whisperx.align([segment], FrozenModel(log_probs), metadata(LABELS, "en"), sound, "cpu")
    assert found["word_segments"]


def like_whisperx(log_probs: Floats, text: str) -> None:
    """Our version of the same."""
    align_like_whisperx(Emissions(log_probs), ALPHABET, text, TimeSpan(0.0, SECONDS), "en")


def ours(samples: Floats, log_probs: Floats, text: str) -> None:
    """Our own alignment, from splitting words to finding where the sound of each ends."""
    stretch = Stretch(Emissions(log_probs), SECONDS, Loudness.of(samples))
    align_words(split_words(text, "en"), stretch, Speller(ALPHABET))


def timed(work: Callable[[], None]) -> float:
    """Wall time of one run."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main(runs: int) -> None:
    """Measure all in turn, after one run each that does not count."""
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    samples, log_probs, text = speech()
    ways: dict[str, Callable[[], None]] = {
        "WhisperX's align": lambda: whisperx_itself(log_probs, text),
        "asrcore like WhisperX": lambda: like_whisperx(log_probs, text),
        "asrcore": lambda: ours(samples, log_probs, text),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    with from_emissions_on():
        for _ in range(runs + 1):
            for name, work in ways.items():
                times[name].append(timed(work))
    medians = {name: statistics.median(each[1:]) for name, each in times.items()}
    theirs = next(iter(medians.values()))
    print(f"{len(log_probs)} frames, {len(text)} characters, {runs} runs")
    for name, median in medians.items():
        print(f"{name:22} {1000 * median:7.1f} ms {theirs / median:6.1f} x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)

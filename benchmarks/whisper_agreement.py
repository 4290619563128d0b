"""Whether engines write the same: MLX alone and in batches, CTranslate2, transformers.

Prints, for greedy decoding and beam 5, on how many clips of a truth set the texts agree, each
engine's word error rate, and every difference.

    python benchmarks/whisper_agreement.py tests/data/synthetic/short --clips 60

Wants `make models` and all extras. All engines compute in float32 from the same weights;
CTranslate2 and transformers hear the features that transformers extracts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from asrcore.domain.request import Instructions
from asrcore.plugin import Placement
from asrcore_adapters.mlx import MLXOptions
from asrcore_adapters.mlx.transcriber import MLXTranscriber
from tools.small_models.evaluation import Sample, samples, word_error_rate

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "models" / "nano-whisper"
CONVERTED = ROOT / ".cache" / "models" / "nano-whisper-mlx"
Write = Callable[[Sequence[Sample], int], list[str]]
"""Clips and a number of beams to their texts."""


def mlx(batch: int, *, timestamps: bool = False) -> Write:
    """Our backend, so many clips at once."""

    def write(clips: Sequence[Sample], beams: int) -> list[str]:
        options = MLXOptions(model=str(CONVERTED), beam_size=beams, threads=1)
        engine = MLXTranscriber(options, Placement("cpu", "float32"))._engine
        prompt = engine.prompt(Instructions(timestamps=timestamps), "en")
        texts = []
        for start in range(0, len(clips), batch):
            encoded = engine.encode([clip.samples for clip in clips[start : start + batch]])
            rows = range(len(clips[start : start + batch]))
            found = encoded.generate(rows, [prompt] * len(rows), 0.0)
            texts += [engine.text(each.tokens).strip() for each in found]
        return texts

    return write


def features(clips: Sequence[Sample]) -> np.ndarray:
    """As transformers extracts them, shape (clips, 80, 3000)."""
    from transformers import WhisperFeatureExtractor

    extractor = WhisperFeatureExtractor.from_pretrained(SOURCE)
    sounds = [clip.samples for clip in clips]
    return extractor(sounds, sampling_rate=16000, return_tensors="np").input_features


def ctranslate2(clips: Sequence[Sample], beams: int) -> list[str]:
    """The engine itself, one clip after the other."""
    from ctranslate2 import StorageView
    from ctranslate2.converters import TransformersConverter
    from ctranslate2.models import Whisper
    from transformers import WhisperTokenizerFast

    tokenizer = WhisperTokenizerFast.from_pretrained(SOURCE)
    start = tokenizer.convert_tokens_to_ids(["<|startoftranscript|>", "<|notimestamps|>"])
    with tempfile.TemporaryDirectory() as folder:
        TransformersConverter(str(SOURCE)).convert(folder, quantization="float32", force=True)
        engine = Whisper(folder, compute_type="float32")
        found = [
            engine.generate(StorageView.from_array(each[None]), [start], beam_size=beams)[0]
            for each in np.ascontiguousarray(features(clips), np.float32)
        ]
    return [tokenizer.decode(each.sequences_ids[0]).strip() for each in found]


def transformers(clips: Sequence[Sample], beams: int) -> list[str]:
    """The library that the weights come from."""
    import torch
    from transformers import WhisperForConditionalGeneration, WhisperTokenizerFast

    network = WhisperForConditionalGeneration.from_pretrained(SOURCE, torch_dtype=torch.float32)
    tokenizer = WhisperTokenizerFast.from_pretrained(SOURCE)
    texts = []
    for each in torch.from_numpy(features(clips)):
        mask = torch.ones(1, each.shape[-1], dtype=torch.long)
        tokens = network.generate(each[None], attention_mask=mask, num_beams=beams)
        texts.append(tokenizer.decode(tokens[0], skip_special_tokens=True).strip())
    return texts


def library(clips: Sequence[Sample], beams: int) -> list[str]:
    """`mlx_whisper.transcribe`, which knows no beams."""
    from mlx_whisper import transcribe

    return [
        transcribe(
            clip.samples,
            path_or_hf_repo=str(CONVERTED),
            temperature=0.0,
            condition_on_previous_text=False,
            fp16=False,
        )["text"].strip()
        for clip in clips
    ]


def compare(name: str, texts: Sequence[str], other: str, others: Sequence[str]) -> None:
    """Print on how many clips two engines agree, and where they do not."""
    same = [one == two for one, two in zip(texts, others, strict=True)]
    print(f"  {name} = {other} on {sum(same)} of {len(same)} ({np.mean(same):.1%})")
    for index, (one, two) in enumerate(zip(texts, others, strict=True)):
        if one != two:
            print(f"    {index}: {name}: {one!r}\n    {index}: {other}: {two!r}")


def main() -> None:
    """Run all engines over a set's first clips."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--timestamps", action="store_true", help="MLX alone, and its library")
    asked = parser.parse_args()
    clips = list(samples(asked.set))[: asked.clips]
    engines: dict[str, Write] = {
        f"MLX by {batch}": mlx(batch, timestamps=asked.timestamps) for batch in asked.batches
    }
    if asked.timestamps:
        engines["mlx_whisper.transcribe"] = library
    else:
        engines |= {"CTranslate2": ctranslate2, "transformers": transformers}
    for beams in asked.beams:
        print(f"beam {beams}", flush=True)
        texts = {}
        for name, write in engines.items():
            texts[name] = write(clips, beams)
            rate = word_error_rate([clip.text for clip in clips], texts[name])
            print(f"  {name}: WER {rate:.2%}", flush=True)
        for one, other in combinations(texts, 2):
            compare(one, texts[one], other, texts[other])


if __name__ == "__main__":
    main()

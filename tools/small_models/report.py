"""What `evaluate` prints: Markdown tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import jiwer
import numpy as np

from tools.small_models.evaluation import (
    Ctc,
    CtcFindings,
    Sample,
    Transcribe,
    decoded,
    engines,
    long_form,
    samples,
    word_error_rate,
)
from tools.synthetic.speech import SAMPLE_RATE
from tools.synthetic.voices import voice

WINDOW = 30
"""Seconds that Whisper hears at once; a set with longer recordings is long form."""

Sets = dict[str, list[Sample]]


def tables(models: Path, converted: Path, sets: Path, jfk: Path | None) -> Iterator[str]:
    """One table after the other; the last line is what is heard in `jfk`."""
    found = {each.name: list(samples(each)) for each in sorted(sets.iterdir()) if each.is_dir()}
    clips = {name: each for name, each in found.items() if all(map(_fits, each))}
    talks = {name: each for name, each in found.items() if name not in clips}
    every = engines(models, converted)
    if clips:
        yield _error_rates("WER, one window", every, clips)
        yield _ctc(Ctc(models / "nano-wav2vec2"), clips)
    if talks:
        yield _error_rates("WER, long form", _long_forms(converted), talks)
    if jfk:
        heard = every["transformers"](decoded(jfk))
        yield f"{jfk.name}: {heard}\n"


def _fits(sample: Sample) -> bool:
    return len(sample.samples) <= WINDOW * SAMPLE_RATE


def _long_forms(converted: Path) -> dict[str, Transcribe]:
    return {
        "faster-whisper, each window for itself": long_form(converted, conditioned=False),
        "faster-whisper, after the text before": long_form(converted, conditioned=True),
    }


def _error_rates(title: str, every: dict[str, Transcribe], sets: Sets) -> str:
    """A row an engine, a column a set."""
    rows = (
        [name, *(f"{_error_rate(transcribe, each):.1%}" for each in sets.values())]
        for name, transcribe in every.items()
    )
    return _table([title, *sets], rows)


def _error_rate(transcribe: Transcribe, recordings: Sequence[Sample]) -> float:
    heard = [transcribe(sample.samples) for sample in recordings]
    return word_error_rate([sample.text for sample in recordings], heard)


def _ctc(model: Ctc, sets: Sets) -> str:
    """A row a set and family of voices: characters, and how far raw word starts are off."""
    found: dict[tuple[str, str], list[CtcFindings]] = defaultdict(list)
    for name, recordings in sets.items():
        for sample in recordings:
            found[name, voice(sample.voices).family].append(model.measure(sample))
    titles = ["set", "voices", "CER", "word starts, mean", "mean off", "nine in ten within"]
    return _table(titles, ([*key, *_measures(each)] for key, each in sorted(found.items())))


def _measures(findings: Sequence[CtcFindings]) -> list[str]:
    references = [each.reference for each in findings]
    errors = jiwer.cer(references, [each.hypothesis for each in findings])
    off = np.concatenate([each.deviations for each in findings]) * 1000
    size = np.abs(off)
    times = (off.mean(), size.mean(), np.quantile(size, 0.9)) if len(off) else ()
    return [f"{errors:.1%}", *(f"{time:.0f} ms" for time in times)]


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

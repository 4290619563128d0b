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
        yield _by_voice(every["CTranslate2"], clips)
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
    """A row an engine, a column a set; how many texts all engines have in common."""
    heard = {
        name: {told: [transcribe(each.samples) for each in some] for told, some in sets.items()}
        for name, transcribe in every.items()
    }
    rows = (
        [name, *(f"{_error_rate(sets[told], texts):.1%}" for told, texts in found.items())]
        for name, found in heard.items()
    )
    same = [
        f"{sum(len(set(texts)) == 1 for texts in _side_by_side(heard, told))} of {len(some)}"
        for told, some in sets.items()
    ]
    return _table([title, *sets], [*rows, ["texts equal in all", *same]])


def _side_by_side(heard: dict[str, dict[str, list[str]]], told: str) -> Iterator[tuple[str, ...]]:
    """What each engine wrote, recording by recording."""
    return zip(*(found[told] for found in heard.values()), strict=True)


def _by_voice(transcribe: Transcribe, sets: Sets) -> str:
    """WER of one engine, a row a set and voice."""
    found = {
        key: _error_rate(each, [transcribe(one.samples) for one in each])
        for key, each in _voices(sets).items()
    }
    rows = ([*key, f"{len(_voices(sets)[key])}", f"{rate:.1%}"] for key, rate in found.items())
    return _table(["set", "voice", "clips", "WER"], rows)


def _error_rate(recordings: Sequence[Sample], heard: Sequence[str]) -> float:
    return word_error_rate([sample.text for sample in recordings], heard)


def _voices(sets: Sets) -> dict[tuple[str, str], list[Sample]]:
    """Clips by set and voice; espeak's many variants are one."""
    found: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for name, recordings in sets.items():
        for sample in recordings:
            chosen = voice(sample.voices)
            found[name, chosen.name if chosen.kind == "natural" else "espeak"].append(sample)
    return dict(sorted(found.items()))


def _ctc(model: Ctc, sets: Sets) -> str:
    """A row a set and voice: characters, and how far raw word starts are off."""
    titles = ["set", "voice", "CER", "words aligned", "bias", "median off", "nine in ten within"]
    rows = (
        [*key, *_measures([model.measure(sample) for sample in each])]
        for key, each in _voices(sets).items()
    )
    return _table(titles, rows)


def _measures(findings: Sequence[CtcFindings]) -> list[str]:
    references = [each.reference for each in findings]
    errors = jiwer.cer(references, [each.hypothesis for each in findings])
    off = np.concatenate([each.deviations for each in findings]) * 1000
    size = np.abs(off)
    times = (np.median(off), np.median(size), np.quantile(size, 0.9)) if len(off) else ()
    return [f"{errors:.1%}", f"{len(off)}", *(f"{time:.0f} ms" for time in times)]


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

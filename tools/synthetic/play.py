"""`python -m tools.synthetic.play SCRIPT SOUND`: a written conversation becomes a recording.

A script has a line a sentence: the voice's name, a colon, what it says. One who goes on pauses for
0.4 s, the next speaker begins after 0.7 s. SOUND ends in `.opus` or `.flac`; its truth lies beside.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tools.synthetic import recordings, truth, voices
from tools.synthetic.conditions import recorded
from tools.synthetic.engines import engine
from tools.synthetic.scenes import Placed, Scene
from tools.synthetic.sets import CLEAN, SEED
from tools.synthetic.speech import SAMPLE_RATE, Delivery, Sentence, Utterance

LEAD, SAME, OTHER, TAIL = 0.5, 0.4, 0.7, 0.6
"""Seconds before the first word, between sentences of one and of two speakers, after the last."""


def main() -> None:
    """Write one recording."""
    parser = argparse.ArgumentParser(prog="python -m tools.synthetic.play", description=__doc__)
    parser.add_argument("script", type=Path)
    parser.add_argument("sound", type=Path)
    options = parser.parse_args()
    scene = played(options.script.read_text(encoding="utf-8"))
    samples = recorded(scene, CLEAN, (), np.random.default_rng(SEED))
    recordings.write(options.sound, samples)
    name, values = options.sound.name, CLEAN.as_values()
    told = truth.truth_of(scene, name, options.script.stem, values)
    truth.write(told, options.sound.with_suffix(".json"))


def played(script: str) -> Scene:
    """The scene that a script describes.

    Raises:
        ValueError: a voice cannot speak a line.
    """
    placed: list[Placed] = []
    for utterance in _spoken(script):
        same = bool(placed) and placed[-1].voice == utterance.voice
        gap = LEAD if not placed else SAME if same else OTHER
        begin = (placed[-1].end if placed else 0.0) + gap - float(utterance.starts[0])
        placed.append(Placed(utterance, round(begin * SAMPLE_RATE)))
    return Scene(tuple(placed), round((placed[-1].end + TAIL) * SAMPLE_RATE))


def _spoken(script: str) -> Iterator[Utterance]:
    for line in filter(None, map(str.strip, script.splitlines())):
        name, _, text = line.partition(":")
        voice = voices.voice(name)
        utterance = engine(voice.engine).speak(Sentence.parse(text), voice, Delivery())
        if utterance is None:
            raise ValueError(f"{name} cannot speak: {text.strip()}")
        yield utterance


if __name__ == "__main__":
    main()

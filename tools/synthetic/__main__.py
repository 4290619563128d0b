"""Make recordings with exact truth.

python -m tools.synthetic short
python -m tools.synthetic long --minutes 60
python -m tools.synthetic meeting --speakers 3 --overlap 0.05 --minutes 4
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.synthetic import voices
from tools.synthetic.engines import engine
from tools.synthetic.making import Cast, Made, make
from tools.synthetic.sets import MADE_ON_DEMAND, SEED, SETS, RecordingSet, long_talk, shelves
from tools.synthetic.speech import Delivery, Sentence, Utterance

SENTENCES = Path(__file__).parent / "held_out.txt"

FIXED = {**SETS, **MADE_ON_DEMAND}
"""Sets that are what they are."""

MINUTES = {"long": 60.0, "meeting": 3.0}
"""Of what is made on demand, unless one says otherwise."""


def main(arguments: list[str]) -> None:
    """Make one set, and print what it holds while it grows."""
    options = _options(arguments)
    lines = options.sentences.read_text(encoding="utf-8").splitlines()
    dealt = shelves(Sentence.parse(line) for line in lines if line.strip())
    dealt["long"] = _turned(dealt["long"], options.seed)
    cast = Cast(voices.held_out_voices(), _perform)
    _print(f"{'file':36} {'seconds':>8} {'words':>6} {'speakers':>8} {'overlap':>8} {'kB':>6}")
    made = []
    for each in make(_wanted(options), dealt, cast, options.out, options.seed):
        _print(_row(each))
        made.append(each)
    seconds = sum(each.truth.transcript.duration for each in made)
    size = sum(each.size for each in made)
    _print(f"{len(made)} recordings, {seconds / 60:.1f} minutes, {size / 1e6:.2f} MB")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.synthetic", description=__doc__)
    parser.add_argument("set", choices=[*FIXED, *MINUTES])
    parser.add_argument("--sentences", type=Path, default=SENTENCES, help="a sentence a line")
    parser.add_argument("--out", type=Path, default=Path("out"), help="gets a folder a set")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--minutes", type=float, help="of `long` and `meeting`")
    parser.add_argument("--speakers", type=int, choices=range(1, 5), help="of `long`, `meeting`")
    parser.add_argument("--overlap", type=float, help="of `long` and `meeting`, 0 to 0.1")
    options = parser.parse_args(arguments)
    asked = (options.minutes, options.speakers, options.overlap)
    if options.minutes is not None and options.minutes <= 0:
        parser.error("--minutes is more than 0")
    if options.overlap is not None and not 0 <= options.overlap <= 0.1:
        parser.error("--overlap is from 0 to 0.1")
    if not options.sentences.is_file():
        parser.error(f"{options.sentences}: there is no such file; --sentences names another")
    if options.set in FIXED and any(each is not None for each in asked):
        parser.error(f"{options.set} is what it is; --minutes and the like go with long or meeting")
    return options


def _wanted(options: argparse.Namespace) -> RecordingSet:
    if options.set in FIXED:
        return FIXED[options.set]
    return long_talk(
        options.set,
        minutes=MINUTES[options.set] if options.minutes is None else options.minutes,
        speakers=3 if options.speakers is None else options.speakers,
        overlap=0.03 if options.overlap is None else options.overlap,
    )


def _perform(sentence: Sentence, voice: str, delivery: Delivery) -> Utterance | None:
    chosen = voices.voice(voice)
    return engine(chosen.engine).speak(sentence, chosen, delivery)


def _turned(sentences: list[Sentence], seed: int) -> list[Sentence]:
    """From another place on for another seed."""
    begin = seed % len(sentences) if sentences else 0
    return sentences[begin:] + sentences[:begin]


def _row(made: Made) -> str:
    told = made.truth
    return (
        f"{told.audio:36} {told.transcript.duration:8.1f} {len(told.transcript.words):6}"
        f" {len(told.voices):8} {told.overlap:8.1%} {made.size / 1000:6.0f}"
    )


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])

"""`python -m tools.small_models`: from text to models, step by step. See README.md."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tools.small_models import steps

HERE = Path(__file__).parent
ENGINES = ("flite", "festival", "espeak")


def main(given: Sequence[str] | None = None) -> None:
    """Run one step."""
    parser = argparse.ArgumentParser(prog="python -m tools.small_models", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="STEP")
    _from_text_to_training(commands)
    _from_checkpoint_to_tables(commands)
    _speakers(commands)
    arguments = parser.parse_args(given)
    arguments.run(arguments)


def _from_text_to_training(commands: argparse._SubParsersAction) -> None:
    step = commands.add_parser("synthesise", help="speak lines of text in the training voices")
    _of_synthesis(step, shard=150)
    step.set_defaults(run=steps.synthesise)

    step = commands.add_parser("vocabulary", help="collect the tokens that the texts use")
    step.add_argument("lines", type=Path, nargs="+", help="sentences, in their notation")
    step.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json")
    step.add_argument("--out", type=Path, required=True)
    step.set_defaults(run=steps.vocabulary)

    step = commands.add_parser("train-whisper", help="train while the synthesis goes on")
    _training(step)
    step.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json")
    step.add_argument("--used", type=Path, required=True, help="made by `vocabulary`")
    step.add_argument("--shape", type=Path, help="JSON with values of whisper_net.Size")
    step.set_defaults(run=steps.train_whisper)

    step = commands.add_parser("train-ctc", help="train while the synthesis goes on")
    _training(step)
    step.add_argument("--shape", type=Path, default=HERE / "wav2vec2.json")
    step.set_defaults(run=steps.train_ctc)


def _of_synthesis(step: argparse.ArgumentParser, *, shard: int) -> None:
    """What those who speak lines need to know."""
    step.add_argument("lines", type=Path)
    step.add_argument("out", type=Path)
    step.add_argument("--worker", type=int, default=0)
    step.add_argument("--workers", type=int, default=1)
    step.add_argument("--seconds", type=float, required=True)
    step.add_argument("--shard", type=int, default=shard, help="utterances a shard")
    step.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES)


def _from_checkpoint_to_tables(commands: argparse._SubParsersAction) -> None:
    step = commands.add_parser("export-whisper", help="write Hugging Face's layout")
    step.add_argument("checkpoints", type=Path, nargs="+", help="which together are the model")
    step.add_argument("--used", type=Path, required=True, help="made by `vocabulary`")
    step.add_argument("--tokenizer", type=Path, required=True, help="folder with its three files")
    step.add_argument("--out", type=Path, required=True, help="folder; what is in it is removed")
    step.set_defaults(run=steps.export_whisper)

    step = commands.add_parser("export-ctc", help="write Hugging Face's layout")
    step.add_argument("checkpoint", type=Path)
    step.add_argument("--shape", type=Path, default=HERE / "wav2vec2.json", help="as in training")
    step.add_argument("--out", type=Path, required=True, help="folder; what is in it is removed")
    step.set_defaults(run=steps.export_ctc)

    step = commands.add_parser("heads", help="find the heads that follow the words, note them")
    step.add_argument("model", type=Path, help="made by `export-whisper`")
    step.add_argument("shards", type=Path, help="made by `synthesise`")
    step.add_argument("--count", type=int, default=60, help="utterances to look at")
    step.set_defaults(run=steps.heads)

    step = commands.add_parser("evaluate", help="print Markdown tables of what the models can do")
    step.add_argument("models", type=Path, help="holds nano-whisper and nano-wav2vec2")
    step.add_argument("converted", type=Path, help="holds nano-whisper-ct2 and nano-whisper-mlx")
    step.add_argument("sets", type=Path, help="made by tools.synthetic; a folder a set")
    step.add_argument("--jfk", type=Path, help="a person's voice, to see how far off that is")
    step.set_defaults(run=steps.evaluate)


def _speakers(commands: argparse._SubParsersAction) -> None:
    step = commands.add_parser("synthesise-speakers", help="speak lines as many pseudo-speakers")
    _of_synthesis(step, shard=30)
    step.set_defaults(run=steps.synthesise_speakers)

    step = commands.add_parser("train-speakers", help="train while the synthesis goes on")
    step.add_argument("shards", type=Path)
    step.add_argument("out", type=Path)
    step.add_argument("--seconds", type=float, default=500.0)
    step.add_argument("--batch", type=int, default=256, help="windows of ten seconds")
    step.add_argument("--rate", type=float, default=1.5e-3)
    step.add_argument("--hours", type=float, default=60.0, help="of speech kept in memory")
    step.add_argument("--warm-up", type=int, default=400)
    step.add_argument("--tested", type=int, default=192, help="windows of voices kept apart")
    step.add_argument("--resume", type=Path, help="folder with checkpoints")
    step.set_defaults(run=steps.train_speakers, compiled=False)

    step = commands.add_parser("export-speakers", help="write pyannote's and sherpa-onnx's layouts")
    step.add_argument("checkpoints", type=Path, help="folder that train-speakers filled")
    step.add_argument(
        "--out", type=Path, required=True, help="gets nano-speakers and nano-speakers-onnx"
    )
    step.add_argument("--threshold", type=float, default=0.75, help="see tune-speakers")
    step.add_argument("--min-cluster-size", type=int, default=10)
    step.set_defaults(run=steps.export_speakers)

    step = commands.add_parser("tune-speakers", help="try thresholds of pyannote's clustering")
    step.add_argument("folder", type=Path, help="nano-speakers, made by export-speakers")
    step.add_argument("lines", type=Path, help="sentences that training did not use")
    step.add_argument("--scenes", type=int, default=12)
    step.add_argument(
        "--thresholds", type=float, nargs="+", default=[0.1 * tenth for tenth in range(3, 13)]
    )
    step.set_defaults(run=steps.tune_speakers)


def _training(step: argparse.ArgumentParser) -> None:
    """What both trainings take."""
    step.add_argument("shards", type=Path)
    step.add_argument("out", type=Path)
    step.add_argument("--seconds", type=float, default=1200.0)
    step.add_argument("--batch", type=int, default=128)
    step.add_argument("--rate", type=float, default=1.2e-3)
    step.add_argument("--builders", type=int, default=6, help="processes that make batches")
    step.add_argument("--hours", type=float, default=190.0, help="of speech kept in memory")
    step.add_argument("--warm-up", type=int, default=600)
    step.add_argument("--no-compile", dest="compiled", action="store_false")
    step.add_argument("--resume", type=Path)


if __name__ == "__main__":
    main()

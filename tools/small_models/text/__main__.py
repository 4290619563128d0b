"""Write the sentences that small speech models learn from, those held out, and their vocabulary."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from random import Random

from tools.small_models.text.books import dialogue, read_book
from tools.small_models.text.corpus import Corpus, Sources, compose, vocabulary
from tools.small_models.text.grammar import Grammar
from tools.small_models.text.missions import conversation, read_missions
from tools.small_models.text.mixing import bare, notation
from tools.small_models.text.selection import familiar, spoken_words
from tools.small_models.text.sentences import fits
from tools.synthetic.speech import Sentence


def main() -> None:
    """Read the sources, compose, write."""
    options = _options()
    rng = Random(options.seed)
    sources = _sources(options, rng)
    corpus = compose(sources, options.lines, options.held_out, options.least, rng)
    options.out.mkdir(parents=True, exist_ok=True)
    _write(options.out / "train.txt", map(notation, corpus.train))
    _write(options.out / "held_out.txt", map(notation, corpus.held_out))
    _write(options.out / "vocabulary.txt", _vocabulary(corpus))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.small_models.text", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the three files")
    parser.add_argument("--books", type=Path, nargs="*", default=[], help="GITenberg repositories")
    parser.add_argument("--missions", type=Path, help="repository of Spacelog")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=350_000)
    parser.add_argument("--held-out", type=int, default=3_000)
    parser.add_argument("--least", type=int, default=20, help="how often every word is learnt")
    parser.add_argument("--rarest", type=int, default=3, help="rarest word of books and missions")
    return parser.parse_args()


def _sources(options: argparse.Namespace, rng: Random) -> Sources:
    grammar = list(islice(filter(fits, Grammar.read().sentences(rng)), options.lines // 3))
    missions = [list(conversation(text)) for text in read_missions(options.missions)]
    books = [list(dialogue(read_book(book))) for book in options.books]
    known = frozenset(word for line in grammar for word in spoken_words(line))
    kept = familiar(missions + books, known, options.rarest)
    return Sources(
        grammar=_parsed(grammar),
        missions=_parsed(line for document in kept[: len(missions)] for line in document),
        dialogue=_parsed(line for document in kept[len(missions) :] for line in document),
    )


def _parsed(lines: Iterable[str]) -> list[Sentence]:
    return [Sentence.parse(line) for line in lines]


def _vocabulary(corpus: Corpus) -> Iterable[str]:
    return (f"{word}\t{count}" for word, count in vocabulary(corpus, bare).most_common())


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()

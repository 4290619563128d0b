"""The parts put together: what is held out, what is learnt, and every word often enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, cycle, islice
from random import Random

from tools.small_models.text.mixing import HeldOut, lexicon, lowered, salad, splice
from tools.synthetic.speech import Sentence, Word

_SHARES = {"grammar": 0.30, "natural": 0.20, "splices": 0.40}
_RANDOM_SALADS = 0.05
_HELD_OUT_SHARES = {"grammar": 0.40, "missions": 0.25, "dialogue": 0.35}
_LEAST_HELD_OUT_WORDS = 4
_NUMBERS_IN_SALADS = 0.1
_SALAD = range(3, 11)


@dataclass(frozen=True)
class Sources:
    """Sentences as they came from each source; the grammar's may repeat."""

    grammar: list[Sentence]
    missions: list[Sentence]
    dialogue: list[Sentence]


@dataclass(frozen=True)
class Corpus:
    """What models learn from, and what they are tested on."""

    train: list[Sentence]
    held_out: list[Sentence]


def compose(sources: Sources, lines: int, held_out: int, least: int, rng: Random) -> Corpus:
    """Choose and mix sentences.

    Args:
        sources: everything that may be said.
        lines: about how many to learn from.
        held_out: how many to keep apart.
        least: how often every word must be learnt.
        rng: decides everything.
    """
    apart = _hold_out(sources, held_out, rng)
    guard = HeldOut(apart)
    grammar = [sentence for sentence in sources.grammar if not guard.inside(sentence)]
    natural = [
        sentence for sentence in sources.missions + sources.dialogue if not guard.inside(sentence)
    ]
    rng.shuffle(grammar)
    rng.shuffle(natural)
    train = [*islice(cycle(grammar), round(lines * _SHARES["grammar"]))]
    train += islice(cycle(natural), round(lines * _SHARES["natural"]))
    pools = (grammar, natural)
    train += islice(_splices(pools, guard, rng), round(lines * _SHARES["splices"]))
    words = lexicon(grammar + natural)
    train += islice(_salads(words, guard, rng), round(lines * _RANDOM_SALADS))
    train += _owed_salads(train, words, apart, least, guard, rng)
    train += islice(_salads(words, guard, rng), max(0, lines - len(train)))
    rng.shuffle(train)
    return Corpus(train, apart)


def _hold_out(sources: Sources, count: int, rng: Random) -> list[Sentence]:
    chosen: dict[tuple[str, ...], Sentence] = {}
    for name, share in _HELD_OUT_SHARES.items():
        unique = {lowered(sentence): sentence for sentence in getattr(sources, name)}
        fit = [key for key, found in unique.items() if len(found.words) >= _LEAST_HELD_OUT_WORDS]
        chosen |= {key: unique[key] for key in rng.sample(fit, round(count * share))}
    apart = list(chosen.values())
    rng.shuffle(apart)
    return apart


def _splices(
    pools: Sequence[Sequence[Sentence]], guard: HeldOut, rng: Random
) -> Iterator[Sentence]:
    while True:
        first, second = (rng.choice(rng.choice(pools)) for _ in range(2))
        spliced = splice(first, second, rng)
        if spliced and not guard.echoed(spliced):
            yield spliced


def _salads(words: Counter[Word], guard: HeldOut, rng: Random) -> Iterator[Sentence]:
    plain = {
        word: count**0.25
        for word, count in words.items()
        if word.written.islower() or not any(letter.isdigit() for letter in word.written)
    }
    numbers = [word for word in words if word not in plain]
    each = _NUMBERS_IN_SALADS * sum(plain.values()) / max(1, len(numbers))
    choices = [*plain, *numbers]
    weights = list(accumulate([*plain.values(), *(each for _ in numbers)]))
    while True:
        drawn = rng.choices(choices, cum_weights=weights, k=rng.choice(_SALAD))
        mixed = salad(drawn, rng)
        if not guard.echoed(mixed):
            yield mixed


def _owed_salads(
    train: Sequence[Sentence],
    words: Counter[Word],
    apart: Sequence[Sentence],
    least: int,
    guard: HeldOut,
    rng: Random,
) -> Iterator[Sentence]:
    """Yield salads until every word, also of the held-out sentences, was learnt often enough."""
    counts = Counter(word for sentence in train for word in lowered(sentence))
    known = words + lexicon(apart)
    forms = {
        part.lower(): word for word, _ in reversed(known.most_common()) for part in word.spoken
    }
    while owed := [form for word, form in forms.items() for _ in range(least - counts[word])]:
        rng.shuffle(owed)
        while owed:
            size = rng.choice(_SALAD)
            drawn, owed = owed[:size], owed[size:]
            drawn += rng.choices([*forms.values()], k=max(0, 3 - len(drawn)))
            mixed = salad(drawn, rng)
            if not guard.echoed(mixed):
                counts.update(lowered(mixed))
                yield mixed


def vocabulary(corpus: Corpus, strip: Callable[[Word], Word]) -> Counter[str]:
    """Count every written word of a corpus."""
    sentences = corpus.train + corpus.held_out
    return Counter(strip(word).written for sentence in sentences for word in sentence.words)

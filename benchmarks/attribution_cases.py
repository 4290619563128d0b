"""What attribution.py measures on: who says what, and turns as diarizers find them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import chain
from operator import or_
from pathlib import Path

import numpy as np

from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word
from tools.synthetic.scenes import Manner, conversation
from tools.synthetic.speech import SAMPLE_RATE, Sentence, Utterance

SETS = Path(__file__).parents[1] / "tests" / "data" / "synthetic"
ASIDES = ("Yeah.", "Right.", "Okay.", "I see.", "Sure.")

Rng = np.random.Generator
Talk = Sequence[Segment]
Turn = tuple[float, float, str]
Turns = Sequence[Turn]


def read(path: Path) -> Talk:
    """A recording's sentences; words know their speakers."""
    truth = json.loads(path.read_text(encoding="utf-8"))
    return [
        segment(
            [
                Word(word["word"], TimeSpan(word["start"], word["end"]), speaker=told["speaker"])
                for word in told["words"]
            ]
        )
        for told in truth["segments"]
    ]


def segment(words: Sequence[Word]) -> Segment:
    """Words in a row."""
    span = reduce(or_, (word.span for word in words if word.span is not None))
    return Segment(span, " ".join(word.text for word in words), tuple(words), words[0].speaker)


def made_up(manner: Manner, speakers: int, texts: Sequence[str], rng: Rng) -> Talk:
    """A conversation without sound."""

    def say(texts: Sequence[str], voice: str) -> Utterance:
        sentence = Sentence.parse(texts[rng.integers(len(texts))])
        written = np.array([len(word.written) for word in sentence.words])
        lengths = np.maximum(0.09, 0.06 * written * rng.uniform(0.7, 1.3, len(written)))
        pauses = np.where(rng.random(len(written)) < 0.08, rng.uniform(0.1, 0.4, len(written)), 0)
        starts = 0.06 + np.cumsum(lengths + pauses) - lengths
        samples = np.zeros(round((starts[-1] + lengths[-1] + 0.08) * SAMPLE_RATE), np.int16)
        return Utterance(sentence, voice, samples, starts, starts + lengths)

    voices = [f"SPEAKER_{number:02}" for number in range(speakers)]
    scene = conversation(voices, manner, partial(say, texts), partial(say, ASIDES), rng)
    return [
        segment(
            [
                Word(word.written, TimeSpan(start, end), speaker=placed.voice)
                for word, start, end in zip(
                    placed.utterance.sentence.words, placed.starts, placed.ends, strict=True
                )
            ]
        )
        for placed in scene.placed
    ]


def turns_of(talk: Talk, joined: float = 0.3) -> Turns:
    """The true turns; a pause shorter than `joined` seconds ends none."""
    turns: dict[str, list[Turn]] = {}
    for each in talk:
        own = turns.setdefault(str(each.speaker), [])
        start = each.span.start
        if own and start - own[-1][1] < joined:
            start = own.pop()[0]
        own.append((start, each.span.end, str(each.speaker)))
    return sorted(chain.from_iterable(turns.values()))


def kept(turns: Turns) -> Turns:
    """What has any length, in order."""
    return sorted((max(0.0, start), end, who) for start, end, who in turns if end > max(0, start))


def true(turns: Turns, rng: Rng) -> Turns:
    """As they are."""
    return turns


def off(deviation: float, turns: Turns, rng: Rng) -> Turns:
    """Each edge off by a normal deviation, seconds."""
    return kept([(*(rng.normal(turn[:2], deviation)), turn[2]) for turn in turns])


def padded(seconds: float, turns: Turns, rng: Rng) -> Turns:
    """Too long at both ends."""
    return kept([(start - seconds, end + seconds, who) for start, end, who in turns])


def framed(seconds: float, turns: Turns, rng: Rng) -> Turns:
    """In whole frames."""
    return kept([(*(np.round(np.array(t[:2]) / seconds) * seconds), t[2]) for t in turns])


def without_short(turns: Turns, rng: Rng) -> Turns:
    """Those of at least half a second."""
    return [turn for turn in turns if turn[1] - turn[0] >= 0.5]


def some_lost(turns: Turns, rng: Rng) -> Turns:
    """All but one in twelve."""
    return [turn for turn in turns if rng.random() > 1 / 12]


def swapped(turns: Turns, rng: Rng) -> Turns:
    """Two speakers are taken for each other in the turns of a tenth of the time."""
    names = sorted({who for *_, who in turns})
    one, other = rng.permutation(names)[:2] if len(names) > 1 else names * 2
    begin = rng.uniform(0.0, 0.9 * turns[-1][1])
    names_there = {one: str(other), other: str(one)}
    return [
        (start, end, names_there.get(who, who) if 0 <= start - begin < turns[-1][1] / 10 else who)
        for start, end, who in turns
    ]


def like_a_diarizer(turns: Turns, rng: Rng) -> Turns:
    """Short turns missing, edges 0.15 s off and 0.08 s too wide, in frames, some turns invented."""
    names = [who for *_, who in turns]
    begins = [rng.uniform(start, end) for start, end, _ in turns if rng.random() < 0.05]
    invented = [(at, at + rng.uniform(0.2, 0.6), str(rng.choice(names))) for at in begins]
    heard = padded(0.08, off(0.15, without_short(turns, rng), rng), rng)
    return framed(0.016, [*heard, *invented], rng)


def sentences(talk: Talk, rng: Rng) -> Talk:
    """As they are."""
    return talk


def late_or_early(deviation: float, talk: Talk, rng: Rng) -> Talk:
    """Each edge of a word off by a normal deviation, seconds; no word is shorter than 20 ms."""

    def moved(span: TimeSpan) -> TimeSpan:
        start, end = rng.normal((span.start, span.end), deviation)
        return TimeSpan(max(0.0, start), max(0.0, start + 0.02, end))

    return [segment([word.moved(moved) for word in each.words]) for each in talk]


def chunks(talk: Talk, rng: Rng) -> Talk:
    """All words in order of time, in chunks of at most 30 s, whoever says them."""
    found: list[list[Word]] = []
    for word in sorted(chain.from_iterable(each.words for each in talk), key=start_of):
        if not found or start_of(word) > start_of(found[-1][0]) + 29:
            found.append([])
        found[-1].append(word)
    return [segment(words) for words in found]


def start_of(word: Word) -> float:
    """When a word begins."""
    return word.span.start if word.span is not None else 0.0


def one_stream(talk: Talk, rng: Rng) -> Talk:
    """The chunks, cut after full stops."""
    cut: list[list[Word]] = []
    for chunk in chunks(talk, rng):
        cut.append([])
        for word in chunk.words:
            if cut[-1] and cut[-1][-1].text.endswith((".", "?", "!")):
                cut.append([])
            cut[-1].append(word)
    return [segment(words) for words in cut]


@dataclass(frozen=True)
class Case:
    """What is done to turns and words."""

    name: str
    turns: Callable[[Turns, Rng], Turns] = true
    words: Callable[[Talk, Rng], Talk] = sentences


CASES = (
    Case("true turns"),
    *(Case(f"edges {by:.2f} s off", partial(off, by)) for by in (0.05, 0.1, 0.2, 0.3)),
    Case("short turns missing", without_short),
    Case("turns 0.25 s too wide", partial(padded, 0.25)),
    Case("turns in frames of 16 ms", partial(framed, 0.016)),
    Case("two speakers swapped", swapped),
    Case("words 0.1 s off", words=partial(late_or_early, 0.1)),
    Case("one stream", words=one_stream),
    Case("one stream, unsplit", words=chunks),
    Case("like a diarizer", like_a_diarizer),
    Case("the same, one stream", like_a_diarizer, one_stream),
    Case("one turn in 12 lost", some_lost),
)

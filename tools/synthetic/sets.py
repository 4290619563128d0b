"""What each set of recordings holds, as data; `making` makes it so.

`short`, `meetings` and `hard` are spoken by voices that no model was trained on; `seen` by voices
that were, saying what they did not say then. No sentence occurs twice, within a set or over all
of them: each set has its own shelf of the held-out sentences. Only "yeah" and the like recur.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from tools.synthetic.conditions import Conditions
from tools.synthetic.scenes import Manner
from tools.synthetic.speech import Sentence

CLEAN = Conditions(noise="pink", snr=40.0)
"""A quiet room; digital silence is what no microphone gives."""

CLIP_WORDS = range(4, 21)
"""How many words a clip's sentence may have."""

EDGE = (0.3, 0.8)
"""Seconds of silence before and after a clip's sentence."""

MURMURS = ("Yeah.", "Right.", "Okay.", "I see.", "Sure.")
"""What listeners say over others."""

SEED = 20_240_229
"""Of everything that is left to chance, unless one gives another."""

Shelf = Literal["short", "seen", "meetings", "hard", "digits", "names", "long"]

SHELVES: dict[Shelf, int] = {
    "digits": 30,
    "names": 30,
    "short": 80,
    "seen": 40,
    "meetings": 360,
    "hard": 260,
}
"""How many sentences each has at hand; more than it needs, since some will not be spoken well
enough. `long` has all others. The first two take those with digits or names."""


@dataclass(frozen=True, slots=True)
class Clips:
    """Recordings of one sentence each.

    Attributes:
        count: how many; the voices take turns.
        voices: their names, or the held-out ones of a kind.
    """

    count: int
    voices: Literal["natural", "formant"] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Talk:
    """A recording of people who talk.

    Attributes:
        name: of its file.
        voices: the first begins; a number where any held-out voices will do.
        manner: how they talk.
        conditions: how it is recorded.
        shelf: where its sentences come from.
    """

    name: str
    voices: tuple[str, ...] | int
    manner: Manner
    conditions: Conditions = CLEAN
    shelf: Shelf = "hard"


@dataclass(frozen=True, slots=True)
class RecordingSet:
    """Recordings under one name, in FLAC where they are clips, else in Opus."""

    name: str
    shelf: Shelf
    clips: tuple[Clips, ...] = ()
    talks: tuple[Talk, ...] = field(default=())


SHORT = RecordingSet("short", "short", clips=(Clips(20, "natural"), Clips(40, "formant")))

SEEN = RecordingSet("seen", "seen", clips=(Clips(30, ("flite/slt", "flite/rms", "flite/awb")),))

MEETINGS = RecordingSet(
    "meetings",
    "meetings",
    talks=(
        Talk(
            "two-apart",
            ("espeak/en-us+ed", "espeak/en-us+Annie"),
            Manner(150),
            CLEAN,
            "meetings",
        ),
        Talk(
            "two-noisy",
            ("festival/ked_woman", "espeak/en-gb-scotland+paul"),
            Manner(140, overlap=0.01),
            Conditions(noise="pink", snr=30.0),
            "meetings",
        ),
        Talk(
            "three-in-a-hall",
            ("espeak/en-us+Denis", "flite/awb_woman", "espeak/en+Gene"),
            Manner(150),
            Conditions(rt60=0.5, noise="pink"),
            "meetings",
        ),
        Talk(
            "three-on-the-line",
            ("espeak/en-us+Annie", "espeak/en-us+Denis", "festival/slt_hts_low"),
            Manner(140, overlap=0.01),
            Conditions(noise="pink", telephone=True),
            "meetings",
        ),
        Talk(
            "four-lively",
            (
                "espeak/en-us+ed",
                "espeak/en-gb-x-rp+steph",
                "espeak/en-gb-scotland+paul",
                "festival/ked_woman",
            ),
            Manner(160, overlap=0.02),
            CLEAN,
            "meetings",
        ),
        Talk(
            "four-in-babble",
            (
                "espeak/en-us+shelby",
                "flite/kal16",
                "festival/slt_hts_low",
                "espeak/en-gb-scotland+paul",
            ),
            Manner(160, overlap=0.01),
            Conditions(noise="babble", snr=25.0),
            "meetings",
        ),
    ),
)
"""Little overlap: nobody hears every word of two people who speak at once. `hard` has more."""

HARD = RecordingSet(
    "hard",
    "hard",
    talks=(
        Talk("pink-10", 2, Manner(40), Conditions(noise="pink", snr=10.0)),
        Talk("pink-05", 2, Manner(40), Conditions(noise="pink", snr=5.0)),
        Talk("babble-10", 2, Manner(40), Conditions(noise="babble", snr=10.0)),
        Talk("babble-05", 2, Manner(40), Conditions(noise="babble", snr=5.0)),
        Talk("fast-15", 2, Manner(40), Conditions(pace=1.5, noise="pink")),
        Talk("fast-18", 2, Manner(40), Conditions(pace=1.8, noise="pink")),
        Talk("digits", 2, Manner(60), CLEAN, "digits"),
        Talk("names", 2, Manner(60), CLEAN, "names"),
        Talk("long-pauses", 1, Manner(120, within=(15.0, 20.0), between=(15.0, 20.0))),
        Talk("quiet", 2, Manner(40), Conditions(noise="pink", gain=-35.0)),
        Talk("interruptions", 4, Manner(90, overlap=0.08)),
        Talk("music", 1, Manner(60), Conditions(noise="music", snr=10.0)),
        Talk("line-in-noise", 2, Manner(40), Conditions(noise="pink", snr=15.0, telephone=True)),
    ),
)

SETS = {each.name: each for each in (SHORT, SEEN, MEETINGS, HARD)}
"""What is committed."""

ROOMS = (
    CLEAN,
    Conditions(noise="pink", snr=25.0),
    Conditions(rt60=0.4, noise="pink", snr=35.0),
    Conditions(noise="pink", telephone=True),
)
"""Where the twenty talks take place, in turn."""

TALKS = RecordingSet(
    "talks",
    "long",
    talks=tuple(
        Talk(
            f"{number:02}-{speakers}-speakers",
            speakers,
            Manner(75, overlap=(0.0, 0.03, 0.06, 0.1, 0.1)[number % 5]),
            ROOMS[number % 4],
            "long",
        )
        for number, speakers in enumerate((2, 3, 4, 2, 3, 4, 2, 3, 4, 2) * 2)
    ),
)
"""Twenty talks of two to four held-out voices, to measure diarizers on; made on demand."""

MADE_ON_DEMAND = {TALKS.name: TALKS}


def long_talk(name: str, minutes: float, speakers: int, overlap: float) -> RecordingSet:
    """One recording made on demand, of any length."""
    manner = Manner(60 * minutes, overlap=overlap, pauses=0.02)
    return RecordingSet(name, "long", talks=(Talk(name, speakers, manner, CLEAN, "long"),))


def shelves(sentences: Iterable[Sentence]) -> dict[Shelf, list[Sentence]]:
    """Deal the held-out sentences out to the sets, always in the same way.

    Raises:
        ValueError: there are too few.
    """
    left = list({sentence.text: sentence for sentence in sentences}.values())
    left = [left[place] for place in np.random.default_rng(SEED).permutation(len(left))]
    dealt: dict[Shelf, list[Sentence]] = {}
    for shelf, count in SHELVES.items():
        fitting = [sentence for sentence in left if _fits(sentence, shelf)][:count]
        if len(fitting) < count:
            raise ValueError(f"{shelf} needs {count} sentences; only {len(fitting)} are left")
        dealt[shelf] = fitting
        taken = {sentence.text for sentence in fitting}
        left = [sentence for sentence in left if sentence.text not in taken]
    return {**dealt, "long": left}


def endless(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """All of them in order, and again."""
    while sentences:
        yield from sentences


def _fits(sentence: Sentence, shelf: Shelf) -> bool:
    match shelf:
        case "digits":
            return any(letter.isdigit() for letter in sentence.text)
        case "names":
            return sum(_is_name(word.written) for word in sentence.words[1:]) >= 2
        case "short" | "seen":
            return len(sentence.words) in CLIP_WORDS
        case _:
            return True


def _is_name(word: str) -> bool:
    return word[0].isupper() and word.partition("'")[0] != "I"

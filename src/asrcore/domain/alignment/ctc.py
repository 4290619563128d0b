"""Words to times, from the emissions of a CTC model.

What is said and not written, and what is written and not said, must not move the words beside it:
the room between words takes any sound, at a price, and a wildcard takes any sound, at a lower one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.alignment.estimates import fill_in, spread
from asrcore.domain.alignment.sound import Loudness
from asrcore.domain.alignment.spelling import WILDCARD, Speller, Spelling, characters
from asrcore.domain.alignment.viterbi import Lattice, best_path, feasible
from asrcore.domain.alignment.wildcards import confined
from asrcore.domain.language import CLOSING, FULL_STOPS
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Character, Word

UNHEARD = 0.01
"""The score under which a word was not heard, and its place is no more than an estimate."""
LEAST_LOG_PROB = -100.0
"""A model that is surer than this that a label is not there is not believed."""
WITHIN_SENTENCE, BETWEEN_SENTENCES = 2.0, 1.75
"""Nats that a frame of sound between words costs more than its likeliest label: what nobody wrote
is mostly whole sentences."""
WILDCARD_SOUND = 1.5
"""Nats that a frame of sound costs a wildcard, so that it takes none that a label stands for."""
WILDCARD_FRAME = 0.05
"""Nats that each frame of a wildcard costs, so that it holds no silence at its ends."""


@dataclass(frozen=True, eq=False, slots=True)
class Stretch:
    """Some sound, as far as alignment needs to know it.

    Attributes:
        emissions: what a model hears in it.
        duration: its length in seconds; no time lies beyond.
        loudness: how loud it is; where that is not known, a word ends with its last label.
        lag: seconds by which the model places labels late; negative where it is early.
    """

    emissions: Emissions
    duration: float
    loudness: Loudness | None = None
    lag: float = 0.0

    def time(self, frame: int) -> float:
        """When a frame begins, in seconds, the lag taken out."""
        seconds = frame * self.emissions.frame_duration - self.lag
        return min(max(seconds, 0.0), self.duration)


@dataclass(frozen=True, eq=False, slots=True)
class Placement:
    """Labels in time.

    Attributes:
        first, last: shape (labels,): the first and the last frame of each.
        scores: shape (labels,): the mean probability of each in its frames; NaN for a wildcard.
        heard: shape (labels,): false for a wildcard in whose frames nothing sounds.
    """

    first: NDArray[np.intp]
    last: NDArray[np.intp]
    scores: NDArray[np.float64]
    heard: NDArray[np.bool_]


def align_words(
    words: Sequence[str],
    stretch: Stretch,
    speller: Speller,
    *,
    texts: Sequence[int] = (),
    with_characters: bool = False,
) -> list[Word]:
    """Times for the words of a stretch, each once and in order; `texts` tells which begin one.

    A word begins where its first label is heard, and ends where its sound does or the next word
    begins. A word without any sound of its own (punctuation) is an estimated moment beside its
    neighbour. Where the emissions cannot hold the text, or are no numbers, all words are spread
    over the stretch, marked as estimated, with a score of 0.
    """
    spelling = speller.spell(words)
    log_probs = stretch.emissions.log_probs
    if not len(spelling.columns):
        return spread(words, stretch.duration, score=None)
    if not feasible(len(log_probs), spelling.columns) or not (log_probs < np.inf).all():
        return spread(words, stretch.duration, score=0.0)
    places = _gaps(words, spelling, texts)
    placement = place(spelling, log_probs, speller.alphabet, places)
    return fill_in(_timed(words, spelling, placement, stretch, with_characters), stretch.duration)


def _gaps(words: Sequence[str], spelling: Spelling, texts: Sequence[int]) -> NDArray[np.intp]:
    """Before each label and after the last: 0 within a word, 1 between words, 2 sentences."""
    ends = np.array([word.rstrip(CLOSING).endswith(FULL_STOPS) for word in words], np.intp)
    begins = np.append(0, ends[:-1])
    begins[[each for each in texts if each < len(words)]] = 1
    sentence = np.cumsum(begins)[spelling.words]
    between = np.where(np.diff(sentence, prepend=-1) != 0, 2, 1)
    return np.append(np.where(spelling.joined, 0, between), 1 + ends[-1])


def place(
    spelling: Spelling,
    log_probs: NDArray[np.float32],
    alphabet: Alphabet,
    gaps: NDArray[np.intp],
) -> Placement:
    """The labels' frames on the likeliest way through emissions that can hold them."""
    believed = np.maximum(log_probs, LEAST_LOG_PROB).astype(np.float64)
    relative = believed - believed[:, alphabet.blank, np.newaxis]
    silent = [each for each in (alphabet.blank, alphabet.separator) if each is not None]
    silence = relative[:, silent].max(axis=1)
    sound = np.delete(relative, silent, axis=1).max(axis=1, initial=LEAST_LOG_PROB)
    prices = np.array((WITHIN_SENTENCE, BETWEEN_SENTENCES))
    between = np.maximum(silence[:, np.newaxis], sound[:, np.newaxis] - prices)
    wildcard = np.maximum(silence, sound - WILDCARD_SOUND) - WILDCARD_FRAME
    scores = np.column_stack((relative, wildcard))  # the last column is column -1
    columns = spelling.columns % scores.shape[1]
    path = best_path(Lattice(scores, columns, between, gaps))
    frames = np.flatnonzero(path % 2 == 0)
    sounding = sound - WILDCARD_SOUND > silence
    frames = confined(frames, path[frames] // 2, spelling, sounding)
    return _placement(frames, path[frames] // 2, spelling, believed, sounding)


def _placement(
    frames: NDArray[np.intp],
    labels: NDArray[np.intp],
    spelling: Spelling,
    log_probs: NDArray[np.float64],
    sounding: NDArray[np.bool_],
) -> Placement:
    """From the frames that labels have, and which; wildcards are heard if any frame sounds."""
    count = np.arange(len(spelling.columns))
    wild = spelling.columns == WILDCARD
    heard = np.isin(count, labels[~wild[labels] | sounding[frames]])
    begins = np.searchsorted(labels, count)
    ends = np.append(begins[1:], len(labels))
    likely = np.exp(log_probs[frames, spelling.columns[labels]])
    scores = np.add.reduceat(likely, begins) / (ends - begins)
    scores[wild] = np.nan
    return Placement(frames[begins], frames[ends - 1], scores, heard)


def _timed(
    words: Sequence[str],
    spelling: Spelling,
    placement: Placement,
    stretch: Stretch,
    with_characters: bool,
) -> list[Word]:
    """The words with the times of those that were heard."""
    bounds = np.searchsorted(spelling.words, np.arange(len(words) + 1)).tolist()
    timed: list[Word] = []
    limit = stretch.duration
    for index in range(len(words) - 1, -1, -1):
        labels = slice(bounds[index], bounds[index + 1])
        if not placement.heard[labels].any():
            wanted = labels.start < labels.stop
            timed.append(Word(words[index], score=0.0 if wanted else None))
            continue
        span = _span(placement, labels, stretch, limit)
        limit = span.start
        found: tuple[Character, ...] = ()
        if with_characters:
            found = _characters(words[index], spelling, placement, labels, span, stretch)
        score = _score(placement.scores[labels])
        doubtful = score is not None and score < UNHEARD
        timed.append(Word(words[index], span, score, estimated=doubtful, characters=found))
    return timed[::-1]


def _span(placement: Placement, labels: slice, stretch: Stretch, limit: float) -> TimeSpan:
    """From a word's first label that is heard to where its sound ends, `limit` at the latest."""
    heard = np.flatnonzero(placement.heard[labels]) + labels.start
    start = stretch.time(int(placement.first[heard[0]]))
    last = int(placement.last[heard[-1]])
    if stretch.loudness is None:
        end = stretch.time(last + 1)
    else:
        end = stretch.loudness.end(start, stretch.time(last), limit)
    return TimeSpan(start, end)


def _score(scores: NDArray[np.float64]) -> float | None:
    """The mean of the labels that are spelled; None for a word that is all wildcard."""
    spelled = scores[~np.isnan(scores)]
    return float(spelled.mean()) if len(spelled) else None


def _characters(
    word: str,
    spelling: Spelling,
    placement: Placement,
    labels: slice,
    span: TimeSpan,
    stretch: Stretch,
) -> tuple[Character, ...]:
    """Each character of a word; one that is spelled lasts until the next one that is."""
    written = characters(word)
    owners = spelling.characters[labels]
    spelled = sorted(set(owners[~np.isnan(placement.scores[labels])].tolist()))
    found = [Character(text) for text in written]
    end = span.end
    for index in reversed(spelled):
        mine = np.flatnonzero(owners == index) + labels.start
        start = stretch.time(int(placement.first[mine[0]]))
        found[index] = Character(
            written[index], TimeSpan(start, end), _score(placement.scores[mine])
        )
        end = start
    return tuple(found)

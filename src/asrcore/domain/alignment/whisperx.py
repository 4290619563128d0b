"""WhisperX's alignment, faults included, so that people can compare before they switch.

The algorithm is that of WhisperX 3.8.6 (`whisperx/alignment.py`, BSD-2-Clause), written anew from
its behaviour; results are equal to three decimals. Known of it, and kept: a pause belongs to the
character before it, punctuation and digits are timed as any sound, the text may end early, and the
frames of a segment are stretched to its length. Two things differ: where WhisperX returns no words
because alignment failed, they are returned without times; and nothing is done by sentence, so words
without times get theirs from the whole text, and the end of a sentence inside a word never cuts it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np

from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.alignment.whisperx_path import Floats, best_path
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Character, Word

Interpolation = Literal["nearest", "linear", "ignore"]
"""Where a word without times gets some: the nearest word's, between both neighbours', or none."""

_Sound = tuple[float, float, float]
"""Start, end and score."""

_Heard = Mapping[int, _Sound]
"""The sound of characters, by their index in the text."""

_SEPARATOR = "|"
_WITHOUT_SPACES = ("ja", "zh")


def align_like_whisperx(
    emissions: Emissions,
    alphabet: Alphabet,
    text: str,
    span: TimeSpan,
    language: str | None = None,
    *,
    interpolate: Interpolation = "nearest",
    characters: bool = False,
) -> list[Word]:
    """The words of a text with the times and scores that WhisperX gives them.

    Args:
        emissions: log-probabilities, shape (frames, labels); how long a frame lasts is ignored,
            as WhisperX spreads the frames over `span`.
        alphabet: what the columns mean. A label counts for its lower case, as in WhisperX, so a
            blank that is spelled `-` takes hyphens, as torchaudio's models do there.
        text: what is said.
        span: where in the recording the segment lies, in seconds.
        language: language code; in `ja` and `zh` each character is a word, else spaces end one.
        interpolate: what becomes of words none of whose characters can be aligned.
        characters: whether the words hold their characters, one a code point.

    Returns:
        Every word once, in order, its times in the clock of `span` and rounded to milliseconds as
        WhisperX does; without times where alignment failed, as WhisperX then gives no words.
    """
    heard = _hear(emissions.log_probs, alphabet, text, span, language)
    word = re.compile(r"\S" if language in _WITHOUT_SPACES else "[^ ]+")
    words = [
        _word(each.group(), each.start(), heard, characters)
        for each in word.finditer(text)
        if each.group().strip()
    ]
    return words if interpolate == "ignore" else _filled(words, interpolate)


def _hear(
    log_probs: Floats, alphabet: Alphabet, text: str, span: TimeSpan, language: str | None
) -> _Heard:
    """What of the text is aligned; nothing where WhisperX gives up."""
    columns = _columns(alphabet)
    kept = dict(_alignable(text, columns, language))
    # İ is two code points in lower case: all behind it is one off, in WhisperX as here.
    tokens = _tokens("".join(kept.values()), columns, log_probs, alphabet.blank)
    path = best_path(tokens, log_probs[:, alphabet.blank]) if kept else None
    if path is None:
        return {}
    bounds, scores = path
    frame = span.duration / len(log_probs)
    times = [round(bound * frame + span.start, 3) for bound in bounds.tolist()]
    return {
        index: (start, end, round(score, 3))
        for index, (start, end), score in zip(kept, pairwise(times), scores.tolist(), strict=False)
    }


def _columns(alphabet: Alphabet) -> dict[str, int]:
    """The column of each label in lower case; of equal ones the last counts."""
    spelled = {
        label.lower(): column
        for column, label in enumerate(alphabet.labels)
        if column != alphabet.separator
    }
    return spelled if alphabet.separator is None else {**spelled, _SEPARATOR: alphabet.separator}


def _alignable(
    text: str, columns: Mapping[str, int], language: str | None
) -> Iterator[tuple[int, str]]:
    """Index and lower case of each character that takes time: all but some spaces and bars."""
    for index in range(len(text) - len(text.lstrip()), len(text.rstrip())):
        lower = text[index].lower()
        if lower == " " and language not in _WITHOUT_SPACES:
            lower = _SEPARATOR
        if lower in columns or lower not in (" ", _SEPARATOR):
            yield index, lower


def _tokens(spelled: str, columns: Mapping[str, int], log_probs: Floats, blank: int) -> Floats:
    """Log-probability of each character in each frame, shape (frames, characters).

    One without a label is as likely as the likeliest label that is not blank.
    """
    tokens = log_probs[:, [columns.get(each, blank) for each in spelled]]
    unknown = [index for index, each in enumerate(spelled) if each not in columns]
    if unknown:
        tokens[:, unknown] = np.delete(log_probs, blank, axis=1).max(axis=1)[:, np.newaxis]
    return tokens


def _word(text: str, begin: int, heard: _Heard, characters: bool) -> Word:
    """A word from what stands between two spaces, and the index where that begins."""
    sounds = [heard.get(index) for index in range(begin, begin + len(text))]
    timed = [sound for sound in sounds if sound]
    return Word(
        text.strip(),
        TimeSpan(timed[0][0], timed[-1][1]) if timed else None,
        _mean_score(sounds) if timed else None,
        characters=_characters(text, sounds) if characters else (),
    )


def _mean_score(sounds: Sequence[_Sound | None]) -> float:
    """Added and rounded as pandas does; Python's own `sum` and `round` differ in ties."""
    total = np.add.reduce([sound[2] if sound else 0.0 for sound in sounds])
    return float(np.round(total / sum(map(bool, sounds)), 3))


def _characters(text: str, sounds: Sequence[_Sound | None]) -> tuple[Character, ...]:
    begin, end = len(text) - len(text.lstrip()), len(text.rstrip())
    return tuple(
        Character(each, TimeSpan(*sound[:2]), sound[2]) if sound else Character(each)
        for each, sound in zip(text[begin:end], sounds[begin:end], strict=True)
    )


def _filled(words: Sequence[Word], interpolate: Interpolation) -> list[Word]:
    """The words, those without times with estimated ones if any word has times."""
    spans = {index: word.span for index, word in enumerate(words) if word.span}
    if not spans:
        return list(words)
    known = np.array(list(spans))
    places = np.arange(len(words))
    if interpolate == "nearest":
        nearest = known[np.searchsorted((known[1:] + known[:-1]) / 2, places)]
        found = [spans[index] for index in nearest.tolist()]
    else:
        starts = np.interp(places, known, [span.start for span in spans.values()])
        ends = np.interp(places, known, [span.end for span in spans.values()])
        found = [TimeSpan(*bounds) for bounds in zip(starts.tolist(), ends.tolist(), strict=True)]
    return [
        word if word.span else replace(word, span=span, estimated=True)
        for word, span in zip(words, found, strict=True)
    ]

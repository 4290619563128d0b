"""The aligner over PocketSphinx: forced alignment with the English model in its wheel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from threading import Lock

import numpy as np
from pocketsphinx import Decoder

from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.language import split_words
from asrcore.domain.request import AlignRequest
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.errors import ConfigError, translate
from asrcore.plugin import Placement
from asrcore_adapters.pocketsphinx import PocketsphinxAlignerOptions
from asrcore_adapters.pocketsphinx.decoding import decode, failed, span_of, word_of
from asrcore_adapters.pocketsphinx.pronunciation import (
    ANY_SPEECH,
    is_mark,
    plain,
    pronunciations,
)

SEARCH = {
    # Wider than for recognition, and no second search through what is left of the first: here
    # only one path is right, and it must not be lost.
    **{"beam": 1e-120, "pbeam": 1e-120, "wbeam": 1e-100, "bestpath": False},
    "wip": 1.0,  # the number of words is given: none needs a penalty
}
DITHER = 1e-3
"""Noise, in parts of full scale, that is mixed into sound with no path through it: the search
then takes another turn, and mostly arrives."""
SPELLING = re.compile(r"[a-z0-9'._-]+")
"""Of the dictionary's words. Its silences and noises (`<s>`, `[NOISE]`), second pronunciations
(`and(2)`) and the words that are made here (`~0`) are spelled otherwise: no text means these."""
ANYTHING = "~"
"""The made word that is any speech; the names of the other made words begin with it."""
EDGES = ".,;:!?\"'()[]{}\u2018\u2019\u201c\u201d\u2026-\u2013\u2014"
VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
CONSONANTS = (
    *("B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG"),
    *("P", "R", "S", "SH", "T", "TH", "V", "W", "Y", "Z", "ZH"),
)
SOUNDS = frozenset((*VOWELS, *CONSONANTS))
"""Of the acoustic model, in ARPABET."""


class PocketsphinxAligner:
    """Places English text in sound; words end where their sound ends.

    Words that the dictionary lacks are guessed from their spelling, numbers are read in several
    ways at once, and text in other scripts is any speech; so is all that the dictionary lacks
    where the text is else not to be found in the sound. Words without sound and marks (`<unk>`,
    `[NOISE]`) have no times, and so have all of a text that is not found even then. There are no
    scores: acoustic likelihoods of different words do not compare.
    """

    capabilities = AlignerCapabilities(languages=frozenset({"en"}))

    def __init__(self, options: PocketsphinxAlignerOptions, placement: Placement) -> None:
        self._one_at_a_time = Lock()
        self._entries: dict[str, str | None] = {}
        self._numbers = count()
        with translate({Exception: failed}):
            self._decoder = Decoder(
                samprate=SAMPLE_RATE, loglevel="FATAL", cmn="batch", lm=None, **SEARCH
            )
            self._decoder.add_word(ANYTHING, ANY_SPEECH, False)
            self._learn(options.pronunciations)

    def align(self, batch: Sequence[AlignRequest]) -> Sequence[Sequence[Sequence[Word]]]:
        """Align requests one after the other."""
        return [list(self._request(request)) for request in batch]

    def close(self) -> None:
        """Nothing to free before the object goes."""

    def _request(self, request: AlignRequest) -> Iterator[list[Word]]:
        written = [split_words(text, request.language) for text in request.texts]
        with self._one_at_a_time, translate({Exception: failed}):
            entries = [[self._entry(word) for word in words] for words in written]
            spans = iter(self._spans(request.samples, [e for row in entries for e in row if e]))
            for words, row in zip(written, entries, strict=True):
                timed = zip(words, row, strict=True)
                yield [Word(word, next(spans) if entry else None) for word, entry in timed]

    def _spans(self, samples: Samples, entries: Sequence[str]) -> Sequence[TimeSpan | None]:
        """The spans of dictionary entries; all None where there is no path through the sound."""
        loosely = [ANYTHING if each.startswith(ANYTHING) else each for each in entries]
        found = self._path(samples, entries)
        if not found and loosely != list(entries):
            found = self._path(samples, loosely)
        return found or [None] * len(entries)

    def _path(self, samples: Samples, entries: Sequence[str]) -> list[TimeSpan]:
        """The spans of dictionary entries, one after the other; none where there is no path."""
        if entries:
            self._decoder.set_align_text(" ".join(entries))
            for sound in _attempts(samples):
                segments = [each for each in decode(self._decoder, sound) if word_of(each)]
                if [word_of(each) for each in segments] == list(entries):
                    return [span_of(each, len(samples) / SAMPLE_RATE) for each in segments]
        return []

    def _entry(self, word: str) -> str | None:
        """The dictionary's entry for a written word, made if need be; None where it is silent."""
        if is_mark(word):
            return None
        known = plain(word).strip(EDGES)
        if known not in self._entries:
            ways = pronunciations(word, self._lookup)
            self._entries[known] = known if self._lookup(known) else self._made(ways)
        return self._entries[known]

    def _lookup(self, word: str) -> str | None:
        sounds: str | None = self._decoder.lookup_word(word) if SPELLING.fullmatch(word) else None
        return sounds

    def _made(self, ways: Sequence[str]) -> str | None:
        ways = [way for way in ways if way]  # PocketSphinx does not survive a word without sounds
        if not ways:
            return None
        name = f"{ANYTHING}{next(self._numbers)}"
        for number, way in enumerate(ways, 1):
            self._decoder.add_word(name if number == 1 else f"{name}({number})", way, False)
        return name

    def _learn(self, given: Mapping[str, str]) -> None:
        for word, sounds in given.items():
            unknown = [sound for sound in sounds.split() if sound not in SOUNDS]
            if unknown or not sounds.split():
                raise ConfigError(
                    f"aligner.options.pronunciations: {word} cannot sound as {sounds!r}",
                    f"write it with spaces between: {' '.join(sorted(SOUNDS))}",
                )
            self._entries[plain(word).strip(EDGES)] = self._made([sounds])


def _attempts(samples: Samples) -> Iterator[Samples]:
    yield samples
    noise = np.random.default_rng(0).normal(0.0, DITHER, len(samples))
    yield (samples + noise).astype(np.float32)

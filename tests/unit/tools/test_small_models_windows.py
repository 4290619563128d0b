"""Whisper's windows say what sounds in them: the words, their times, and no more."""

import random
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from tools.small_models.characters import LABELS, transcript
from tools.small_models.corpus import Corpus, write_shard
from tools.small_models.guidance import ANYWHERE, FRAME
from tools.small_models.vocabulary import (
    END,
    FIRST_TIME,
    NO_SPEECH,
    NO_TIMESTAMPS,
    PREVIOUS,
    START,
    Vocabulary,
)
from tools.small_models.windows import PROMPT, Shape, WindowMaker
from tools.synthetic.speech import SAMPLE_RATE, Sentence

TOKENIZER = Path(__file__).parents[3] / "models" / "nano-whisper" / "tokenizer.json"
LINES = (
    "Meet me at {3:30|three thirty}, maybe.",
    "We walked to the old mill, and back again.",
    "Nobody came.",
    "I paid {$25|twenty five dollars} for it yesterday, and it was well worth it.",
)
PROMPTED = Shape(12.0, 96 + 224, prompted=True)


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_file(str(TOKENIZER))


@pytest.fixture
def maker(hum, tmp_path):
    """Makes windows of a shape out of four sentences hummed by two voices."""
    said = [(line, hum(Sentence.parse(line), name)) for name in ("ann", "bob") for line in LINES]
    write_shard(tmp_path, "all", said)
    corpus = Corpus({"ann": 1.0, "bob": 1.0})
    corpus.extend([(str(tmp_path / "all.npy"), 0)])
    vocabulary = Vocabulary.of_texts(TOKENIZER, [Sentence.parse(line).text for line in LINES])
    return lambda shape, seed: WindowMaker(corpus, vocabulary, shape, random.Random(seed))


@pytest.fixture
def windows(maker):
    making = maker(PROMPTED, 1)
    return [making.make() for _ in range(400)]


class Sounding:
    """When the words of a placement sound, worked out from what the renderer is told."""

    def __init__(self, placed, seconds):
        _, source, samples, target, pace, _ = placed.row(0)
        skipped = source - placed.entry.offset
        words = list(zip(placed.entry.words, placed.entry.starts, placed.entry.ends, strict=True))
        self.words = [
            (
                word,
                target / SAMPLE_RATE + (start - skipped / SAMPLE_RATE) / pace,
                target / SAMPLE_RATE + (end - skipped / SAMPLE_RATE) / pace,
            )
            for word, start, end in words[placed.first :]
        ]
        self.begun_before = placed.first > 0
        self.cut = target / SAMPLE_RATE + samples / SAMPLE_RATE / pace > seconds - 0.02
        self.heard = [word for word, _, end in self.words if end < seconds - 0.03]

    @property
    def text(self):
        words = self.heard if self.cut else [word for word, _, _ in self.words]
        return " ".join(word.written for word in words)


def said(window):
    """Its tokens between the start and the end."""
    assert window.tokens[window.prompt] == START
    assert window.tokens[-1] == END
    return window.tokens[window.prompt + 1 : -1]


def sounding(window, seconds=12.0):
    return [Sounding(placed, seconds) for placed in window.placements]


def seconds(token):
    return (token - FIRST_TIME) * 0.02


def test_without_timestamps_the_words_heard_are_written(windows, tokenizer):
    plain = [window for window in windows if window.placements and not window.timestamps]
    cut = 0
    for window in plain:
        first, *tokens = said(window)
        assert first == NO_TIMESTAMPS
        spoken = sounding(window)
        cut += spoken[-1].cut
        texts = [each.text for each in spoken if each.text]
        assert tokenizer.decode(tokens) == "".join(f" {text}" for text in texts)
        assert not any(each.cut for each in spoken[:-1])
    assert cut > 10


def test_timestamps_are_the_times_of_the_words(windows, tokenizer):
    timed = [window for window in windows if window.placements and window.timestamps]
    kinds = {"cut": 0, "whole": 0, "begun before": 0}
    for window in timed:
        tokens = said(window)
        for spoken in sounding(window):
            assert tokens[0] >= FIRST_TIME
            if spoken.begun_before:
                assert tokens[0] == FIRST_TIME
                kinds["begun before"] += 1
            else:
                assert abs(seconds(tokens[0]) - spoken.words[0][1]) <= 0.02
            if spoken.cut:
                kinds["cut"] += 1
                tokens = tokens[1:]
                continue
            kinds["whole"] += 1
            end = next(n for n, token in enumerate(tokens[1:], 1) if token >= FIRST_TIME)
            assert tokenizer.decode(tokens[1:end]) == f" {spoken.text}"
            assert abs(seconds(tokens[end]) - spoken.words[-1][2]) <= 0.02
            tokens = tokens[end + 1 :]
        assert tokens == []  # a sentence that is cut off is the last, and gives its start alone
    assert min(kinds.values()) > 10


def test_silence_teaches_that_nobody_speaks(windows):
    silent = [window for window in windows if not window.placements]
    assert {window.timestamps for window in silent} == {True, False}
    for window in silent:
        assert said(window) == [FIRST_TIME if window.timestamps else NO_TIMESTAMPS]
        assert window.targets[window.prompt :] == [NO_SPEECH, END]
        assert (window.guide.allowed == ANYWHERE).all()
        assert (window.guide.onsets, window.labels) == ([], [])


def test_the_next_token_is_learnt_but_for_what_is_given(windows):
    for window in windows:
        targets, tokens = window.targets, window.tokens
        assert len(targets) == len(tokens) - 1
        assert set(targets[: window.prompt]) <= {-100}
        assert targets[window.prompt + 1 :] == tokens[window.prompt + 2 :]
        if window.placements:
            first = tokens[window.prompt + 1] if window.timestamps else -100
            assert targets[window.prompt] == first


def test_the_text_before_fits(windows):
    for window in windows:
        prompt = window.tokens[: window.prompt]
        assert prompt[0] == PREVIOUS
        assert 3 <= len(prompt) - 1 <= PROMPT == 223
        assert not {START, END, NO_TIMESTAMPS, NO_SPEECH} & set(prompt)
        assert len(window.tokens) <= PROMPTED.tokens
    assert max(window.prompt for window in windows) == PROMPT + 1
    timed = {any(token >= FIRST_TIME for token in each.tokens[: each.prompt]) for each in windows}
    assert timed == {True, False}


def test_short_sequences_hold_what_they_must(maker):
    making = maker(Shape(30.0, 40), 2)
    made = [making.make() for _ in range(100)]
    assert all(window.prompt == 0 and len(window.tokens) <= 40 for window in made)
    assert max(len(window.tokens) for window in made) > 30


def test_the_helper_is_told_what_is_heard(windows):
    for window in windows:
        spoken = sounding(window)
        words = [
            word
            for each in spoken
            for word in (each.heard if each.cut else [word for word, _, _ in each.words])
        ]
        assert window.labels == transcript(words)


def test_guidance_covers_the_words_and_nothing_else(windows):
    begins = np.arange(600) * FRAME
    for window in windows:
        words = [word for each in sounding(window) for word in each.words]
        expected, wider = np.full(600, ANYWHERE), np.full(600, ANYWHERE)
        onsets = []
        for word, start, end in words:
            letters = sum(1 << LABELS.index(c) for c in {*"".join(word.spoken).upper()})
            expected[(begins + FRAME > start) & (begins < end)] |= letters
            wider[(begins + 2.1 * FRAME > start) & (begins < end + 1.1 * FRAME)] |= letters
            if start < 12.0:
                onsets.append((start, LABELS.index(word.spoken[0][0].upper())))
        assert ((window.guide.allowed & expected) == expected).all()
        assert ((window.guide.allowed & wider) == window.guide.allowed).all()
        for (frame, label), (start, first) in zip(window.guide.onsets, onsets, strict=True):
            assert label == first
            assert frame * FRAME - 1e-3 <= start < (frame + 1) * FRAME + 1e-3

"""What the small models learn from is stored, placed and described exactly."""

import json
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tools.small_models.batches import Batch, line_batch, window_batch
from tools.small_models.characters import BLANK, LABELS, SEPARATOR, transcript
from tools.small_models.corpus import Corpus, Entry, finished_shards, write_shard
from tools.small_models.guidance import ANYWHERE, FRAME, Guide
from tools.small_models.lines import LineMaker, frames
from tools.small_models.vocabulary import NO_SPEECH, SPECIAL, START, Vocabulary, timestamp
from tools.small_models.windows import Shape, WindowMaker
from tools.synthetic.speech import SAMPLE_RATE, Sentence

ROOT = Path(__file__).parents[3]
TOKENIZER = ROOT / "models" / "nano-whisper" / "tokenizer.json"
LINES = ("Meet me at {3:30|three thirty}, maybe.", "It rained all morning.", "Nobody came.")


def label(letters):
    return [LABELS.index(letter) for letter in letters]


def bits(letters):
    return sum(1 << number for number in set(label(letters)))


@pytest.fixture
def spoken(hum):
    return [(line, hum(Sentence.parse(line), voice)) for voice in ("ann", "bob") for line in LINES]


@pytest.fixture
def corpus(spoken, tmp_path):
    write_shard(tmp_path, "all", spoken)
    corpus = Corpus({"ann": 1.0, "bob": 1.0})
    corpus.extend([(str(tmp_path / "all.npy"), 0)])
    return corpus


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.of_texts(TOKENIZER, [Sentence.parse(line).text for line in LINES])


def picked(corpus, times=200):
    chance = random.Random(1)
    return {entry.offset: entry for entry in (corpus.pick(chance) for _ in range(times))}


class TestCorpus:
    def test_gives_back_what_was_written(self, spoken, tmp_path):
        write_shard(tmp_path, "first", spoken[:2])
        write_shard(tmp_path, "second", spoken[2:])
        shards = finished_shards(tmp_path)
        memory = np.concatenate([np.load(path) for path in shards])
        corpus = Corpus({"ann": 1.0, "bob": 1.0})
        corpus.extend(zip(map(str, shards), (0, len(np.load(shards[0]))), strict=True))
        entries = [entry for _, entry in sorted(picked(corpus).items())]
        assert len(entries) == len(corpus) == len(spoken)
        for entry, (line, utterance) in zip(entries, spoken, strict=True):
            here = memory[entry.offset : entry.offset + entry.samples]
            np.testing.assert_array_equal(here, utterance.samples)
            assert entry.words == Sentence.parse(line).words
            np.testing.assert_allclose(entry.starts, utterance.starts, atol=1e-4)
            np.testing.assert_allclose(entry.ends, utterance.ends, atol=1e-4)
            assert entry.family == utterance.voice

    def test_a_shard_is_read_once(self, corpus, spoken, tmp_path):
        corpus.extend([(str(tmp_path / "all.npy"), 0)])
        assert len(corpus) == len(spoken)

    def test_half_a_shard_is_none(self, spoken, tmp_path):
        write_shard(tmp_path, "whole", spoken)
        write_shard(tmp_path, "half", spoken)
        (tmp_path / "half.jsonl").rename(tmp_path / "half.part")
        assert finished_shards(tmp_path) == [tmp_path / "whole.npy"]

    def test_families_are_picked_by_weight(self, corpus, tmp_path):
        rare = Corpus({"ann": 9.0, "bob": 1.0})
        rare.extend([(str(tmp_path / "all.npy"), 0)])
        chance = random.Random(2)
        share = np.mean([rare.pick(chance).family == "bob" for _ in range(2000)])
        assert share == pytest.approx(0.1, abs=0.03)


def test_labels_are_what_is_said():
    words = Sentence.parse("At {3:30|three thirty}, it's well-known.").words
    assert transcript(words) == label("AT|THREE|THIRTY|IT'S|WELL|KNOWN")


@pytest.mark.parametrize(
    ("seconds", "token"), [(0.0, 50363), (-1.0, 50363), (1.019, 50414), (30.0, 51863), (31, 51863)]
)
def test_times_are_tokens(seconds, token):
    assert timestamp(seconds) == token


class TestVocabulary:
    def test_rows_number_the_used_tokens(self, vocabulary):
        tokens = vocabulary.encode("Meet me at 3:30, maybe.")
        assert vocabulary.covers(tokens)
        assert vocabulary.used[vocabulary.rows[tokens]].tolist() == tokens
        assert set(SPECIAL) <= set(vocabulary.used.tolist())
        assert (vocabulary.rows >= 0).sum() == len(vocabulary.used)

    def test_any_part_from_a_word_on_is_covered(self, vocabulary):
        words = Sentence.parse(LINES[0]).text.split()
        for first in range(len(words)):
            assert vocabulary.covers(vocabulary.encode(" ".join(words[first:])))

    def test_other_words_are_not(self, vocabulary):
        assert not vocabulary.covers(vocabulary.encode("Constantinople"))


class TestGuide:
    """Frames of 20 ms; a word's labels may sound in its own frames and one to each side."""

    entry = Entry(0, 16_000, Sentence.parse("Cab {2|two}.").words, [0.1, 0.3], [0.2, 0.5], "")

    def test_labels_sound_where_their_word_does(self):
        guide = Guide.of(60)
        guide.add(self.entry, 0.505, 1.0)
        expected = np.full(60, ANYWHERE)
        expected[29:37] |= bits("CAB")  # 0.605 to 0.705 s: frames 30 to 35
        expected[39:52] |= bits("TWO")  # 0.805 to 1.005 s: frames 40 to 50
        np.testing.assert_array_equal(guide.allowed, expected)
        assert guide.onsets == [(30, *label("C")), (40, *label("T"))]
        assert bits(["<pad>", "|"]) == ANYWHERE == 1 << BLANK | 1 << SEPARATOR

    def test_a_faster_voice_is_sooner_done(self):
        guide = Guide.of(60)
        guide.add(self.entry, 0.5, 2.0)
        assert guide.onsets == [(27, *label("C")), (32, *label("T"))]

    def test_what_is_not_played_does_not_sound(self):
        guide = Guide.of(60)
        guide.add(self.entry, -0.25, 1.0, first=1)
        assert guide.onsets == [(2, *label("T"))]
        assert not (guide.allowed & bits("CAB")).any()

    def test_what_is_after_the_window_does_not_sound(self):
        guide = Guide.of(20)
        guide.add(self.entry, 0.2, 1.0)
        assert guide.onsets == [(15, *label("C"))]
        assert len(guide.allowed) == 20


class TestLines:
    SECONDS = 5.0

    @pytest.fixture
    def lines(self, corpus):
        maker = LineMaker(corpus, self.SECONDS, random.Random(3))
        return [maker.make() for _ in range(100)]

    def test_labels_are_those_of_the_words_played(self, lines):
        assert {len(line.placements) for line in lines} >= {1, 2}
        for line in lines:
            words = [word for placed in line.placements for word in placed.entry.words]
            assert line.labels == transcript(words)

    def test_nothing_is_cut_off_or_spoken_over(self, lines):
        for line in lines:
            spans = [(placed.at, placed.at + placed.duration) for placed in line.placements]
            assert all(before[1] < after[0] for before, after in pairwise(spans))
            assert spans[-1][1] <= line.seconds <= self.SECONDS

    def test_onsets_are_in_the_frames_around_the_words_starts(self, lines):
        """Frame n of wav2vec2 sees 400 samples from 320 n on, so that its centre is 200 later."""
        for line in lines:
            starts = [
                placed.start(number)
                for placed in line.placements
                for number in range(len(placed.entry.words))
            ]
            assert len(line.guide.onsets) == len(starts)
            for (frame, _), start in zip(line.guide.onsets, starts, strict=True):
                centre = (320 * frame + 200) / SAMPLE_RATE
                assert abs(start - centre) <= FRAME / 2 + 1e-9

    @pytest.mark.parametrize("seconds", [0.5, 3.003, 9.0])
    def test_frames_are_those_of_the_network(self, seconds):
        shape = json.loads((ROOT / "tools" / "small_models" / "wav2vec2.json").read_text())
        length = round(seconds * SAMPLE_RATE)
        for kernel, stride in zip(shape["conv_kernel"], shape["conv_stride"], strict=True):
            length = (length - kernel) // stride + 1
        assert frames(seconds) == length


class TestBatches:
    SHAPE = Shape(12.0, 96)

    def test_windows(self, corpus, vocabulary):
        maker = WindowMaker(corpus, vocabulary, self.SHAPE, random.Random(4))
        windows = [maker.make() for _ in range(30)]
        batch = window_batch(windows, self.SHAPE, vocabulary)
        self.agree(batch, windows, 12.0)
        assert batch.allowed.shape == (30, 600)
        assert batch.inputs.shape == batch.targets.shape == (30, 96)
        assert batch.ends.tolist() == [12.0] * 30
        for window, inputs, targets in zip(windows, batch.inputs, batch.targets, strict=True):
            length = len(window.tokens) - 1
            assert vocabulary.used[inputs[:length]].tolist() == window.tokens[:-1]
            learnt = targets >= 0
            assert not learnt[length:].any()
            wanted = np.array(window.targets)
            np.testing.assert_array_equal(learnt[:length], wanted >= 0)
            np.testing.assert_array_equal(vocabulary.used[targets[learnt]], wanted[learnt[:length]])

    def test_lines(self, corpus):
        maker = LineMaker(corpus, 5.0, random.Random(5))
        lines = [maker.make() for _ in range(8)]
        batch = line_batch(lines, 5.0)
        self.agree(batch, lines, 5.0)
        assert batch.inputs is batch.targets is None
        assert batch.ends.tolist() == [line.seconds for line in lines]

    def test_silence_alone(self, corpus, vocabulary):
        maker = WindowMaker(corpus, vocabulary, self.SHAPE, random.Random(6))
        silent = next(window for window in iter(maker.make, None) if not window.placements)
        batch = window_batch([silent], self.SHAPE, vocabulary)
        assert batch.rows.shape == (0, 6)
        assert batch.onsets.shape == (0, 3)
        assert batch.lengths.tolist() == [0]
        assert vocabulary.used[batch.inputs[0, 0]] == START
        assert vocabulary.used[batch.targets[0, 0]] == NO_SPEECH

    @staticmethod
    def agree(batch: Batch, examples, seconds):
        assert batch.seconds == seconds
        assert len(batch.rows) == sum(len(each.placements) for each in examples)
        assert set(batch.rows[:, 0]) == {n for n, each in enumerate(examples) if each.placements}
        for number, each in enumerate(examples):
            said = batch.labels[number, : batch.lengths[number]]
            assert said.tolist() == each.labels
            mine = batch.onsets[batch.onsets[:, 0] == number][:, 1:]
            assert list(map(tuple, mine)) == each.guide.onsets
            np.testing.assert_array_equal(batch.allowed[number], each.guide.allowed)

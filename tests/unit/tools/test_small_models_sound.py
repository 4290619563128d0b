"""The small models hear what was placed, when it was placed, and are told so."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2FeatureExtractor, WhisperFeatureExtractor

from tools.small_models.augmentation import Augmentation, render
from tools.small_models.corpus import Corpus, Entry, write_shard
from tools.small_models.features import LogMel
from tools.small_models.objectives import _normalised, ctc_loss, guidance_loss, onset_loss
from tools.small_models.placement import Placement
from tools.small_models.training import (
    Plan,
    Speech,
    load_checkpoint,
    rate,
    save_checkpoint,
)
from tools.synthetic.speech import SAMPLE_RATE, Sentence

LINE = "Nobody came, though it rained all morning."


@pytest.fixture
def utterance(hum):
    return hum(Sentence.parse(LINE), "ann")


@pytest.fixture
def entry(utterance):
    words = utterance.sentence.words
    return Entry(500, len(utterance.samples), words, utterance.starts, utterance.ends, "ann")


@pytest.fixture
def memory(utterance):
    noise = np.random.default_rng(0).integers(-9000, 9000, 500).astype(np.int16)
    return torch.from_numpy(np.concatenate([noise, utterance.samples, noise]))


class TestPlacement:
    entry = Entry(
        1000, 20_000, Sentence.parse("One two three.").words, [0.06, 0.4, 0.7], [0.4, 0.6, 1.1], ""
    )

    def test_pace_brings_words_nearer(self):
        placed = Placement(self.entry, 2.0, 1.25, 0.5)
        assert placed.start(1) == pytest.approx(2.0 + 0.4 / 1.25)
        assert placed.end(2) == pytest.approx(2.0 + 1.1 / 1.25)
        assert placed.duration == pytest.approx(1.0)
        assert placed.row(3) == (3, 1000, 20_000, 32_000, 1.25, 0.5)

    def test_what_is_skipped_sounded_before(self):
        placed = Placement(self.entry, 0.0, 1.0, 1.0, first=1)
        _, source, samples, target, _, _ = placed.row(0)
        assert (source, samples, target) == (1000 + 6080, 20_000 - 6080, 0)
        assert placed.start(1) == pytest.approx(0.02, abs=1e-4)
        assert placed.start(0) < 0


class TestRender:
    def play(self, memory, *placed, samples=6 * SAMPLE_RATE):
        rows = np.array([each.row(number) for number, each in placed], np.float64)
        return render(memory, rows.reshape(-1, 6), 2, samples).numpy()

    def test_at_its_own_pace_samples_stay_as_they_are(self, memory, utterance, entry):
        waves = self.play(memory, (1, Placement(entry, 0.5, 1.0, 0.25)))
        expected = np.zeros((2, 6 * SAMPLE_RATE), np.float32)
        kept = utterance.samples[:-2].astype(np.float32)  # two serve interpolation
        expected[1, 8000 : 8000 + len(kept)] = kept * np.float32(0.25) / 32768
        np.testing.assert_array_equal(waves, expected)

    @pytest.mark.parametrize("pace", [0.85, 1.18])
    def test_at_another_pace_they_are_interpolated(self, memory, utterance, entry, pace):
        waves = self.play(memory, (0, Placement(entry, 0.5, pace, 1.0)))
        played = int((len(utterance.samples) - 2) / pace)
        at = np.arange(played) * pace
        expected = np.interp(at, np.arange(len(utterance.samples)), utterance.samples) / 32768
        np.testing.assert_allclose(waves[0, 8000 : 8000 + played], expected, atol=1e-6)
        assert not waves[0, :8000].any()
        assert not waves[0, 8000 + played :].any()

    @pytest.mark.parametrize(("pace", "first"), [(1.0, 0), (0.85, 2), (1.18, 0), (1.1, 4)])
    def test_words_sound_where_the_placement_says(self, memory, entry, pace, first):
        placed = Placement(entry, 0.3, pace, 1.0, first)
        wave = np.abs(self.play(memory, (0, placed))[0]) > 0.02
        sounds = np.flatnonzero(wave) / SAMPLE_RATE
        for word in range(first, len(entry.words)):
            inside = sounds[(sounds > placed.start(word) - 0.008) & (sounds < placed.end(word))]
            assert inside.min() == pytest.approx(placed.start(word), abs=1e-3)
            assert inside.max() == pytest.approx(placed.end(word), abs=1e-3)
        assert sounds.min() > placed.start(first) - 0.021 / pace  # the others are left out

    def test_the_window_cuts_off(self, memory, utterance, entry):
        waves = self.play(memory, (0, Placement(entry, 0.5, 1.0, 1.0)), samples=12_000)
        heard = utterance.samples[:4000].astype(np.float32) / 32768
        np.testing.assert_array_equal(waves[0, 8000:], heard)
        assert not waves[1].any()

    def test_silence_is_zero(self, memory):
        assert not self.play(memory, samples=100).any()


def test_features_are_those_of_whisper():
    dice = np.random.default_rng(1)
    noise = dice.normal(size=(2, 30 * SAMPLE_RATE)) * [[0.1], [0.002]]
    noise[1, 5 * SAMPLE_RATE :] = 0
    waves = noise.astype(np.float32)
    extractor = WhisperFeatureExtractor(feature_size=80)
    expected = extractor(list(waves), sampling_rate=SAMPLE_RATE, return_tensors="np")
    features = LogMel("cpu")(torch.from_numpy(waves), warped=False).numpy()
    np.testing.assert_allclose(features, expected.input_features, atol=1e-4)


def test_taller_voices_have_lower_features():
    """A tone moves up or down by the factor that was drawn, never in time."""
    time = torch.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    tone = torch.sin(2 * math.pi * 2000 * time) * (time > 1)
    features = LogMel("cpu", seed=5)(tone.repeat(40, 1))
    peaks = features[:, :, 150].argmax(1)
    usual = LogMel("cpu")(tone[None], warped=False)[0, :, 150].argmax()
    assert peaks.min() < usual < peaks.max()
    assert (features[:, :, :97].amax(dim=(1, 2)) < features[:, :, 103:].amax(dim=(1, 2))).all()


def test_masks_hide_stripes():
    features = torch.randn(50, 80, 1200, generator=torch.Generator().manual_seed(0))
    masked = LogMel("cpu").masked(features)
    changed = (masked != features).float().mean(dim=(1, 2))
    assert 0.3 < (changed > 0).float().mean() < 0.9
    assert changed.max() < 0.5


@pytest.fixture(scope="module")
def bursts():
    """Dry noise in bursts, as syllables are."""
    dice = np.random.default_rng(2)
    loud = np.repeat(dice.random((16, 40)) < 0.5, 1600, axis=1)
    return torch.from_numpy((dice.normal(size=loud.shape) * loud * 0.1).astype(np.float32))


def test_augmentation_keeps_timing(bursts):
    torch.manual_seed(0)  # shifts babble
    heard = Augmentation("cpu", seed=4)(bursts)
    assert heard.shape == bursts.shape
    assert heard.abs().max() <= 1
    assert (heard - bursts).abs().amax(1).gt(1e-3).float().mean() > 0.7
    size = 2 * bursts.shape[1]
    spectra = torch.fft.rfft(heard, n=size) * torch.fft.rfft(bursts, n=size).conj()
    lags = torch.fft.irfft(spectra, n=size).argmax(1)
    lags = torch.where(lags > size // 2, lags - size, lags)
    assert lags.abs().max() <= SAMPLE_RATE // 1000


def test_what_counts_is_normalised_as_wav2vec2_does(bursts):
    ends = torch.tensor([4.0, 2.5], dtype=torch.float64)
    waves = bursts[:2] + 0.3
    ours = _normalised(waves, ends).numpy()
    extractor = Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True)
    given = [waves[0].numpy(), waves[1, :40_000].numpy()]
    theirs = extractor(given, sampling_rate=SAMPLE_RATE, padding=True, return_tensors="np")
    np.testing.assert_allclose(ours, theirs.input_values, atol=1e-4)


class TestLosses:
    """Two frames, in the first of which only A (6 in the labels' order) may sound."""

    batch = SimpleNamespace(
        allowed=np.array([[1 << 6, 1 << 0]]),
        onsets=np.array([[0, 0, 6], [0, 5, 7]]),
        labels=np.array([[6]]),
        lengths=np.array([1]),
    )

    @staticmethod
    def sure(*labels):
        scores = torch.full((1, len(labels), 32), -30.0)
        for frame, label in enumerate(labels):
            scores[0, frame, label] = 0
        return scores.log_softmax(-1)

    def test_what_is_true_costs_nothing(self):
        right = self.sure(6, 0)
        assert guidance_loss(right, self.batch) == pytest.approx(0, abs=1e-4)
        assert onset_loss(right, self.batch) == pytest.approx(0, abs=1e-4)
        assert ctc_loss(right, self.batch, torch.tensor([2])) == pytest.approx(0, abs=1e-4)

    def test_what_is_late_costs_much_but_not_everything(self):
        late = self.sure(0, 6)
        assert guidance_loss(late, self.batch) == pytest.approx(30, abs=0.1)
        assert onset_loss(late, self.batch) == pytest.approx(8)
        assert ctc_loss(late, self.batch, torch.tensor([2])) == pytest.approx(0, abs=1e-4)

    def test_what_is_not_said_costs(self):
        assert ctc_loss(self.sure(0, 0), self.batch, torch.tensor([2])) > 4


class TestTraining:
    def plan(self, folder, **changed):
        return Plan(folder, folder, seconds=10, rate=1e-3, hours=0.01, warm_up=100, **changed)

    def test_the_rate_warms_up_and_falls_to_zero(self, tmp_path):
        plan = self.plan(tmp_path)
        assert rate(plan, 0, 0) == pytest.approx(1e-5)
        assert rate(plan, 49, 0) == pytest.approx(5e-4)
        assert rate(plan, 1000, 0) == pytest.approx(1e-3)
        assert rate(plan, 1000, 0.5) == pytest.approx(5e-4)
        assert rate(plan, 1000, 1) == pytest.approx(0)
        falling = [rate(plan, 1000, progress / 10) for progress in range(11)]
        assert falling == sorted(falling, reverse=True)

    def test_batches_find_in_memory_what_they_read(self, tmp_path, hum):
        said = [(line, hum(Sentence.parse(line), "ann")) for line in (LINE, "Yes, all of it.")]
        for number, each in enumerate(said):
            write_shard(tmp_path, f"shard{number}", [each])
        speech = Speech(self.plan(tmp_path))
        speech.refresh(most=1)
        speech.refresh()
        corpus = Corpus({"ann": 1.0})
        corpus.extend(json.loads(speech.listing.read_text()))
        utterances = {each.sentence.text: each for _, each in said}
        assert len(corpus) == len(said)
        for entry in {id(each): each for each in corpus._families["ann"]}.values():
            heard = speech.samples[entry.offset : entry.offset + entry.samples].numpy()
            np.testing.assert_array_equal(heard, utterances[entry.text()].samples)

    def test_a_checkpoint_keeps_half_precision(self, tmp_path):
        net = torch.nn.Linear(3, 2)
        save_checkpoint(tmp_path / "checkpoint.npz", net)
        stored = load_checkpoint(tmp_path / "checkpoint.npz")
        assert stored.keys() == {"weight", "bias"}
        torch.testing.assert_close(stored["weight"], net.weight.detach().half().float())
        assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]

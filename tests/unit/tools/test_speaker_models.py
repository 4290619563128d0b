"""Speakers of the small models: who they are, what is mixed of them, and what the nets compute."""

import numpy as np
import pytest
import torch

from tools.small_models.corpus import write_shard
from tools.small_models.speakers.cast import Cast
from tools.small_models.speakers.identities import DEVELOPMENT, SPEEDS, Source, person, sources
from tools.small_models.speakers.mixing import FRAMES, SAMPLES, SPEAKERS, Mixer
from tools.small_models.speakers.nets import Segmentation
from tools.small_models.speakers.objectives import (
    SHORTEST,
    classes,
    equal_error_rate,
    frame_error,
    identity_loss,
    segmentation_loss,
    stretches,
)
from tools.small_models.speakers.sound import Recording, ended, render
from tools.synthetic.speech import SAMPLE_RATE, Sentence, Utterance
from tools.synthetic.voices import held_out_voices, voice


class TestIdentities:
    def test_held_out_voices_are_nobody(self):
        spoken = {one.name for source in sources() for one in source.voices}
        assert not spoken & {one.name for one in held_out_voices()}

    def test_an_accent_is_no_other_person(self):
        assert person(voice("espeak/en+m3")) == person(voice("espeak/en-us+m3")) == "espeak/m3"
        assert person(voice("espeak/en-us")) == "espeak/plain"
        assert person(voice("flite/slt_low")) == "flite/slt_low"

    def test_people_kept_apart_are_there_at_their_own_pitch(self):
        apart = [source for source in sources() if source.development]
        assert {source.person for source in apart} == DEVELOPMENT
        assert {source.pitch for source in apart} == {1.0}

    def test_pitch_that_moves_formants_stays(self):
        pitches = {source.person: 0 for source in sources()}
        for source in sources():
            pitches[source.person] += 1
        assert pitches["flite/rms"] == pitches["festival/slt_hts"] == 1
        assert pitches["flite/slt"] == pitches["espeak/m3"] == 3

    def test_names_are_unique(self):
        names = [source.name for source in sources()]
        assert len(set(names)) == len(names)


HERTZ = {"ann": 300.0, "bob": 500.0, "cat": 900.0}


@pytest.fixture
def everybody():
    voices = {"ann": "flite/slt", "bob": "flite/awb", "cat": "espeak/en+f1"}
    return [Source(name, 1.0, (voice(found),)) for name, found in voices.items()]


def hummed(name: str, words: int, length: float = 0.4) -> Utterance:
    """A tone a speaker, words without rests between."""
    starts = 0.06 + length * np.arange(words)
    time = np.arange(round((starts[-1] + length + 0.08) * SAMPLE_RATE)) / SAMPLE_RATE
    sounds = (time >= 0.06) & (time < starts[-1] + length)
    tone = 20_000 * np.sin(2 * np.pi * HERTZ[name.partition("@")[0]] * time) * sounds
    sentence = Sentence.parse(" ".join(["word"] * words))
    ends = (starts + length).astype(np.float32)
    return Utterance(sentence, name, tone.astype(np.int16), starts.astype(np.float32), ends)


@pytest.fixture
def shard(everybody, tmp_path):
    spoken = [("word " * n, hummed(source.name, n)) for source in everybody for n in (3, 9, 14)]
    write_shard(tmp_path, "a", spoken)
    return tmp_path / "a.npy"


@pytest.fixture
def cast(everybody, shard):
    cast = Cast(everybody)
    cast.extend([(str(shard), 100)])
    return cast


@pytest.fixture
def memory(shard):
    return torch.from_numpy(np.pad(np.load(shard), 100))


class TestCast:
    def test_knows_its_own_people_only(self, everybody, shard):
        cast = Cast(everybody[1:2])
        cast.extend([(str(shard), 0)])
        assert len(cast) == 3
        assert cast.present.tolist() == [0]
        cast.extend([(str(shard), 0)])
        assert len(cast) == 3

    def test_words_in_a_row_are_where_they_sound(self, cast, memory):
        source = np.array([0, 1, 2] * 20)
        spans = cast.draw(source, np.full(60, 2), np.random.default_rng(1))
        np.testing.assert_allclose(spans.off - spans.on, 0.8, atol=1e-3)
        assert (spans.samples / SAMPLE_RATE < 0.8 + 0.15).all()
        for place in range(60):
            begin = spans.offset[place] + round(spans.on[place] * SAMPLE_RATE)
            sound = memory[begin : begin + round(0.8 * SAMPLE_RATE)].float().numpy()
            hertz = np.argmax(np.abs(np.fft.rfft(sound))) / 0.8
            assert hertz == pytest.approx(list(HERTZ.values())[source[place]], abs=2)

    def test_more_words_than_there_are_is_all(self, cast):
        spans = cast.draw(np.zeros(50, np.int64), np.full(50, 10_000), np.random.default_rng(1))
        assert set(np.round((spans.off - spans.on) / 0.4).astype(int)) == {3, 9, 14}
        np.testing.assert_allclose(spans.on, 0.06, atol=1e-4)


class TestMixer:
    @pytest.mark.parametrize("varied", [True, False])
    def test_who_is_said_to_speak_is_heard(self, cast, memory, varied):
        talk = Mixer(cast, varied=varied, seed=3).talk(40)
        waves = render(memory, talk.rows, 40)
        window = 1024
        frame = np.arange(2, FRAMES - 2)
        middle = 495 + 270 * frame
        at = middle[:, None] + np.arange(-window // 2, window // 2)
        spectra = np.abs(np.fft.rfft(waves.numpy()[:, at] * np.hanning(window)))
        hertz = np.fft.rfftfreq(window, 1 / SAMPLE_RATE)
        for one, speaker in np.argwhere(talk.identities >= 0):
            source, speed = divmod(talk.identities[one, speaker], len(SPEEDS))
            tone = list(HERTZ.values())[source] * SPEEDS[speed]
            loud = spectra[one][:, np.argmin(np.abs(hertz - tone))] > 5
            told = talk.active[one, speaker, frame]
            settled = told[1:-1] & told[2:] & told[:-2]
            assert (loud[1:-1][settled]).mean() > 0.95 if settled.any() else True

    def test_silence_is_silent(self, cast, memory):
        talk = Mixer(cast, varied=True, seed=4).talk(40)
        waves = render(memory, talk.rows, 40).numpy()
        nobody = ~talk.active.any(1)
        quiet = nobody[:, 2:] & nobody[:, 1:-1] & nobody[:, :-2]
        middles = 495 + 270 * np.arange(1, FRAMES - 1)
        assert np.abs(waves[:, middles])[quiet].max() < 1e-3

    def test_windows_differ_as_talks_do(self, cast):
        talk = Mixer(cast, varied=True, seed=5).talk(300)
        at_once = talk.active.sum(1)
        assert at_once.max() == 2
        speech, overlap = (at_once > 0).mean(), (at_once == 2).mean()
        assert 0.4 < speech < 0.9
        assert 0.01 < overlap / speech < 0.25
        heard = np.bincount(talk.active.any(2).sum(1), minlength=4)
        assert (heard[1:] > 30).all()
        assert heard[0] > 3
        assert talk.active[:, :, 0].any(1).mean() > 0.2

    def test_people_of_a_window_are_different(self, cast):
        talk = Mixer(cast, varied=True, seed=6).talk(50)
        full = talk.identities[(talk.identities >= 0).all(1)] // len(SPEEDS)
        assert len(full) > 5
        assert (np.sort(full, axis=1) == np.arange(SPEAKERS)).all()

    def test_one_person_talks_to_nobody(self, everybody, shard):
        cast = Cast(everybody[:1])
        cast.extend([(str(shard), 0)])
        talk = Mixer(cast, varied=True, seed=7).talk(20)
        assert (talk.identities[:, 1:] == -1).all()
        assert talk.active[:, 0].any()


class TestSound:
    def test_voices_add_up(self, memory):
        row = [0, 100, 8000, 500, 1.0, 0.5, 0]
        once = render(memory, np.array([row]), 2)
        twice = render(memory, np.array([row, row]), 2)
        torch.testing.assert_close(twice, 2 * once)
        assert once[1].abs().max() == 0
        expected = memory[100 + 2000].float() * 0.5 / 32768
        torch.testing.assert_close(once[0, 500 + 2000], expected)

    def test_what_begins_before_the_window_is_heard_from_its_midst(self, memory):
        row = np.array([[0, 100, 20_000, -6000, 1.0, 1.0, 0]])
        expected = memory[6100:19_000].float() / 32768
        torch.testing.assert_close(render(memory, row, 1)[0, :12_900], expected)

    def test_recordings_keep_time_and_differ(self):
        torch.manual_seed(0)
        waves = torch.zeros(16, 40_000)
        waves[:, 20_000:30_000] = 0.3 * torch.randn(16, 10_000)
        heard = Recording("cpu", seed=2)(waves)
        assert heard.shape == waves.shape
        louder = heard[:, 21_000:29_000].std(1) > 1.5 * heard[:, :19_000].std(1)
        assert louder.all()
        assert heard.std(1).max() > 4 * heard.std(1).min()

    def test_after_the_end_nobody_speaks(self):
        waves, active = torch.ones(2, SAMPLES), torch.ones(2, 3, FRAMES, dtype=torch.bool)
        waves, active = ended(waves, active, torch.tensor([[80_000], [SAMPLES]]))
        assert waves.sum(1).tolist() == [80_000, SAMPLES]
        assert active[1].all()
        assert active[0, 0].sum() == np.ceil((80_000 - 495) / 270)


def scores_of(active: torch.Tensor) -> torch.Tensor:
    one_hot = torch.nn.functional.one_hot(classes(active), 7).float()
    return (one_hot * 12).log_softmax(-1)


class TestObjectives:
    @pytest.fixture
    def active(self):
        active = torch.zeros(1, 3, 8, dtype=torch.bool)
        active[0, 0, 1:4] = active[0, 2, 3:6] = True
        return active

    def test_classes(self, active):
        assert classes(active).tolist() == [[0, 1, 1, 5, 3, 3, 0, 0]]

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)])
    def test_names_do_not_matter(self, active, order):
        scores = scores_of(active[:, list(order)])
        assert segmentation_loss(scores, active) < 0.001
        assert [float(error) for error in frame_error(scores, active)] == [0, 0]

    def test_errors_count(self, active):
        heard = active.clone()
        heard[0, 2, 5] = False
        wrong, error = frame_error(scores_of(heard), active)
        assert float(wrong) == pytest.approx(1 / 8)
        assert float(error) == pytest.approx(1 / 6)
        assert segmentation_loss(scores_of(heard), active) > 1

    def test_a_margin_makes_it_harder(self):
        cosines = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.9, 0.0]])
        identity = torch.tensor([0, 1, -1])
        easy, hard = (identity_loss(cosines, identity, margin) for margin in (0.0, 0.5))
        assert easy < hard
        same = identity_loss(cosines[:2], identity[:2], 0.5)
        torch.testing.assert_close(hard, same)

    def test_stretches_are_of_those_who_speak(self):
        active = torch.zeros(30, 3, FRAMES, dtype=torch.bool)
        active[:, 0, :300] = active[:, 1, 250:500] = active[:, 2, 500 : 500 + SHORTEST - 1] = True
        given = torch.tensor([[4, 7, 9]]).expand(30, 3)
        masks, identities = stretches(active, given, torch.Generator().manual_seed(1))
        assert not (masks & ~active).any()
        assert (identities[:, 0] == 4).all()
        assert (identities[:, 2] == -1).all()
        assert (masks[:, 0].sum(1) < 250).any()
        assert (masks[:, 0, 250:300].any(1)).any()
        assert (masks[identities >= 0].sum(1) >= SHORTEST).all()

    def test_equal_error_rate(self):
        unit = np.eye(4)[[0, 0, 1, 1]] + 0.01
        assert equal_error_rate(unit, np.array([0, 0, 1, 1])) == 0
        assert equal_error_rate(unit, np.array([0, 1, 0, 1])) > 0.4


def test_a_window_has_as_many_frames_as_said():
    with torch.no_grad():
        assert Segmentation()(torch.randn(1, 1, SAMPLES)).shape == (1, FRAMES, 7)

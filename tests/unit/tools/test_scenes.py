"""Scenes hold what was put into them, where it was put, and as much overlap as they say."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from tools.synthetic import conditions
from tools.synthetic.conditions import Conditions, recorded
from tools.synthetic.scenes import BREATH, Manner, Placed, Scene, clip, conversation
from tools.synthetic.speech import SAMPLE_RATE, Sentence

VOICES = ("ann", "bob", "cat", "dan")


@pytest.fixture
def talk(say, murmur, rng):
    def talk(count=3, seconds=120.0, **manner):
        return conversation(VOICES[:count], Manner(seconds, **manner), say, murmur, rng)

    return talk


def speaking(scene):
    """How many speak in each millisecond, counted without the code under test."""
    count = np.zeros(round(scene.duration * 1000) + 1, int)
    for each in scene.placed:
        count[round(each.start * 1000) : round(each.end * 1000)] += 1
    return count


def gaps(scene):
    """Seconds of silence between one sentence and the next."""
    return [later.start - earlier.end for earlier, later in pairwise(scene.placed)]


@pytest.mark.parametrize("overlap", [0.0, 0.02, 0.05, 0.08])
@pytest.mark.parametrize("count", [2, 4])
def test_overlap_is_as_stated_and_as_wanted(talk, overlap, count):
    scene = talk(count, overlap=overlap)
    at_once = speaking(scene)
    measured = np.sum(at_once >= 2) / np.sum(at_once >= 1)
    assert scene.overlap == pytest.approx(measured, abs=0.001)
    assert scene.overlap == pytest.approx(overlap, abs=0.01)
    assert (scene.overlap == 0.0) == (overlap == 0.0)


@pytest.mark.parametrize("seed", range(12))
def test_nobody_speaks_over_himself(say, murmur, seed):
    rng = np.random.default_rng(seed)
    scene = conversation(VOICES[:2], Manner(60, overlap=0.15), say, murmur, rng)
    for voice in VOICES[:2]:
        own = [each for each in scene.placed if each.voice == voice]
        for earlier, later in pairwise(own):
            assert later.start >= earlier.end + BREATH - 1e-3


def test_a_scene_refuses_a_voice_over_itself(hum):
    word = hum(Sentence.parse("Hello there."), "ann")
    with pytest.raises(ValueError, match="over itself"):
        Scene((Placed(word, 0), Placed(word, 1600)), 5 * SAMPLE_RATE)


@pytest.mark.parametrize(("offset", "length"), [(-100, 5), (4 * SAMPLE_RATE + 8000, 5)])
def test_a_scene_refuses_what_is_outside(hum, offset, length):
    word = hum(Sentence.parse("Hello there."), "ann")
    with pytest.raises(ValueError, match="not within"):
        Scene((Placed(word, offset),), length * SAMPLE_RATE)


def test_everybody_speaks_and_overlap_comes_from_turns_and_listeners(talk):
    scene = talk(4, overlap=0.08)
    said = Counter(each.voice for each in scene.placed)
    assert set(said) == set(VOICES)
    assert max(said.values()) < 3 * min(said.values())
    asides = [each for each in scene.placed if each.utterance.sentence.text in ("Yeah.", "Right.")]
    early = [gap for gap in gaps(scene) if -1.0 <= gap < 0.0]
    assert len(asides) >= 2
    assert len(early) >= 2


def test_gaps_are_within_their_bounds(talk):
    silences = gaps(talk(2))
    assert min(silences) >= 0.2 - 1e-3
    assert max(silences) <= 1.6 + 1e-3
    assert len({round(silence, 2) for silence in silences}) > 5


def test_a_scene_lasts_about_as_long_as_wanted(talk):
    assert talk(seconds=60.0).duration == pytest.approx(60.0, abs=6.0)


def test_long_pauses_come_on_request(talk):
    assert max(gaps(talk(pauses=0.3))) >= 5.0
    assert min(gaps(talk(1, within=(15.0, 20.0), between=(15.0, 20.0)))) >= 15.0 - 1e-3


def test_one_voice_alone_speaks_on(talk):
    assert talk(1).voices == ("ann",)


def test_a_clip_is_its_utterance_after_a_silence(hum):
    said = hum(Sentence.parse("Good morning."), "bob")
    scene = clip(said, 0.5, 0.25)
    assert scene.length == 8000 + len(said.samples) + 4000
    assert not scene.samples()[:8000].any()
    assert np.array_equal(np.round(scene.samples()[8000:-4000] * 32768), said.samples)
    assert scene.placed[0].start == pytest.approx(0.56)


CLEAR = {
    "as spoken": Conditions(),
    "noise": Conditions(noise="pink", snr=20.0),
    "room": Conditions(rt60=0.4),
    "telephone": Conditions(telephone=True),
}


@pytest.mark.parametrize("heard", CLEAR.values(), ids=CLEAR.keys())
def test_words_sound_at_their_times_and_only_then(talk, tones, rng, heard):
    scene = talk(4, seconds=40.0, overlap=0.05)
    samples = recorded(scene, heard, (), rng)
    for voice, hertz in ((tone.name, tone.hertz) for tone in tones):
        loud = strength(samples, hertz)
        inside, outside = np.zeros(len(loud), np.bool_), np.ones(len(loud), np.bool_)
        for each in (each for each in scene.placed if each.voice == voice):
            for start, end in zip(each.starts, each.ends, strict=True):
                inside[round(start * SAMPLE_RATE) + 320 : round(end * SAMPLE_RATE) - 320] = True
                tail = 4000 if heard.rt60 else 320
                outside[round(start * SAMPLE_RATE) - 320 : round(end * SAMPLE_RATE) + tail] = False
        assert np.quantile(loud[inside], 0.05) > 4 * np.quantile(loud[outside], 0.95)


def strength(samples, hertz):
    """How strong a tone is around each sample: 20 ms to either side."""
    time = np.arange(len(samples)) / SAMPLE_RATE
    turned = samples * np.exp(-2j * np.pi * hertz * time)
    return np.abs(np.convolve(turned, np.hanning(642) / 321, "same"))


def test_the_active_part_is_where_words_sound(talk):
    scene = talk(2, seconds=20.0)
    samples, active = scene.samples(), scene.active()
    edge = np.convolve(active, np.ones(5), "same") > 0  # a tone may end within a sample
    assert np.abs(samples[~edge]).max() < 1e-6
    assert np.sqrt(np.mean(samples[active] ** 2)) > 0.1
    assert 0.3 < active.mean() < 0.95


def test_the_same_chance_gives_the_same_scene(hum):
    def scene():
        rng, sentence = np.random.default_rng(1), Sentence.parse("So it goes, on and on.")
        say = lambda voice: hum(sentence, voice)  # noqa: E731
        return conversation(VOICES, Manner(30, overlap=0.05), say, say, rng)

    assert np.array_equal(scene().samples(), scene().samples())


def test_conditions_say_only_what_was_done():
    assert conditions.Conditions().as_values() == {}
    assert Conditions(rt60=0.5, telephone=True, gain=-35.0, pace=1.5).as_values() == {
        "pace": 1.5,
        "rt60": 0.5,
        "direct_to_reverberant": 6.0,
        "telephone": True,
        "gain": -35.0,
    }

"""The synthesisers tell the truth about when each word sounds."""

import numpy as np
import pytest

from tools.synthetic.engines import engine
from tools.synthetic.engines.installed import NotInstalledError
from tools.synthetic.engines.takes import LEAD, PEAK, TAIL, Take, Token
from tools.synthetic.speech import SAMPLE_RATE, Delivery, Sentence
from tools.synthetic.voices import held_out_voices, training_voices, voice

PLAIN = Delivery()
VOICES = ["espeak/en-us", "flite/slt", "flite/rms", "festival/ked", "festival/slt_hts"]
SENTENCE = Sentence.parse(
    "Well, it's {3:30|three thirty}, and the cat's out of the house. Let's go!"
)


def speak(name, sentence=SENTENCE, delivery=PLAIN):
    chosen = voice(name)
    try:
        return engine(chosen.engine).speak(sentence, chosen, delivery)
    except NotInstalledError as missing:
        pytest.skip(str(missing))


@pytest.fixture(params=VOICES)
def name(request):
    return request.param


@pytest.fixture
def utterance(name):
    return speak(name)


def loudness(utterance, start, end):
    """Root mean square between two times, of samples at full scale 32768."""
    piece = utterance.samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
    return np.sqrt(np.mean(piece.astype(float) ** 2))


def test_times_are_ordered_and_inside_the_sound(utterance):
    assert utterance.starts.shape == utterance.ends.shape == (len(SENTENCE.words),)
    assert utterance.starts.dtype == utterance.ends.dtype == np.float32
    assert np.all(utterance.starts < utterance.ends)
    assert np.all(utterance.ends[:-1] <= utterance.starts[1:] + 1e-6)
    assert utterance.starts[0] == pytest.approx(LEAD, abs=1e-3)
    assert utterance.duration - utterance.ends[-1] == pytest.approx(TAIL, abs=1e-3)


def test_samples_are_mono_int16_at_one_loudness(utterance):
    assert utterance.samples.dtype == np.int16
    assert utterance.samples.ndim == 1
    assert np.abs(utterance.samples.astype(int)).max() == PEAK


def test_every_word_sounds(utterance):
    for start, end in zip(utterance.starts, utterance.ends, strict=True):
        assert loudness(utterance, start, end) > 300


def test_the_pause_after_a_full_stop_belongs_to_no_word(utterance):
    house = SENTENCE.text.split().index("house.")
    pause = utterance.ends[house], utterance.starts[house + 1]
    middle = sum(pause) / 2
    assert pause[1] - pause[0] > 0.03
    assert loudness(utterance, middle - 0.01, middle + 0.01) < 150


def test_a_written_word_spans_its_spoken_parts(utterance):
    lengths = dict(zip(SENTENCE.text.split(), utterance.ends - utterance.starts, strict=True))
    assert lengths["3:30,"] > 1.5 * lengths["it's"]


def test_pace_is_honoured(name, utterance):
    faster = speak(name, delivery=Delivery(pace=1.25))
    assert faster.duration == pytest.approx(utterance.duration / 1.25, rel=0.06)


def test_pitch_leaves_pace_alone(name, utterance):
    higher = speak(name, delivery=Delivery(pitch=1.1))
    assert higher.duration == pytest.approx(utterance.duration, rel=0.03)
    assert not np.array_equal(higher.samples, utterance.samples)


@pytest.mark.parametrize(
    "line", ["I was in the middle of it.", "That's out of the question, Pete."]
)
def test_common_words_keep_times_of_their_own(name, line):
    assert speak(name, Sentence.parse(line)) is not None


def test_many_sentences_come_back_in_order(name):
    lines = [(Sentence.parse(line), Delivery()) for line in ("One.", "Two or three.", "Four.")]
    chosen = voice(name)
    try:
        spoken = engine(chosen.engine).speak_many(lines, chosen)
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    assert [utterance.sentence for utterance in spoken] == [sentence for sentence, _ in lines]


class TestTake:
    """Words that are not the sentence's make no utterance."""

    sentence = Sentence.parse("Two words.")
    noise = (np.random.default_rng(0).normal(size=SAMPLE_RATE) * 3000).astype(np.int16)

    def finish(self, *tokens):
        take = Take(self.noise, SAMPLE_RATE, tokens)
        return take.utterance(self.sentence, voice("flite/slt"))

    def test_the_right_words_do(self):
        utterance = self.finish(
            Token("Two", ("two",), 0.2, 0.4), Token("words", ("words",), 0.4, 0.8)
        )
        np.testing.assert_allclose(utterance.starts, [0.06, 0.26], atol=1e-4)
        np.testing.assert_allclose(utterance.ends, [0.26, 0.66], atol=1e-4)

    def test_a_missing_word_does_not(self):
        assert self.finish(Token("Two", ("two",), 0.2, 0.4)) is None

    def test_a_word_read_otherwise_does_not(self):
        second = Token("words", ("word", "street"), 0.4, 0.8)
        assert self.finish(Token("Two", ("two",), 0.2, 0.4), second) is None

    def test_words_over_each_other_do_not(self):
        second = Token("words", ("words",), 0.3, 0.8)
        assert self.finish(Token("Two", ("two",), 0.2, 0.4), second) is None

    def test_playing_faster_moves_every_time(self):
        tokens = Token("Two", ("two",), 0.2, 0.4), Token("words", ("words",), 0.4, 0.8)
        take = Take(self.noise, SAMPLE_RATE, tokens)
        faster = take.utterance(self.sentence, voice("flite/slt"), playing=1.25)
        np.testing.assert_allclose(faster.ends - faster.starts, [0.16, 0.32], atol=1e-4)


@pytest.mark.parametrize(
    ("text", "parts", "word", "says"),
    [
        ("it's", ("it", "'s"), "it's", True),
        ("BBC", ("b", "b", "c"), "BBC", True),
        ("Tchaikovsky", tuple("tchaikovsky"), "Tchaikovsky", False),
        ("read", ("red",), "read", True),
        ("red", ("red",), "red", True),
        ("A", ("_a",), "A", True),
        ("II", ("two",), "II", False),
    ],
)
def test_a_token_says_its_word(text, parts, word, says):
    assert Token(text, parts, 0.0, 1.0).says(word) is says


class TestVoices:
    def test_weights_of_training_sum_to_one(self):
        assert sum(voice.weight for voice in training_voices()) == pytest.approx(1)

    def test_held_out_voices_have_no_weight(self):
        assert {voice.weight for voice in held_out_voices()} == {0.0}

    def test_no_held_out_espeak_variant_is_heard_in_training(self):
        def variants(voices):
            return {v.id.partition("+")[2] for v in voices if v.engine == "espeak"}

        held_out = variants(held_out_voices())
        assert len(held_out) >= 8
        assert not held_out & variants(training_voices())

    def test_both_sexes_are_held_out(self):
        sexes = [v.sex for v in held_out_voices() if v.engine == "espeak"]
        assert min(sexes.count("female"), sexes.count("male")) >= 4

    def test_the_speaker_kal_is_held_out(self):
        assert not any("kal" in v.id for v in training_voices())


def test_a_missing_library_names_its_package(monkeypatch, tmp_path):
    monkeypatch.setenv("SPEECH_ROOT", str(tmp_path))
    engine.cache_clear()
    try:
        with pytest.raises(NotInstalledError, match="libflite1"):
            engine("flite")
        with pytest.raises(NotInstalledError, match="festival"):
            engine("festival")
    finally:
        engine.cache_clear()

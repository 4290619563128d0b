"""Sets take their own sentences and held-out voices, and come out the same each time."""

from collections import Counter
from itertools import combinations

import pytest

from tools.synthetic import sets, truth, voices
from tools.synthetic.conditions import Conditions
from tools.synthetic.making import Cast, make
from tools.synthetic.scenes import Manner
from tools.synthetic.sets import MURMURS, SETS, SHELVES, Clips, RecordingSet, Talk, shelves
from tools.synthetic.speech import Sentence


@pytest.fixture(scope="module")
def sentences():
    """Every fourth has a digit, every other fourth names."""
    kinds = (
        "There are {{{0}|some}} left.",
        "It rained in w{1} and in v{1}.",
        "I saw Ann{1} and Bob{1} again.",
    )
    letters = ("".join(chr(97 + int(digit)) for digit in str(number)) for number in range(1200))
    return [
        Sentence.parse(kinds[number % 3].format(number, word))
        for number, word in enumerate(letters)
    ]


@pytest.fixture
def dealt(sentences):
    return shelves(sentences)


def texts(shelf):
    return {sentence.text for sentence in shelf}


def test_no_sentence_is_on_two_shelves(dealt, sentences):
    assert all(not texts(one) & texts(other) for one, other in combinations(dealt.values(), 2))
    assert set().union(*map(texts, dealt.values())) == texts(sentences)


def test_shelves_hold_what_they_promise(dealt):
    assert {shelf: len(dealt[shelf]) for shelf in SHELVES} == SHELVES
    assert all(any(sign.isdigit() for sign in sentence.text) for sentence in dealt["digits"])
    assert all("Ann" in sentence.text for sentence in dealt["names"])


def test_sentences_are_dealt_the_same_way_and_once(dealt, sentences):
    assert shelves([*sentences, *sentences]) == dealt


def test_too_few_sentences_are_refused(sentences):
    with pytest.raises(ValueError, match="needs 360 sentences"):
        shelves(sentences[:500])


def named_voices(wanted):
    parts = (*wanted.clips, *wanted.talks)
    return [each.voices for each in parts if isinstance(each.voices, tuple)]


@pytest.mark.parametrize("name", SETS)
def test_only_seen_is_spoken_by_voices_of_the_training(name):
    spoken = {voice for some in named_voices(SETS[name]) for voice in some}
    assert all(voices.voice(voice).training == (name == "seen") for voice in spoken)


def test_nobody_meets_himself_and_women_meet_men():
    for present in named_voices(sets.MEETINGS):
        heard = [voices.voice(name) for name in present]
        persons = [voice.family if voice.kind == "natural" else voice.name for voice in heard]
        assert len(set(persons)) == len(persons)
        assert {voice.sex for voice in heard} == {"female", "male"}


def test_a_drawn_cast_is_held_out_and_mixed(rng):
    cast = Cast(voices.held_out_voices(), None)
    for _ in range(20):
        drawn = [voices.voice(name) for name in cast.mixed(4, rng)]
        assert not any(voice.training for voice in drawn)
        assert Counter(voice.sex for voice in drawn) == {"female": 2, "male": 2}
        assert sum(voice.family == "kal" for voice in drawn) <= 1


SMALL = RecordingSet(
    "small",
    "short",
    clips=(Clips(3, "formant"),),
    talks=(
        Talk("few", 2, Manner(15, overlap=0.05), Conditions(noise="babble", snr=20.0), "meetings"),
        Talk("fast", ("cat", "bob"), Manner(10), Conditions(pace=1.5, noise="pink"), "hard"),
    ),
)


def made(folder, dealt, perform, tones):
    return list(make(SMALL, dealt, Cast(tones, perform), folder, 7))


def test_a_set_is_made_with_its_truth_beside_it(tmp_path, dealt, hum, tones):
    few = made(tmp_path, dealt, hum, tones)
    names = ["00-ann.flac", "01-bob.flac", "02-cat.flac", "few.opus", "fast.opus"]
    assert [each.truth.audio for each in few] == names
    for each in few:
        sound = tmp_path / "small" / each.truth.audio
        assert truth.read(sound.with_suffix(".json")) == each.truth
        assert each.size == sound.stat().st_size + sound.with_suffix(".json").stat().st_size
    assert few[-1].truth.voices == {"SPEAKER_00": "cat", "SPEAKER_01": "bob"}
    assert few[-1].truth.conditions == {"pace": 1.5, "noise": "pink", "snr": 40.0}
    said = [segment.text for each in few for segment in each.truth.transcript.segments]
    said = [text for text in said if text not in MURMURS]
    assert len(said) == len(set(said)) > 10


def test_the_same_seed_makes_the_same_files(tmp_path, dealt, hum, tones):
    for folder in (tmp_path / "one", tmp_path / "two"):
        made(folder, dealt, hum, tones)
    for file in (tmp_path / "one" / "small").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / "small" / file.name).read_bytes()


def test_what_a_voice_cannot_speak_is_left_out(tmp_path, dealt, hum, tones):
    refused = {sentence.text for sentence in dealt["short"][::2]}

    def perform(sentence, voice, delivery):
        return None if sentence.text in refused else hum(sentence, voice, delivery)

    clips = made(tmp_path, dealt, perform, tones)[:3]
    spoken = [each.truth.transcript.segments[0].text for each in clips]
    assert spoken == [sentence.text for sentence in dealt["short"][1:6:2]]


def test_a_voice_that_cannot_speak_at_all_ends_the_work(tmp_path, dealt, tones):
    with pytest.raises(RuntimeError, match="ann could speak none"):
        made(tmp_path, dealt, lambda *_: None, tones)


def test_sentences_begin_again_where_they_end():
    three = [Sentence.parse(line) for line in ("One.", "Two.", "Three.")]
    again = [sentence for sentence, _ in zip(sets.endless(three), range(5), strict=False)]
    assert again == [*three, *three[:2]]
    assert list(sets.endless([])) == []

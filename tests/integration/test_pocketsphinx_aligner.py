"""Forced alignment on synthetic voices with exact truth and on a human one, and its contract."""

from itertools import pairwise

import numpy as np
import pytest

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.request import AlignRequest
from asrcore.errors import ConfigError, EngineError
from asrcore.plugin import Placement
from asrcore.testing import AlignerContract, PluginContract
from asrcore_adapters.pocketsphinx import ALIGNER, PocketsphinxAlignerOptions
from asrcore_adapters.pocketsphinx import aligner as module
from asrcore_adapters.pocketsphinx.aligner import PocketsphinxAligner

pytestmark = pytest.mark.integration


def build(**pronunciations) -> PocketsphinxAligner:
    options = PocketsphinxAlignerOptions(pronunciations=pronunciations)
    return PocketsphinxAligner(options, Placement())


@pytest.fixture(scope="module")
def sphinx() -> PocketsphinxAligner:
    return build()


class TestContract(AlignerContract):
    @pytest.fixture
    def aligner(self, sphinx):
        return sphinx

    @pytest.fixture
    def spoken(self, jfk):
        return jfk.samples, jfk.text


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return ALIGNER

    @pytest.fixture
    def reference(self):
        return "asrcore_adapters.pocketsphinx:ALIGNER"


def place(aligner, samples, text):
    ((words,),) = aligner.align([AlignRequest(samples, (text,), "en")])
    return words


def offsets(aligner, clips) -> tuple[np.ndarray, int]:
    """Seconds by which starts and ends are late, shape (words, 2), and how many are untimed."""
    late, untimed = [], 0
    for clip in clips:
        truth = [word for said in clip.truth["segments"] for word in said["words"]]
        words = place(aligner, clip.samples, clip.text)
        assert [word.text for word in words] == [word["word"] for word in truth]
        timed = [(w.span, said) for w, said in zip(words, truth, strict=True) if w.span]
        untimed += len(words) - len(timed)
        late += [(span.start - said["start"], span.end - said["end"]) for span, said in timed]
    return np.array(late), untimed


def test_words_are_placed_where_they_sound(sphinx, clips):
    late, untimed = offsets(sphinx, clips[::2])
    off = np.abs(late)
    for edge, column in (("start", 0), ("end", 1)):
        median, ninth = np.quantile(off[:, column], (0.5, 0.9))
        print(
            f"{edge} of {len(off)} words: median {1000 * median:.0f} ms, p90 {1000 * ninth:.0f} ms"
            f", max {1000 * off[:, column].max():.0f} ms"
            f", bias {1000 * np.median(late[:, column]):+.0f} ms"
        )
        assert median < 0.016
        assert ninth < 0.045
    assert untimed == 0


def test_numbers_and_money_are_placed_like_words(sphinx, seen):
    numbers = [clip for clip in seen if any(map(str.isdigit, clip.text))]
    late, untimed = offsets(sphinx, numbers)
    assert len(numbers) > 5
    assert untimed == 0
    assert np.abs(late).max() < 0.25


def test_a_human_voice_with_its_pauses(sphinx, jfk):
    """He begins at 0.3 s and pauses at 2.2-3.3, 4.3-5.4 and 7.7-8.1 s."""
    words = place(sphinx, jfk.samples, jfk.text)
    assert [word.text for word in words] == jfk.text.split()
    assert words[0].span.start == pytest.approx(0.3, abs=0.1)
    gaps = [(a.span.end, b.span.start) for a, b in pairwise(words)]
    pauses = [gap for gap in gaps if gap[1] - gap[0] > 0.2]
    expected = [(2.2, 3.3), (4.3, 5.35), (7.7, 8.1)]
    assert np.abs(np.array(pauses) - expected).max() < 0.2


@pytest.mark.parametrize("strange", ["Amerykanie", "東京", "USAXQ", "—", "2002"])
def test_a_word_that_is_not_said_so_leaves_the_others_in_place(sphinx, jfk, strange):
    """`Americans` is replaced; dashes have no time."""
    before = place(sphinx, jfk.samples, jfk.text)
    after = place(sphinx, jfk.samples, jfk.text.replace("Americans,", strange))
    replaced = jfk.text.split().index("Americans,")
    assert (after.pop(replaced).span is None) == (strange == "—")
    del before[replaced]
    late = [new.span.start - old.span.start for old, new in zip(before, after, strict=True)]
    assert np.abs(late).max() < 0.3


@pytest.mark.parametrize(
    "odd", ["1.2.3", "~0", "and(2)", "a<s>b", "<s>", "</s>", "<sil>", "++NOISE++", "[NOISE]"]
)
def test_a_token_that_is_not_said_costs_no_other_word_its_time(sphinx, seen, odd):
    """Of marks nothing sounds; the others are any speech where they are not heard as read."""
    clip = seen[0]
    words = clip.text.split()
    for place_of in (0, len(words) // 2, len(words)):
        written = [*words[:place_of], odd, *words[place_of:]]
        placed = place(sphinx, clip.samples, " ".join(written))
        assert [word.text for word in placed] == written
        assert (placed.pop(place_of).span is None) == (odd[0] in "<[+")
        assert all(word.span for word in placed)


def test_a_text_cannot_mean_a_made_word(jfk):
    """`~0` is said as zero, whichever name words get that were made before it."""
    told = build(countrie="AH")
    made = [told._entry(word) for word in ("countrie", "~0", "~1", "~2", "~")]
    assert made[-1] is None
    assert len(set(made)) == len(made)


def test_sound_without_a_path_is_tried_again_with_a_little_noise(sphinx, babble):
    """Of these two sentences over music the first search finds neither."""
    music = type(babble).of(babble.path.with_name("music.json"))
    samples = music.samples
    for said in (music.truth["segments"][index] for index in (9, 10)):
        begin = said["start"] - 0.3
        cut = slice(int(begin * SAMPLE_RATE), int((said["end"] + 0.3) * SAMPLE_RATE))
        words = place(sphinx, samples[cut], said["text"])
        late = [
            word.span.start + begin - true["start"]
            for word, true in zip(words, said["words"], strict=True)
        ]
        assert np.abs(late).max() < 0.15


def test_what_is_not_in_the_sound_has_no_times(sphinx, jfk):
    words = place(sphinx, jfk.samples[:SAMPLE_RATE], jfk.text)
    assert {word.span for word in words} == {None}
    assert place(sphinx, jfk.samples[:0], "And so")[0].span is None
    assert place(sphinx, jfk.samples, jfk.text)[0].span is not None


def test_a_request_does_not_depend_on_those_before_it(sphinx, jfk, seen):
    first = place(sphinx, jfk.samples, jfk.text)
    place(sphinx, seen[0].samples, seen[0].text)
    assert place(sphinx, jfk.samples, jfk.text) == first


def test_pronunciations_can_be_given(jfk):
    """`countrie` is told to sound as one short vowel, and gets less of the sound."""
    text = jfk.text.replace("country", "Countrie")
    told, guessing = build(countrie="AH"), build()
    short, long = (place(each, jfk.samples, text)[-1].span for each in (told, guessing))
    assert short.duration < long.duration


@pytest.mark.parametrize("sounds", ["", "K AH NN", "kah"])
def test_sounds_that_the_model_has_not_are_refused(sounds):
    with pytest.raises(ConfigError, match="countrie cannot sound") as caught:
        build(countrie=sounds)
    assert "ZH" in caught.value.hint


def test_failures_are_translated(sphinx, jfk, monkeypatch):
    def fail(*_):
        raise RuntimeError("boom")

    monkeypatch.setattr(module, "decode", fail)
    with pytest.raises(EngineError, match="boom"):
        place(sphinx, jfk.samples, jfk.text)

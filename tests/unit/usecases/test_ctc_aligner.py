"""The core's aligner, with a model that hears what is spelled to it."""

import threading

import numpy as np
import pytest

from asrcore.domain.alignment.lag import KnownSpeech
from asrcore.domain.request import AlignRequest
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.errors import EngineError, ModelError
from asrcore.ports.aligner import Aligner
from asrcore.ports.listener import Listener
from asrcore.testing import FakeEmissionModel, silence, spelled, tone
from asrcore.usecases.ctc_aligner import CtcAligner, CtcOptions, ahead

FRAME = 0.02
NO_LAG = CtcOptions(lag=0.0)


def said(text, start, end):
    return Word(text, TimeSpan(start, end))


HELLO = [said("hello", 0.4, 0.8), said("big", 1.0, 1.3), said("world", 1.6, 2.0)]
BYE = [said("bye", 0.2, 0.5), said("now", 0.9, 1.3)]
COUNTED = [
    said(text, 0.4 * index + 0.2, 0.4 * index + 0.5)
    for index, text in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
]
KNOWN = (KnownSpeech(spelled(COUNTED, 5.0), tuple(COUNTED)),)


def asked(words, seconds=2.4, language="en", *, texts=(), characters=False):
    whole = (" ".join(word.text for word in words),)
    return AlignRequest(spelled(words, seconds), texts or whole, language, characters)


def starts(words):
    return pytest.approx([word.span.start for word in words], abs=1e-6)


def aligned(aligner, *requests):
    return [[[word.text for word in text] for text in each] for each in aligner.align(requests)]


def test_it_is_an_aligner_and_a_listener_with_the_capabilities_of_its_model():
    model = FakeEmissionModel(languages=frozenset({"en"}))
    aligner: Aligner = CtcAligner(model)
    assert isinstance(aligner, Listener)
    assert aligner.capabilities is model.capabilities


def test_words_begin_where_they_sound_and_end_in_the_pause():
    ((words,),) = CtcAligner(FakeEmissionModel()).align([asked(HELLO)])
    assert [word.text for word in words] == ["hello", "big", "world"]
    assert [word.span.start for word in words] == starts(HELLO)
    for found, true in zip(words, HELLO, strict=True):
        assert found.span.end == pytest.approx(true.span.end, abs=0.06)
        assert found.score == pytest.approx(0.9, abs=0.01)
        assert not found.estimated


def test_each_request_has_its_own_answer_in_order():
    model = FakeEmissionModel()
    answers = CtcAligner(model, NO_LAG).align([asked(HELLO), asked(BYE, 1.6), asked(HELLO)])
    for words, (found,) in zip([HELLO, BYE, HELLO], answers, strict=True):
        assert [word.span.start for word in found] == starts(words)
    assert [seconds for _, seconds in model.asked] == [[2.4, 1.6, 2.4]], "one batch for all"


def test_each_text_of_a_request_has_its_own_words():
    texts = ("hello big", "", " \n", "world")
    ((one, empty, blank, other),) = CtcAligner(FakeEmissionModel()).align(
        [asked(HELLO, texts=texts)]
    )
    assert [[word.text for word in words] for words in (one, empty, blank, other)] == [
        ["hello", "big"], [], [], ["world"],
    ]  # fmt: skip
    assert [word.span.start for word in (*one, *other)] == starts(HELLO)


def test_nothing_is_asked_of_the_model_for_nothing():
    model = FakeEmissionModel()
    assert list(CtcAligner(model).align([])) == []
    assert model.asked == []


def test_each_language_is_asked_for_apart_and_comes_back_to_its_place():
    model = FakeEmissionModel()
    requests = [asked(HELLO), asked(BYE, 1.6, "de"), asked(BYE, 1.6), asked(HELLO, 2.4, None)]
    found = aligned(CtcAligner(model, NO_LAG), *requests)
    assert found == [
        [["hello", "big", "world"]], [["bye", "now"]], [["bye", "now"]],
        [["hello", "big", "world"]],
    ]  # fmt: skip
    assert model.asked == [("en", [2.4, 1.6]), ("de", [1.6]), (None, [2.4])]


def test_a_language_without_spaces_is_aligned_character_by_character():
    """The alphabet cannot spell them, so they are wildcards; each keeps its punctuation."""
    request = AlignRequest(tone(2.0), ("你好。", "走"), "zh-TW")
    assert aligned(CtcAligner(FakeEmissionModel()), request) == [[["你", "好。"], ["走"]]]


@pytest.mark.parametrize("wanted", [True, False])
def test_characters_are_told_where_they_are_wanted(wanted):
    request = asked(BYE, 1.6, characters=wanted)
    ((words,),) = CtcAligner(FakeEmissionModel()).align([request])
    told = [[each.text for each in word.characters] for word in words]
    assert told == ([["b", "y", "e"], ["n", "o", "w"]] if wanted else [[], []])
    assert all(each.span is not None for word in words for each in word.characters)


class TestLongSound:
    """92 s in which somebody says a word every 2.5 s."""

    WORDS = tuple(
        said(text, 2.5 * index + 1.0, 2.5 * index + 1.4)
        for index, text in enumerate(["one", "two", "six", "ten"] * 9)
    )

    def test_is_heard_in_pieces_and_put_together(self):
        model = FakeEmissionModel()
        ((words,),) = CtcAligner(model, NO_LAG).align([asked(self.WORDS, 92.0)])
        assert [word.span.start for word in words] == starts(self.WORDS)
        ((_, seconds),) = model.asked
        assert len(seconds) >= 4
        assert max(seconds) <= 30.0 + FRAME
        assert sum(seconds) == pytest.approx(92.0)

    def test_stands_beside_short_sound_in_one_batch(self):
        requests = [asked(BYE, 1.6), asked(self.WORDS, 92.0), asked(HELLO)]
        short, long, other = CtcAligner(FakeEmissionModel()).align(requests)
        assert [word.span.start for word in short[0]] == starts(BYE)
        assert [word.span.start for word in long[0]] == starts(self.WORDS)
        assert [word.span.start for word in other[0]] == starts(HELLO)

    def test_is_heard_with_the_times_of_the_whole(self):
        (words,) = CtcAligner(FakeEmissionModel()).hear([spelled(self.WORDS, 92.0)], "en")
        assert [word.text for word in words] == [word.text for word in self.WORDS]
        assert [word.span.start for word in words] == starts(self.WORDS)


class TestLag:
    @pytest.mark.parametrize("lag", [0.06, -0.04, 0.0])
    def test_is_estimated_from_known_speech_and_taken_out(self, lag):
        aligner = CtcAligner(FakeEmissionModel(lag=lag), calibration=lambda: KNOWN)
        assert aligner.lag("en") == pytest.approx(lag)
        ((words,),) = aligner.align([asked(HELLO)])
        assert [word.span.start for word in words] == starts(HELLO)

    def test_is_left_in_where_no_speech_is_known(self):
        ((words,),) = CtcAligner(FakeEmissionModel(lag=0.06)).align([asked(HELLO)])
        late = [said(word.text, word.span.start + 0.06, 9) for word in HELLO]
        assert [word.span.start for word in words] == starts(late)

    def test_that_is_set_is_not_estimated(self):
        model = FakeEmissionModel(lag=0.06)
        aligner = CtcAligner(model, CtcOptions(lag=0.02), lambda: KNOWN)
        assert aligner.lag("en") == 0.02
        ((words,),) = aligner.align([asked(HELLO)])
        late = [said(word.text, word.span.start + 0.04, 9) for word in HELLO]
        assert [word.span.start for word in words] == starts(late)
        assert len(model.asked) == 1

    def test_is_estimated_once_a_language_and_only_when_it_is_needed(self):
        model = FakeEmissionModel()
        aligner = CtcAligner(model, calibration=lambda: KNOWN)
        assert model.asked == []
        for language in ("en", "en", "de", "en"):
            aligner.align([asked(BYE, 1.6, language)])
        calibrated = [language for language, seconds in model.asked if seconds == [5.0]]
        assert calibrated == ["en", "de"]

    def test_is_estimated_before_the_model_hears_the_batch(self):
        """So that two threads never ask one model at a time."""
        model = FakeEmissionModel()
        aligner = CtcAligner(model, calibration=lambda: KNOWN)
        aligner.align([asked(HELLO), asked(BYE, 1.6)])
        assert model.asked == [("en", [5.0]), ("en", [2.4, 1.6])]

    def test_is_estimated_once_though_two_threads_ask(self):
        model = FakeEmissionModel(lag=0.04)
        calibrating, go_on = threading.Event(), threading.Event()

        def calibration():
            calibrating.set()
            assert go_on.wait(10)
            return KNOWN

        aligner = CtcAligner(model, calibration=calibration)
        found = []
        threads = [
            threading.Thread(target=lambda: found.append(aligner.lag("en"))) for _ in range(2)
        ]
        threads[0].start()
        assert calibrating.wait(10)
        threads[1].start()
        threads[1].join(0.2)
        go_on.set()
        for thread in threads:
            thread.join(10)
        assert found == pytest.approx([0.04, 0.04])
        assert len(model.asked) == 1


def test_it_hears_by_itself_in_order():
    heard = CtcAligner(FakeEmissionModel()).hear(
        [spelled(HELLO, 2.4), silence(1.0), spelled(BYE, 1.6)], "en"
    )
    assert [[word.text for word in words] for words in heard] == [
        ["hello", "big", "world"], [], ["bye", "now"],
    ]  # fmt: skip
    assert [word.span.start for word in heard[2]] == starts(BYE)


def test_closing_it_closes_the_model():
    model = FakeEmissionModel()
    CtcAligner(model).close()
    assert model.closed == 1


@pytest.mark.parametrize("error", [EngineError("fell over"), ModelError("gone"), KeyError("bug")])
def test_what_the_model_raises_reaches_the_caller(error):
    """Also where it comes after some of the batch."""
    aligner = CtcAligner(FakeEmissionModel(error=error))
    with pytest.raises(type(error)) as caught:
        aligner.align([asked(HELLO), asked(BYE, 1.6)])
    assert caught.value is error
    with pytest.raises(type(error)):
        aligner.hear([tone(1.0)], "en")


def test_it_leaves_its_sound_alone():
    request = asked(HELLO)
    request.samples.flags.writeable = False
    before = request.samples.copy()
    CtcAligner(FakeEmissionModel()).align([request])
    np.testing.assert_array_equal(request.samples, before)


class TestAhead:
    def test_gives_all_in_order(self):
        assert list(ahead(iter(range(5)))) == [0, 1, 2, 3, 4]
        assert list(ahead(iter(()))) == []

    def test_computes_the_next_while_the_last_one_is_used(self):
        begun = [threading.Event() for _ in range(3)]

        def items():
            for event in begun:
                event.set()
                yield event

        for index, _ in enumerate(ahead(items())):
            if index + 1 < len(begun):
                assert begun[index + 1].wait(10), "the next one waits for this one's use"

    def test_computes_no_more_than_one_ahead(self):
        computed = []

        def items():
            for index in range(5):
                computed.append(index)
                yield index

        for index in ahead(items()):
            assert len(computed) <= index + 2

    def test_what_an_item_raises_comes_after_those_before_it(self):
        def items():
            yield 1
            raise EngineError("fell over")

        upcoming = ahead(items())
        assert next(upcoming) == 1
        with pytest.raises(EngineError, match="fell over"):
            next(upcoming)

    def test_leaves_no_thread_behind_when_it_is_left(self):
        before = threading.active_count()
        items = ahead(iter(range(100)))
        next(items)
        items.close()
        assert threading.active_count() == before

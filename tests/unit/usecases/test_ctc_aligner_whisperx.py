"""The core's aligner as WhisperX would be: all texts of a request are one segment."""

from string import ascii_lowercase

import pytest

from asrcore.domain.alignment.emissions import Alphabet
from asrcore.domain.alignment.lag import KnownSpeech
from asrcore.domain.request import AlignRequest
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.testing import FakeEmissionModel, silence, spelled, tone
from asrcore.usecases.ctc_aligner import CtcAligner, CtcOptions

WHISPERX = CtcOptions(method="whisperx")
HELLO = [
    Word("hello", TimeSpan(0.4, 0.52)),
    Word("big", TimeSpan(1.0, 1.06)),
    Word("world", TimeSpan(1.6, 1.7)),
]
"""A frame a letter: to WhisperX, what goes on in the frames after that is a blank or costs."""
SOUND = spelled(HELLO, 2.4)


def asked(*texts, characters=False):
    return AlignRequest(SOUND, texts or ("hello big world",), "en", characters)


def test_texts_are_one_segment_and_keep_their_words():
    aligner = CtcAligner(FakeEmissionModel(), WHISPERX)
    ((one, empty, other),) = aligner.align([asked("hello big", "", "world")])
    assert [[word.text for word in words] for words in (one, empty, other)] == [
        ["hello", "big"], [], ["world"],
    ]  # fmt: skip
    assert [word.span.start for word in (*one, *other)] == pytest.approx([0.4, 1.0, 1.6])


def test_texts_without_words_take_no_time():
    close = [Word("big", TimeSpan(0.4, 0.46)), Word("world", TimeSpan(0.5, 0.6))]
    sound = spelled(close, 1.0)
    aligner = CtcAligner(FakeEmissionModel(), WHISPERX)
    (one, *_, other), (whole,) = aligner.align(
        [
            AlignRequest(sound, texts, "en")
            for texts in [("big", "", " ", "", "world"), ("big world",)]
        ]
    )
    assert [*one, *other] == list(whole)


@pytest.mark.parametrize(
    ("language", "texts", "words"),
    [
        ("ja", ("ab", "c"), [["a", "b"], ["c"]]),
        ("zh-TW", ("ab", "c"), [["a", "b"], ["c"]]),
        # WhisperX knows no other language that is written without spaces.
        ("th", ("ab", "c"), [["ab"], ["c"]]),
        ("en-GB", ("ab\u00a0c", "d\te f"), [["ab\u00a0c"], ["d\te", "f"]]),
        (None, ("a b", "c"), [["a", "b"], ["c"]]),
    ],
)
def test_words_are_those_of_whisperx(language, texts, words):
    aligner = CtcAligner(FakeEmissionModel(), WHISPERX)
    (answer,) = aligner.align([AlignRequest(tone(2.0), texts, language)])
    assert [[word.text for word in text] for text in answer] == words


def test_no_lag_is_estimated():
    model = FakeEmissionModel(lag=0.06)
    CtcAligner(model, WHISPERX, lambda: [KnownSpeech(SOUND, tuple(HELLO))]).align([asked()])
    assert len(model.asked) == 1


class WithoutSeparator(FakeEmissionModel):
    def alphabet(self, language):
        return Alphabet(("", "", *ascii_lowercase))


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "ignore"])
def test_words_that_cannot_be_placed_are_timed_as_is_set(interpolation):
    """A bar stands for a space in WhisperX, which takes no time where there is no separator."""
    options = CtcOptions("whisperx", interpolation=interpolation)
    ((words,),) = CtcAligner(WithoutSeparator(), options).align([asked("hello | big world")])
    hello, bar, big, _ = words
    assert [word.estimated for word in words] == [False, interpolation != "ignore", False, False]
    between = TimeSpan((hello.span.start + big.span.start) / 2, (hello.span.end + big.span.end) / 2)
    assert bar.span == {"nearest": hello.span, "linear": between, "ignore": None}[interpolation]


@pytest.mark.parametrize("wanted", [True, False])
def test_characters_are_told_where_they_are_wanted(wanted):
    aligner = CtcAligner(FakeEmissionModel(), WHISPERX)
    ((words,),) = aligner.align([asked(characters=wanted)])
    assert [len(word.characters) for word in words] == ([5, 3, 5] if wanted else [0, 0, 0])


def test_more_text_than_sound_has_words_without_times():
    request = AlignRequest(silence(0.1), ("far too many", "words"), "en")
    ((one, other),) = CtcAligner(FakeEmissionModel(), WHISPERX).align([request])
    assert [(word.text, word.span) for word in (*one, *other)] == [
        ("far", None), ("too", None), ("many", None), ("words", None),
    ]  # fmt: skip

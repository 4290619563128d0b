from dataclasses import replace

import pytest

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Character, Segment, Transcript, Word


def word(text, start, end, speaker=None):
    return Word(text, TimeSpan(start, end), speaker=speaker)


def turns(*found):
    return Diarization(tuple(SpeakerTurn(TimeSpan(start, end), who) for start, end, who in found))


def spoken(text, start, end, speaker=None, words=()):
    return Utterance(text, TimeSpan(start, end), speaker, tuple(words))


MIXED = spoken(
    "yes no maybe so",
    0,
    4,
    "A",
    [word("yes", 0, 1), word("no", 1, 2, "B"), Word("maybe", speaker="B"), word("so", 3, 4, "A")],
)
"""One utterance in which words of B stand amid A's; one of them has no time."""


def test_a_transcript_tells_all_it_has():
    words = (word("hi", 0.5, 1.0, "A"),)
    segments = (Segment(TimeSpan(0, 2), "hi", words, "A"),)
    found = Annotation.of(Transcript(segments, language="en", duration=3.5))
    assert found == Annotation((spoken("hi", 0, 2, "A", words),), duration=3.5, language="en")
    assert (found.text, found.words) == ("hi", words)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two", ["one two"]),
        (" one \r\n\n\t\n two\n", ["one", "two"]),
        ("", []),
        (" \n\u3000", []),
    ],
)
def test_plain_text_is_an_utterance_a_line_without_times_or_speakers(text, lines):
    assert Annotation.plain(text) == Annotation(tuple(Utterance(line) for line in lines))


def test_without_times_all_else_is_kept():
    timed = Word("hi", TimeSpan(0, 1), 0.5, "A", True, (Character("h", TimeSpan(0, 1)),))
    told = Annotation(
        (spoken("hi", 0, 1, "A", [timed]), Utterance("you")), turns((0, 1, "A")), 9.0, "a.wav", "en"
    )
    known = Utterance("hi", None, "A", (Word("hi", None, 0.5, "A"),))
    assert told.without_times() == replace(told, utterances=(known, Utterance("you")))


@pytest.mark.parametrize("annotation", [Annotation(), Annotation(())])
def test_without_times_no_text_stays_no_text_and_silence_silence(annotation):
    assert annotation.without_times() == annotation


def test_text_is_a_line_an_utterance():
    assert Annotation((Utterance("one"), Utterance("two"))).text == "one\ntwo"
    assert Annotation(()).text == ""
    assert Annotation().text is None


def test_words_are_those_told_one_by_one():
    known = word("two", 1, 2)
    assert Annotation((Utterance("one"), Utterance("two", words=(known,)))).words == (known,)
    assert Annotation().words == ()


@pytest.mark.parametrize(
    ("annotation", "silent"),
    [
        (Annotation(), False),  # it tells no text, which is not that there is none
        (Annotation(()), True),
        (Annotation((Utterance(""),)), True),
        (Annotation((Utterance(""), Utterance("hm"))), False),
    ],
)
def test_silent_is_what_tells_that_nothing_is_said(annotation, silent):
    assert annotation.silent == silent


# Who speaks when


@pytest.mark.parametrize(
    ("annotation", "found"),
    [
        (Annotation(turns=turns((0, 1, "A"))), turns((0, 1, "A"))),
        (Annotation((spoken("a", 5, 6, "B"),), turns((0, 1, "A"))), turns((0, 1, "A"))),
        (
            Annotation((spoken("b", 2, 3, "B"), spoken("a", 0, 1, "A"))),
            turns((0, 1, "A"), (2, 3, "B")),
        ),
        (Annotation((spoken("a", 0, 1), Utterance("b", speaker="B"))), None),  # when, or who
        (Annotation(), None),
        (Annotation(()), turns()),  # nobody
        (Annotation((MIXED,)), turns((0, 1, "A"), (1, 2, "B"), (3, 4, "A"))),
        # Its words know what the utterance does not.
        (
            Annotation((Utterance("a b", words=(word("a", 0, 1, "A"), word("b", 2, 3, "A"))),)),
            turns((0, 3, "A")),
        ),
        # Its own span counts where its words agree, though they leave some of it out.
        (Annotation((spoken("a", 0, 5, "A", [word("a", 1, 2, "A")]),)), turns((0, 5, "A"))),
        (Annotation((spoken("a", 0, 5, None, [word("a", 1, 2, "A")]),)), turns((1, 2, "A"))),
        # Its words know better.
        (Annotation((spoken("a", 0, 5, "A", [word("a", 1, 2, "B")]),)), turns((0, 5, "B"))),
        (Annotation((spoken("a", 0, 5, "A", [Word("a", speaker="B")]),)), turns((0, 5, "B"))),
        # Untimed words of another speaker are nobody's turn, unless no word has a time.
        (
            Annotation((spoken("a b", 0, 5, "A", [word("a", 1, 2, "B"), Word("b")]),)),
            turns((1, 2, "B")),
        ),
        (
            Annotation((spoken("a b", 0, 5, "A", [Word("a", speaker="B"), Word("b")]),)),
            turns((0, 5, "A")),
        ),
    ],
)
def test_diarization(annotation, found):
    assert annotation.diarization == found


# Who says what


@pytest.mark.parametrize(
    ("annotation", "streams"),
    [
        (Annotation(), None),
        (Annotation(turns=turns((0, 1, "A"))), None),
        (Annotation((spoken("a", 0, 1),)), None),  # nobody is named
        (Annotation(()), {}),
        (
            Annotation((spoken("c", 4, 5, "A"), spoken("b", 2, 3, "B"), spoken("a", 0, 1, "A"))),
            {"A": "a\nc", "B": "b"},
        ),
        (Annotation((spoken("a", 0, 1, "A"), spoken("b", 1, 2))), {"A": "a", None: "b"}),
        # One without a time: as listed.
        (Annotation((spoken("c", 4, 5, "A"), Utterance("a", speaker="A"))), {"A": "c\na"}),
        (Annotation((MIXED,)), {"A": "yes\nso", "B": "no\nmaybe"}),
        # B comes in amid A's utterance.
        (
            Annotation((MIXED, spoken("hm", 2.5, 2.7, "A"))),
            {"A": "yes\nhm\nso", "B": "no\nmaybe"},
        ),
        (Annotation((Utterance("a b", words=(Word("a", speaker="A"), Word("b"))),)),
         {"A": "a", None: "b"}),
        (Annotation((Utterance("ab", words=(Word("a", speaker="A"), Word("b", speaker="A"))),)),
         {"A": "ab"}),
        (Annotation((spoken("a", 0, 5, "A", [word("a", 1, 2, "B")]),)), {"B": "a"}),
    ],
)  # fmt: skip
def test_streams(annotation, streams):
    assert annotation.streams == streams

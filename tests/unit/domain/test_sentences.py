import re
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.sentences import MAX_DURATION, MAX_PAUSE, Split, into_sentences
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Word


def at_marks(text: str, language: str | None) -> list[str]:
    return re.findall(r".+?(?:[.!?]\s+|。|$)", text)


def at_bars(text: str, language: str | None) -> list[str]:
    """Cuts anywhere, even within a word, and gives the bars back as they are."""
    return re.split(r"(?<=\|)", text)


def segment(text: str, start: float = 0.0, *, joined: str = " ", **values) -> Segment:
    """A segment whose words sound a second each, one after the other."""
    words = text.split()
    spans = [TimeSpan(start + index, start + index + 1) for index in range(len(words))]
    timed = tuple(Word(word, span) for word, span in zip(words, spans, strict=True))
    return Segment(spans[0] | spans[-1], joined.join(words), timed, **values)


def untimed(given: Segment, *positions: int) -> Segment:
    words = [
        Word(word.text, None if index in positions else word.span)
        for index, word in enumerate(given.words)
    ]
    return Segment(given.span, given.text, tuple(words))


def split(*segments: Segment, by: Split = at_marks) -> list[tuple[str, float, float]]:
    return [
        (one.text, one.span.start, one.span.end)
        for one in into_sentences(segments, by, language="en")
    ]


def test_a_segment_becomes_its_sentences() -> None:
    one, other = into_sentences([segment("It rains. We stay in.", 3.0)], at_marks)
    assert (one.text, other.text) == ("It rains.", "We stay in.")
    assert (one.span, other.span) == (TimeSpan(3, 5), TimeSpan(5, 8))
    assert [word.text for word in one.words] == ["It", "rains."]
    assert [word.text for word in other.words] == ["We", "stay", "in."]


def test_nothing_said_has_no_sentences() -> None:
    assert into_sentences([], at_marks) == ()


def test_segments_that_share_a_sentence_are_put_together() -> None:
    heard = [segment("It"), segment("rains. We", 1.5), segment("stay.", 4.0)]
    assert split(*heard) == [("It rains.", 0, 2.5), ("We stay.", 2.5, 5)]


def test_a_long_pause_is_never_within_a_sentence() -> None:
    near, far = segment("rains.", 1 + MAX_PAUSE), segment("rains.", 1.01 + MAX_PAUSE)
    assert split(segment("It"), near) == [("It rains.", 0, 4)]
    assert [text for text, *_ in split(segment("It"), far)] == ["It", "rains."]


def test_a_pause_is_between_timed_words_not_between_the_engines_spans() -> None:
    loose = Segment(TimeSpan(0, 9), "It", (Word("It", TimeSpan(0, 1)),))
    assert len(split(loose, segment("rains.", 9))) == 2
    assert len(split(untimed(loose, 0), segment("rains.", 9))) == 1


@pytest.mark.parametrize("values", [{"speaker": "A"}, {"language": "de"}])
def test_a_sentence_has_one_speaker_and_one_language(values: dict[str, str]) -> None:
    assert len(split(segment("It"), segment("rains.", 1, **values))) == 2
    assert len(split(segment("It", **values), segment("rains.", 1, **values))) == 1


def test_the_splitter_is_told_the_language_of_the_segment_before_that_of_all() -> None:
    asked = []

    def note(text: str, language: str | None) -> list[str]:
        asked.append((text, language))
        return [text]

    into_sentences([segment("Ja.", language="de"), segment("Oui.", 1)], note, "fr")
    assert asked == [("Ja.", "de"), ("Oui.", "fr")]


@pytest.mark.parametrize(
    "odd",
    [
        Segment(TimeSpan(1, 4), "It rains. We stay."),
        Segment(TimeSpan(1, 4), ""),
        Segment(TimeSpan(1, 4), "It rains. So.", (Word("It", TimeSpan(1, 2)), Word("rains."))),
        Segment(TimeSpan(1, 4), "It. Is.", (Word("It."), Word(" "), Word("Is."))),
    ],
    ids=["no words", "empty", "other words", "a blank word"],
)
def test_what_cannot_be_cut_stays_as_it_is(odd: Segment) -> None:
    sentences = into_sentences([segment("Well"), odd, segment("So. Go!", 4)], at_marks)
    assert [one.text for one in sentences] == ["Well", odd.text, "So.", "Go!"]
    assert sentences[1] is odd


def test_text_without_punctuation_keeps_the_engines_segments() -> None:
    assert split(segment("it rains"), segment("we stay", 2)) == [
        ("it rains", 0, 2),
        ("we stay", 2, 4),
    ]


def test_only_the_end_of_a_text_may_lack_its_mark() -> None:
    heard = [segment("It"), segment("rains. we", 1), segment("stay", 3)]
    assert [text for text, *_ in split(*heard)] == ["It rains.", "we", "stay"]


def test_a_sentence_that_never_ends_keeps_the_engines_segments() -> None:
    long = " ".join(["on"] * int(MAX_DURATION - 1))
    assert len(split(segment(long), segment("end.", MAX_DURATION - 1))) == 1
    assert len(split(segment(long), segment("end.", MAX_DURATION - 0.5))) == 2


def test_closing_quotes_and_brackets_end_a_sentence_too() -> None:
    assert len(split(segment("\u201cIt"), segment("rains.\u201d", 1))) == 1
    assert len(split(segment("(It"), segment("rains!)", 1))) == 1


def test_a_word_is_never_cut() -> None:
    assert [text for text, *_ in split(segment("a|b c d|e|f g|"), by=at_bars)] == [
        "a|b",
        "c d|e|f",
        "g|",
    ]


def test_a_sentence_without_a_word_of_its_own_is_none() -> None:
    assert [text for text, *_ in split(segment("a. |b. c."), by=at_bars)] == ["a. |b.", "c."]
    assert [
        text for text, *_ in split(segment("a. b."), by=lambda *_: ["", "a.", " ", "b.", ""])
    ] == [
        "a.",
        "b.",
    ]


def test_a_splitter_that_forgets_or_invents_text_loses_no_word() -> None:
    heard = segment("a. b. c.")
    assert [text for text, *_ in split(heard, by=lambda *_: ["a."])] == ["a.", "b. c."]
    assert [text for text, *_ in split(heard, by=lambda *_: ["a. b. c. d.", "e"])] == ["a. b. c."]


def test_words_and_text_may_differ_in_spaces() -> None:
    words = (Word("New York.", TimeSpan(0, 1)), Word("So", TimeSpan(1, 2)), Word("!"))
    assert split(Segment(TimeSpan(0, 3), " New  York.\u00a0So! ", words)) == [
        ("New  York.", 0, 1),
        ("So!", 1, 2),
    ]


def test_chinese_is_put_together_without_spaces() -> None:
    heard = [
        segment("下 雨", joined="", language="zh"),
        segment("了。 我 们 走。", 2, joined="", language="zh"),
    ]
    assert split(*heard) == [("下雨了。", 0, 3), ("我们走。", 3, 6)]


def test_untimed_words_at_the_edge_leave_the_span_to_the_timed_ones() -> None:
    assert split(untimed(segment("a b c. d e f."), 0, 2, 3)) == [("a b c.", 1, 2), ("d e f.", 4, 6)]


def test_an_untimed_sentence_gets_its_share_of_the_room_between_the_timed_ones() -> None:
    heard = untimed(segment("a. b c. d. e."), 1, 2, 3)
    assert split(heard) == [
        ("a.", 0, 1),
        ("b c.", 1, 3),
        ("d.", 3, 4),
        ("e.", 4, 5),
    ]
    assert split(untimed(segment("a. b."), 0, 1)) == [("a.", 0, 1), ("b.", 1, 2)]


def test_where_the_timed_words_leave_no_room_an_untimed_sentence_lasts_no_time() -> None:
    words = (Word("a.", TimeSpan(0, 2)), Word("b."), Word("c.", TimeSpan(1.5, 3)))
    assert split(Segment(TimeSpan(0, 3), "a. b. c.", words))[1] == ("b.", 2, 2)


def test_the_measures_are_those_of_the_segment_with_most_of_the_words() -> None:
    first = segment("a", avg_logprob=-1.0, temperature=0.0)
    second = segment("b c. d", 1, avg_logprob=-2.0, temperature=0.2)
    third = segment("e.", 4, avg_logprob=-3.0, temperature=0.4)
    one, other = into_sentences([first, second, third], at_marks)
    assert (one.avg_logprob, one.temperature) == (-2.0, 0.2)
    assert (other.avg_logprob, other.temperature) == (-2.0, 0.2), "of equals, the first"


def test_words_are_kept_as_they_are() -> None:
    word = Word("a.", TimeSpan(0, 1), 0.5, "A", estimated=True)
    (one, _) = into_sentences([Segment(TimeSpan(0, 2), "a. b", (word, Word("b")))], at_marks)
    assert one.words[0] is word


WORDS = st.lists(
    st.tuples(
        st.text("ab|.é下。\U0001f600", min_size=1, max_size=4), st.floats(0, 1), st.booleans()
    ),
    max_size=6,
)


@st.composite
def recordings(draw) -> list[Segment]:
    """Segments in order, one after the other; some of their words untimed."""
    segments, now = [], 0.0
    for words in draw(st.lists(WORDS, max_size=6)):
        now += draw(st.sampled_from([0.0, 0.5, 3.0]))
        times = list(accumulate((length for _, length, _ in words), initial=now))
        spans = [TimeSpan(*times) for times in pairwise(times)]
        texts = [text for text, *_ in words]
        timed = zip(words, spans, strict=True)
        spoken = tuple(Word(text, span if known else None) for (text, _, known), span in timed)
        language = draw(st.sampled_from(["en", "zh", None]))
        joined = draw(st.sampled_from(["", " ", "\n"])).join(texts)
        segments.append(Segment(TimeSpan(now, times[-1]), joined, spoken, language=language))
        now = times[-1]
    return segments


@st.composite
def splitters(draw) -> Split:
    """Cuts at any places, the spaces left to either side."""
    places = draw(st.sets(st.integers(0, 60)))

    def split(text: str, language: str | None) -> list[str]:
        cuts = sorted({0, len(text), *(place for place in places if place < len(text))})
        return [text[start:end] for start, end in pairwise(cuts)]

    return split


@given(recordings(), splitters())
def test_every_word_is_kept_once_and_in_order(heard: list[Segment], by: Split) -> None:
    words = [word for one in into_sentences(heard, by) for word in one.words]
    assert words == [word for one in heard for word in one.words]


@given(recordings(), splitters())
def test_the_text_stays_the_same_but_for_spaces(heard: list[Segment], by: Split) -> None:
    sentences = into_sentences(heard, by)
    assert "".join("".join(one.text for one in sentences).split()) == "".join(
        "".join(one.text for one in heard).split()
    )
    for one in sentences:
        assert one in heard or one.text == one.text.strip()
        assert not one.words or "".join(one.text.split()) == "".join(w.text for w in one.words)


@given(recordings(), splitters())
def test_sentences_follow_one_another_as_the_segments_did(heard: list[Segment], by: Split) -> None:
    spans = [one.span for one in into_sentences(heard, by)]
    assert all(one.end <= other.start + 1e-9 for one, other in pairwise(spans))

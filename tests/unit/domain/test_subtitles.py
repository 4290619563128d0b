from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.subtitles import Cue, CueLimits, cues, timestamp
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Transcript, Word


def timed(*words: tuple[str, float, float], language: str | None = None) -> Segment:
    spoken = tuple(Word(text, TimeSpan(start, end)) for text, start, end in words)
    text = " ".join(word.text for word in spoken)
    return Segment(spoken[0].span | spoken[-1].span, text, spoken, language=language)


def evenly(text: str, pace: float = 0.5) -> Segment:
    return timed(*((word, i * pace, (i + 1) * pace) for i, word in enumerate(text.split())))


def shown(
    *segments: Segment, language: str | None = "en", limits: CueLimits = CueLimits()
) -> list[Cue]:
    return list(cues(Transcript(segments, language), limits))


@pytest.mark.parametrize(
    "segments",
    [[], [Segment(TimeSpan(0, 1), "")], [Segment(TimeSpan(0, 1), " ")], [timed(("", 0, 1))]],
)
def test_nothing_said_is_nothing_shown(segments: list) -> None:
    assert shown(*segments) == []


def test_a_short_segment_is_one_cue_from_its_first_word_to_its_last() -> None:
    assert shown(timed(("Hello", 1, 1.5), ("world.", 1.6, 2))) == [
        Cue(TimeSpan(1, 2), ("Hello world.",))
    ]


def test_a_segment_of_one_word_is_a_cue_of_one_word() -> None:
    assert shown(timed(("Yes.", 3, 4))) == [Cue(TimeSpan(3, 4), ("Yes.",))]


def test_segments_are_never_joined() -> None:
    assert len(shown(timed(("One.", 0, 1)), timed(("Two.", 1, 2)))) == 2


@pytest.mark.parametrize(
    ("segment", "lines"),
    [
        (timed(("a", 0, 1), ("b", 2.5, 3), ("c", 4.51, 5)), [("a b",), ("c",)]),
        (timed(("a", 0, 1), ("b", 2, 4), ("c", 5, 7), ("d", 7, 8)), [("a b c",), ("d",)]),
        (evenly("aaaa bbbb cccc dddd eeee ffff"), [("aaaa bbbb", "cccc dddd"), ("eeee ffff",)]),
    ],
    ids=["a pause of more than 1.5 s", "more than 7 s", "more than two lines"],
)
def test_a_segment_is_cut_where_it_pauses_or_grows_too_long(segment: Segment, lines: list) -> None:
    narrow = CueLimits(line_length=9)
    assert [cue.lines for cue in shown(segment, limits=narrow)] == lines


def test_a_segment_is_cut_where_its_speaker_changes_and_each_cue_says_who() -> None:
    words = [
        Word(t, TimeSpan(i, i + 1), None, who)
        for i, (t, who) in enumerate(zip("abcd", "AABA", strict=True))
    ]
    segment = Segment(TimeSpan(0, 4), "a b c d", tuple(words), "A")
    assert [(cue.lines, cue.speaker) for cue in shown(segment)] == [
        (("a b",), "A"),
        (("c",), "B"),
        (("d",), "A"),
    ]


@pytest.mark.parametrize("words", [(), (Word("It"), Word("is", TimeSpan(1, 2)))])
def test_a_segment_with_a_word_without_time_is_shown_whole_and_with_its_own_text(
    words: tuple,
) -> None:
    long = Segment(
        TimeSpan(0, 20), "It is as long as the engine says it is, all of it.", words, "A"
    )
    assert shown(long) == [
        Cue(TimeSpan(0, 20), ("It is as long as the engine says it is,", "all of it."), "A")
    ]


def test_a_word_longer_than_the_screen_is_broken_but_not_lost() -> None:
    (cue,) = shown(timed(("x" * 100, 0, 9)))
    assert cue == Cue(TimeSpan(0, 9), ("x" * 42, "x" * 42, "x" * 16))


@pytest.mark.parametrize(("own", "transcripts"), [("zh", "en"), ("zh", None), (None, "zh")])
def test_the_segments_language_or_else_the_transcripts_says_what_stands_between_words(
    own: str | None, transcripts: str | None
) -> None:
    segment = timed(("今天", 0, 1), ("很", 1, 2), ("好。", 2, 3), language=own)
    assert shown(segment, language=transcripts) == [Cue(TimeSpan(0, 3), ("今天很好。",))]


def test_text_without_spaces_is_broken_at_the_line_length() -> None:
    words = [("今", i / 10, (i + 1) / 10) for i in range(60)]
    assert [cue.lines for cue in shown(timed(*words, language="ja"), limits=CueLimits(16))] == [
        ("今" * 16, "今" * 16),
        ("今" * 16, "今" * 12),
    ]


TEXTS = st.text("abcé-.字語", min_size=1, max_size=12) | st.just("x" * 100)
PAUSES = st.sampled_from([0.0, 0.0, 0.25, 1.5, 1.75, 10.0])
SPOKEN = st.tuples(
    TEXTS,
    PAUSES,
    st.sampled_from([0.25, 0.5, 2.0, 8.0]),
    st.sampled_from(["A", "A", "A", "B", None]),
)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Segments of timed words that do not overlap."""
    segments, now = [], 0.0
    for spoken in draw(st.lists(st.lists(SPOKEN, min_size=1, max_size=25), max_size=3)):
        words = []
        for text, pause, length, speaker in spoken:
            words.append(Word(text, TimeSpan(now + pause, now + pause + length), None, speaker))
            now += pause + length
        text = " ".join(word.text for word in words)
        segments.append(Segment(words[0].span | words[-1].span, text, tuple(words)))
    return Transcript(tuple(segments), draw(st.sampled_from(["en", "ja", None])))


def words_of(cue: Cue, following: list[Word]) -> list[Word]:
    """The next words that make up what a cue shows."""
    letters = "".join(cue.lines).replace(" ", "")
    words: list[Word] = []
    while len(letters) > sum(len(word.text) for word in words):
        words.append(following.pop(0))
    assert "".join(word.text for word in words) == letters
    return words


@given(transcripts(), st.builds(CueLimits, st.integers(5, 42), st.integers(1, 3)))
def test_every_word_is_shown_once_in_order_while_it_sounds_and_within_the_limits(
    transcript: Transcript, limits: CueLimits
) -> None:
    following = list(transcript.words)
    for cue in cues(transcript, limits):
        words = words_of(cue, following)
        assert cue.span == words[0].span | words[-1].span
        assert {word.speaker for word in words} == {cue.speaker}
        assert max(map(len, cue.lines)) <= limits.line_length
        if len(words) > 1:  # a single word is never cut
            assert len(cue.lines) <= limits.lines
            assert cue.span.duration <= limits.duration
            assert all(a.span.distance(b.span) <= limits.pause for a, b in pairwise(words))
    assert following == []


@given(transcripts())
def test_cues_do_not_overlap_where_words_do_not(transcript: Transcript) -> None:
    shown_at = [cue.span for cue in cues(transcript)]
    assert all(one.end <= other.start for one, other in pairwise(shown_at))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "00:00:00.000"),
        (-0.0, "00:00:00.000"),
        (0.0004, "00:00:00.000"),
        (1.5, "00:00:01.500"),
        (59.9994, "00:00:59.999"),
        (59.9995, "00:01:00.000"),
        (3599.9999, "01:00:00.000"),
        (3661.042, "01:01:01.042"),
        (359_999.9996, "100:00:00.000"),
        (7, "00:00:07.000"),
    ],
)
def test_a_timestamp_is_rounded_before_it_is_taken_apart(seconds: float, text: str) -> None:
    assert timestamp(seconds) == text
    assert timestamp(seconds, ",") == text.replace(".", ",")


@given(st.floats(0, 1e6))
def test_a_timestamp_is_the_nearest_millisecond(seconds: float) -> None:
    hours, minutes, rest = timestamp(seconds).split(":")
    assert int(minutes) < 60
    assert float(rest) < 60
    read = int(hours) * 3600 + int(minutes) * 60 + float(rest)
    assert read == pytest.approx(seconds, rel=0, abs=0.000501)


def test_words_without_a_speaker_belong_to_their_segments():
    words = (
        Word("yes", TimeSpan(0.0, 0.5), speaker="ann"),
        Word("well", TimeSpan(0.5, 1.0)),
        Word("no", TimeSpan(1.0, 1.5), speaker="ann"),
    )
    segment = Segment(TimeSpan(0.0, 1.5), "yes well no", words, speaker="ann")
    (cue,) = cues(Transcript((segment,)))
    assert (cue.speaker, cue.lines) == ("ann", ("yes well no",))

import random
from dataclasses import fields, replace
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.attribution import attribute
from asrcore.domain.attribution.choice import CHANGE
from asrcore.domain.attribution.speakers import NEAREST_LIMIT
from asrcore.domain.attribution.timeline import INTERRUPTED
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.language import without_spaces
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Character, Segment, Word

Times = tuple[float, float]


def diarization(*turns: tuple[float, float, str]) -> Diarization:
    return Diarization(tuple(SpeakerTurn(TimeSpan(start, end), who) for start, end, who in turns))


def segment(text: str, *times: Times | None) -> Segment:
    """Its words at these times, or a second each."""
    texts = text.split()
    spans = [
        time and TimeSpan(*time)
        for time in times or [(second, second + 1) for second in range(len(texts))]
    ]
    timed = [span for span in spans if span is not None]
    words = tuple(Word(word, span) for word, span in zip(texts, spans, strict=True))
    return Segment(timed[0] | timed[-1], text, words)


def told(segments: tuple[Segment, ...]) -> list[tuple[str | None, str]]:
    assert all({word.speaker for word in each.words} <= {each.speaker} for each in segments)
    return [(each.speaker, each.text) for each in segments]


def said(given: Segment, *turns: tuple[float, float, str]) -> list[tuple[str | None, str]]:
    return told(attribute([given], diarization(*turns)))


@pytest.mark.parametrize(
    ("turns", "span", "speaker"),
    [
        ([], (0, 1), None),
        ([(0, 5, "A"), (5, 9, "B")], (4, 5.5), "A"),
        ([(0, 5, "A"), (5, 9, "B")], (4.75, 6), "B"),
        ([(2, 3, "A"), (3, 4, "B"), (4, 5, "A")], (2.5, 4.75), "A"),  # 1.25 s in two turns
        ([(0, 60, "A"), (61, 62, "B"), (63, 64, "B")], (50, 51), "A"),  # begun long ago
        ([(0, 2, "B"), (2, 4, "A")], (1, 3), "B"),  # a tie: who appears first
        ([(0, 0.3, "A"), (0.3, 1, "B")], (0.1, 0.5), "A"),  # a tie but for float noise
        ([(0, 9, "A"), (2, 3, "B"), (4, 5, "B")], (2, 5), "A"),  # speaks longer
        ([(0, 9, "A"), (2, 3, "B")], (2, 3), "B"),  # as long, and he began last
        ([(0, 9, "A"), (2, 2.95, "B")], (2, 3), "B"),  # nearly as long
        ([(0, 9, "A"), (2, 2.85, "B")], (2, 3), "A"),
        ([(0, 3, "A"), (0, 2, "A"), (1, 4, "B")], (0, 3.5), "A"),  # nobody speaks twice at once
        ([(1, 2, "A"), (2.25, 3, "B")], (1.5, 1.5), "A"),  # a word without length
        ([(0, 2, "A"), (4, 6, "B")], (2.25, 3.25), "A"),  # nobody speaks: the nearest edge
        ([(0, 2, "A"), (4, 6, "B")], (2.75, 3.75), "B"),
        ([(0, 2, "A"), (4, 6, "B")], (2.5, 3.5), "A"),
        ([(0, 2, "A")], (2 + NEAREST_LIMIT, 4), "A"),  # just near enough
        ([(0, 2, "A")], (2.001 + NEAREST_LIMIT, 4), None),
        ([(5, 6, "A")], (0, 5 - NEAREST_LIMIT), "A"),
        ([(5, 6, "A")], (0, 4.999 - NEAREST_LIMIT), None),
        ([(0, 100, "A"), (110, 111, "B")], (101, 101.5), "A"),  # the middle of B is nearer
        ([(0, 100, "A"), (110, 111, "B")], (101, 101), "A"),
        ([(0, 9, "B"), (2, 3, "A"), (4, 6, "A")], (3.5, 3.9), "B"),  # A's edges are nearer
    ],
)
def test_who_says_a_word(turns: list, span: Times, speaker: str | None) -> None:
    assert said(segment("word", span), *turns) == [(speaker, "word")]


EIGHTHS = st.tuples(st.integers(0, 60), st.integers(0, 24)).map(lambda it: (it[0], it[0] + it[1]))
TURNS = st.lists(st.tuples(EIGHTHS, st.sampled_from("ABC")), max_size=10).map(
    lambda turns: [(start, end, who) for (start, end), who in turns if end > start]
)


def by_counting(turns: list[tuple[int, int, str]], span: tuple[int, int]) -> str | None:
    """The rule for a word alone, on whole eighths of a second, looking at every turn."""
    ordered = sorted(turns)
    names = list(dict.fromkeys(who for *_, who in ordered))
    counts = dict.fromkeys(names, 0.0)
    for eighth in range(*span):
        speaking = [(start, end, who) for start, end, who in ordered if start <= eighth < end]
        latest = speaking[-1][2] if speaking else None
        for who in {who for *_, who in speaking}:
            counts[who] += 1 if who == latest else 1 - INTERRUPTED
    if any(counts.values()):
        return max(names, key=lambda who: round(counts[who], 6))
    gaps = {
        who: min(max(s - span[1], span[0] - e, 0) for s, e, other in ordered if other == who)
        for who in names
    }
    nearest = min(names, key=lambda who: gaps[who], default=None)
    return nearest if nearest is not None and gaps[nearest] <= 8 * NEAREST_LIMIT else None


def eighths(turns: list[tuple[int, int, str]]) -> Diarization:
    shuffled = random.Random(0).sample(turns, len(turns))
    return diarization(*((start / 8, end / 8, who) for start, end, who in shuffled))


@given(TURNS, st.lists(EIGHTHS, max_size=4))
def test_words_alone_go_to_whom_counting_finds(turns: list, spans: list) -> None:
    words = [segment("word", (start / 8, end / 8)) for start, end in spans]
    found = attribute(words, eighths(turns))
    assert [each.speaker for each in found] == [by_counting(turns, span) for span in spans]


TEXTS = st.lists(st.tuples(st.sampled_from(["so", "it.", "is"]), st.none() | EIGHTHS), max_size=8)


@st.composite
def recordings(draw: st.DrawFn) -> list[Segment]:
    """Segments in any order, some without words, some of whose words are untimed."""
    return [
        Segment(
            TimeSpan(0, 9),
            draw(st.sampled_from([" ", "  ", ""])).join(text for text, _ in words),
            tuple(Word(text, time and TimeSpan(time[0] / 8, time[1] / 8)) for text, time in words),
        )
        for words in draw(st.lists(TEXTS, max_size=4))
    ]


@given(recordings(), TURNS)
def test_segments_have_one_speaker_and_nothing_is_lost(segments: list, turns: list) -> None:
    found = attribute(segments, eighths(turns))
    for each in found:
        assert {word.speaker for word in each.words} <= {each.speaker}
        assert without_spaces(each.text) == "".join(word.text for word in each.words)
    assert [(word.text, word.span) for each in found for word in each.words] == [
        (word.text, word.span) for each in segments for word in each.words
    ]
    assert without_spaces("".join(each.text for each in found)) == without_spaces(
        "".join(each.text for each in segments)
    )


@given(recordings(), TURNS)
def test_a_segment_that_stays_whole_keeps_its_text_and_time(segments: list, turns: list) -> None:
    for each in segments:
        found = attribute([each], eighths(turns))
        speakers = [who for who, _ in groupby(w.speaker for part in found for w in part.words)]
        assert len(found) == max(1, len(speakers))
        if len(found) == 1:
            assert (found[0].text, found[0].span) == (each.text, each.span)


@given(recordings(), TURNS)
def test_no_segment_depends_on_the_others(segments: list, turns: list) -> None:
    alone = [part for each in segments for part in attribute([each], eighths(turns))]
    assert list(attribute(segments, eighths(turns))) == alone


HELLO = "Well, how are you today?"


def test_an_edge_that_is_a_little_off_parts_no_sentence() -> None:
    late, early = CHANGE - 0.01, 5 - CHANGE + 0.01
    assert said(segment(HELLO), (0, late, "A"), (late, 9, "B")) == [("B", HELLO)]
    assert said(segment(HELLO), (0, early, "A"), (early, 9, "B")) == [("A", HELLO)]


def test_a_change_that_seconds_support_parts_a_sentence() -> None:
    assert said(segment(HELLO), (0, 2, "A"), (2, 9, "B")) == [("A", "Well, how"), ("B", HELLO[10:])]
    assert said(segment(HELLO), (0, 4.5, "A"), (4.5, 9, "B")) == [("A", HELLO)]
    assert said(segment(HELLO), (0, 4.3, "A"), (4.3, 9, "B")) == [
        ("A", "Well, how are you"),
        ("B", "today?"),
    ]


@pytest.mark.parametrize(("length", "parts"), [(CHANGE - 0.01, 1), (CHANGE + 0.01, 3)])
def test_who_interrupts_needs_as_much_as_who_goes_on(length: float, parts: int) -> None:
    given = segment("I see it", (0, 1), (1, 1 + length), (1 + length, 3))
    turns = ((0, 1, "A"), (1, 1 + length, "B"), (1 + length, 3, "A"))
    assert len(said(given, *turns)) == parts


def test_each_of_three_has_his_part() -> None:
    turns = ((0, 2, "A"), (2, 3, "B"), (3, 5, "C"))
    assert said(segment(HELLO), *turns) == [
        ("A", "Well, how"),
        ("B", "are"),
        ("C", "you today?"),
    ]


def test_a_sentence_of_one_word_is_its_speakers() -> None:
    turns = ((0, 2, "A"), (2, 2.2, "B"), (2.3, 9, "A"))
    times = (0, 1), (1, 2), (2, 2.2), (2.3, 3), (3, 4)
    parts = [("A", "It rains."), ("B", "Yes."), ("A", "We stay.")]
    assert said(segment("It rains. Yes. We stay.", *times), *turns) == parts
    whole = segment("It rains Yes We stay", *times)
    assert said(whole, *turns) == [("A", whole.text)], "nothing tells that it is a sentence"
    quoted = segment("It \u201crains.\u201d (Yes!) We stay.", *times)
    assert [who for who, _ in said(quoted, *turns)] == ["A", "B", "A"]
    assert len(said(segment("It 3.5 Yes We stay.", *times), *turns)) == 1


def test_words_in_an_overlap_are_of_the_sentence_that_goes_on_outside() -> None:
    turns = ((0, 3, "A"), (2, 5, "B"))
    one = segment("I see it.", (0, 1), (1, 2), (2, 3))
    other = segment("So do I.", (2, 3), (3, 4), (4, 5))
    assert told(attribute([one, other], diarization(*turns))) == [
        ("A", one.text),
        ("B", other.text),
    ]


def test_a_sentence_within_anothers_turn_is_his_whose_turn_is_within_too() -> None:
    turns = ((0, 9, "A"), (2, 3, "B"))
    one = segment("I see it all.", (0, 1), (1, 2), (2, 3), (3, 4))
    found = attribute([one, segment("Yes.", (2, 3))], diarization(*turns))
    assert told(found) == [("A", one.text), ("B", "Yes.")]


def test_the_engines_own_exclusive_turns_decide() -> None:
    turns = tuple(SpeakerTurn(TimeSpan(*times), who) for *times, who in ((0, 9, "A"), (2, 3, "B")))
    word = segment("word", (2, 3))
    for exclusive, speaker in ((turns[:1], "A"), (turns[1:], "B")):
        assert attribute([word], Diarization(turns, exclusive))[0].speaker == speaker
    stranger = (SpeakerTurn(TimeSpan(2, 3), "C"),)
    assert attribute([word], Diarization(turns, stranger))[0].speaker == "A"


def test_a_word_in_silence_is_its_sentences_speakers_if_he_is_near() -> None:
    given = segment("I see it.", (0, 1), (1, 2), (2.9, 3))
    assert said(given, (0, 2, "A"), (3, 4, "B")) == [("A", "I see it.")]


def test_a_word_in_silence_far_from_its_speaker_is_the_nearest_ones_or_nobodys() -> None:
    given = segment("I see it.", (0, 1), (1, 2), (3.5, 3.9))
    assert said(given, (0, 2, "A"), (4, 5, "B")) == [("A", "I see"), ("B", "it.")]
    assert said(given, (0, 2, "A"), (5, 6, "B")) == [("A", "I see"), (None, "it.")]


def test_a_word_in_silence_where_two_share_a_sentence_is_the_nearer_ones() -> None:
    turns = ((0, 2, "A"), (3, 5, "B"))
    for word, border in (((2.1, 2.3), "it"), ((2.7, 2.9), "see")):
        given = segment("I see it, too, yes.", (0, 1), (1, 2), word, (3, 4), (4, 5))
        ((_, first), (_, last)) = said(given, *turns)
        assert (first.split()[-1].strip(","), last.split()[-1]) == (border, "yes.")


def test_a_sentence_in_silence_is_one_speakers() -> None:
    given = segment("I see it.", (2.1, 2.3), (2.3, 2.5), (2.5, 2.8))
    assert said(given, (0, 2, "A"), (3, 4, "B")) == [("A", "I see it.")]
    assert said(given, (0, 1.6, "A"), (3, 4, "B")) == [("B", "I see it.")]


def test_words_without_times_go_with_the_timed_one_before_or_with_the_first() -> None:
    times = None, (0, 1), None, (1, 2), None
    assert said(segment("It is so, 5 4", *times), (0, 1, "A"), (1, 2, "B")) == [
        ("A", "It is so,"),
        ("B", "5 4"),
    ]


@pytest.mark.parametrize("words", [(), (Word("9"), Word("8"))])
def test_without_timed_words_the_segments_time_counts(words: tuple) -> None:
    given = Segment(TimeSpan(1, 4), "9 8", words)
    assert said(given, (0, 2, "A"), (2, 4, "B")) == [("B", "9 8")]
    assert said(given, (4.5, 9, "A"), (8, 9, "B")) == [("A", "9 8")]
    assert said(given, (6, 9, "A")) == [(None, "9 8")]


def test_segments_around_one_without_words_are_not_moved_by_it() -> None:
    empty = Segment(TimeSpan(5, 6), "")
    given = [empty, segment("I see."), empty, segment("Yes.", (3, 4))]
    turns = diarization((0, 2, "A"), (3, 4, "B"), (5, 6, "C"))
    assert [each.speaker for each in attribute(given, turns)] == ["C", "A", "C", "B"]


def test_parts_have_the_time_of_their_words_and_their_piece_of_the_text() -> None:
    given = replace(
        segment("It  rains we stay"), text="It\u00a0 rains\n we stay", span=TimeSpan(0, 9)
    )
    one, other = attribute([given], diarization((0, 2, "A"), (2, 4, "B")))
    assert (one.text, one.span) == ("It\u00a0 rains", TimeSpan(0, 2))
    assert (other.text, other.span) == ("we stay", TimeSpan(2, 4))


def test_a_part_without_timed_words_lasts_as_long_as_the_segment() -> None:
    given = segment("so it is. 5", (0, 1), (1, 2), (2, 2.2), None)
    *_, last = attribute([given], diarization((0, 2, "A"), (2, 2.2, "B")))
    assert (last.speaker, last.text, last.span) == ("B", "5", given.span)


@pytest.mark.parametrize(
    ("own", "others", "texts"),
    [
        ("zh", "en", ["下雨", "了走"]),
        (None, "zh", ["下雨", "了走"]),
        (None, None, ["下 雨", "了 走"]),
    ],
)
def test_words_that_do_not_spell_the_text_are_joined(
    own: str | None, others: str | None, texts: list[str]
) -> None:
    given = replace(segment("下 雨 了 走"), text="It rains, go!", language=own)
    found = attribute([given], diarization((0, 2, "A"), (2, 4, "B")), others)
    assert [each.text for each in found] == texts


def test_chinese_is_cut_without_spaces_and_at_its_full_stops() -> None:
    given = replace(
        segment("下 雨 了。 是。", (0, 1), (1, 2), (2, 3), (3, 3.2)), text="下雨了。是。"
    )
    assert said(given, (0, 3, "A"), (3, 3.2, "B")) == [("A", "下雨了。"), ("B", "是。")]


FULL_WORD = Word("Hi.", TimeSpan(0, 1), 0.5, "B", True, (Character("H", TimeSpan(0, 1), 0.5),))
FULL_SEGMENT = Segment(TimeSpan(0, 1), "Hi.", (FULL_WORD,), "B", "en", -0.5, 0.1, 1.5, 0.2)


def test_nothing_but_the_speaker_changes() -> None:
    for full in (FULL_WORD, FULL_SEGMENT):
        assert all(getattr(full, field.name) is not None for field in fields(full))
    (found,) = attribute([FULL_SEGMENT], diarization((0, 1, "A")))
    word = replace(FULL_WORD, speaker="A")
    assert found == replace(FULL_SEGMENT, words=(word,), speaker="A")


def test_parts_keep_the_other_values() -> None:
    given = replace(FULL_SEGMENT, text="Hi. Hi.", words=(FULL_WORD, FULL_WORD.shift(1)))
    one, other = attribute([given], diarization((0, 1, "A"), (1, 2, "C")))
    assert one == replace(FULL_SEGMENT, words=(replace(FULL_WORD, speaker="A"),), speaker="A")
    moved = replace(FULL_WORD.shift(1), speaker="C")
    assert other == replace(FULL_SEGMENT, span=TimeSpan(1, 2), words=(moved,), speaker="C")


def test_words_that_are_right_already_are_not_made_again() -> None:
    (found,) = attribute([FULL_SEGMENT], diarization((0, 1, "B")))
    assert found.words[0] is FULL_WORD


def test_whom_the_input_names_is_forgotten() -> None:
    for turns in (diarization(), diarization((5, 6, "A"))):
        (found,) = attribute([FULL_SEGMENT], turns)
        assert found.speaker is found.words[0].speaker is None


def test_segments_stay_in_their_order() -> None:
    given = [segment("late", (5, 6)), segment("early", (0, 1))]
    turns = diarization((0, 1, "A"), (5, 6, "B"))
    assert told(attribute(iter(given), turns)) == [("B", "late"), ("A", "early")]


def test_no_segments_stay_none() -> None:
    assert attribute([], diarization((0, 1, "A"))) == attribute([], diarization()) == ()

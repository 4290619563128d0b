"""What the metrics find, worked out by hand."""

import random
import time

import pytest

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.scoring.measures import Rate, pool
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.plugin import Placement
from asrcore_adapters.metrics import SPEAKER_WORDS, SPEAKERS, TIMES, WORDS

pytestmark = pytest.mark.integration


def measure(plugin, reference, hypothesis, **options):
    metric = plugin.build(plugin.options(**options), Placement())
    return metric.measure(reference, hypothesis)


def told(*texts):
    return Annotation(tuple(Utterance(text) for text in texts))


def timed(text):
    """`word@start` sounds for half a second from there on; a bare word has no time."""
    words = []
    for each in text.split():
        word, _, start = each.partition("@")
        words.append(Word(word, TimeSpan(float(start), float(start) + 0.5) if start else None))
    return Annotation((Utterance(" ".join(word.text for word in words), words=tuple(words)),))


def turns(*found):
    return Annotation(
        turns=Diarization(
            tuple(SpeakerTurn(TimeSpan(start, end), who) for start, end, who in found)
        )
    )


def said(*found):
    """(speaker, text), a second each."""
    return Annotation(
        tuple(
            Utterance(text, TimeSpan(second, second + 1), speaker)
            for second, (speaker, text) in enumerate(found)
        )
    )


# Words


@pytest.mark.parametrize(
    ("reference", "hypothesis", "normalizer", "errors"),
    [
        ("Mr. Brown doesn't like grey.", "mister brown does not like gray", "whisper-english", 0),
        ("Mr. Brown doesn't like grey.", "mister brown does not like gray", "whisper-basic", 4),
        ("Twenty-five people, um, came", "25 people came", "whisper-english", 0),
        ("Straße, jetzt!", "straße jetzt", "whisper-basic", 0),
        ("Straße, jetzt!", "straße jetzt", "none", 2),
        ("as  it is", "as it  is", "none", 0),
    ],
)
def test_what_the_normalizer_takes_away_is_no_error(reference, hypothesis, normalizer, errors):
    found = measure(WORDS, told(reference), told(hypothesis), normalizer=normalizer)
    assert found["wer"].errors == errors


def test_kinds_of_word_errors():
    found = measure(WORDS, told("one fine day we met here"), told("one fine we met too there"))
    assert found["wer"] == Rate(
        3, 6, {"insertions": 1, "deletions": 1, "substitutions": 1, "hits": 4}
    )


def test_where_nothing_was_said_words_are_insertions_of_none():
    found = measure(WORDS, told("um", ""), told("two words"))
    assert found["wer"] == Rate(
        2, 0, {"insertions": 2, "deletions": 0, "substitutions": 0, "hits": 0}
    )
    assert (found["cer"].errors, found["cer"].value) == (len("2 words"), None)
    other = measure(WORDS, told("nine words and one more to make it ten."), told(""))["wer"]
    assert pool([found["wer"], other]).value == (2 + 9) / 9


def test_lines_are_cut_anywhere():
    one = told("it's gone to", "twenty five people")
    other = told("it's", "gone to twenty", "five people")
    assert measure(WORDS, one, other)["wer"].errors == 0


@pytest.mark.parametrize("normalizer", ["whisper-english", "whisper-basic"])
@pytest.mark.parametrize(
    ("lines", "heard"),
    [
        (["so [laughs", "we came", "here] now"], "so laughs we came here now"),
        (["so (laughs", "we came", "here) now"], "so laughs we came here now"),
        (["a < b", "we came", "b > a"], "a b we came b a"),
        (["so [loud laughter] we", "(coughs) came"], "so we came"),
        (["so []", "we () came"], "so we came"),
    ],
)
def test_brackets_end_on_their_line(normalizer, lines, heard):
    speakers = said(*(("A", line) for line in lines))
    found = measure(WORDS, told(*lines), told(heard), normalizer=normalizer)
    assert found["wer"].errors == 0
    found = measure(SPEAKER_WORDS, speakers, said(("x", heard)), normalizer=normalizer)
    assert found["cpwer"].errors == 0


def test_characters_include_the_spaces_between_words():
    found = measure(WORDS, told("ab cd"), told("abcd"))
    assert found["cer"] == Rate(
        1, 5, {"insertions": 0, "deletions": 1, "substitutions": 0, "hits": 4}
    )


# Times


@pytest.mark.parametrize(
    ("reference", "hypothesis", "late", "unmatched"),
    [
        ("one@0 fine@1 day@2", "one@0.1 fine@0.8 day@2.5", [0.1, -0.2, 0.5], 0),
        ("One,@0 fine@1 day.@2", "one@0.1 fine@1.1 day@2.1", [0.1, 0.1, 0.1], 0),
        ("one@0 mm@1 fine@2", "one@0.1 fine@2.2", [0.1, 0.2], 0),
        ("one@0 fine@2", "one@0.1 uh@1 fine@2.2", [0.1, 0.2], 0),
        ("[laughs]@0 one@1 &@2 fine@3", "one@1.1 fine@3.2", [0.1, 0.2], 0),
        ("one@0 fine@1 day@2", "one@0.1 day@2.3", [0.1, 0.3], 1),
        ("one@0 fine@1 day@2", "one@0.1 final@1.2 day@2.3", [0.1, 0.3], 1),
        # Written words that are several when normalized, and several that are one.
        ("at@0 3:30@1 we@2", "at@0.1 3:30@1.2 we@2.3", [0.1, 0.2, 0.3], 0),
        ("at@0 3:30@1 we@2", "at@0.1 three@1 thirty@1.5 we@2.3", [0.1, 0.0, 0.3], 0),
        ("at@0 3:30@1 we@2", "at@0.1 noon@1 we@2.3", [0.1, 0.3], 1),
        ("is@0 twenty@1 five@2 now@3", "is@0.1 25@1 now@3.3", [0.1, 0.3], 2),
        ("is@0 25@1 now@3", "is@0.1 twenty@1 five@2 now@3.3", [0.1, 0.3], 1),
        # A word without a time matches, and tells nothing.
        ("one@0 fine day@2", "one@0.1 fine@1.2 day@2.3", [0.1, 0.3], 0),
        ("one@0 fine@1 day@2", "one@0.1 fine day@2.3", [0.1, 0.3], 1),
        ("one@0 fine@1", "never@0 ever@1", [], 2),
        # Of alignments with as few edits, the closest in time.
        ("yeah@0 yeah@10 good@11", "yeah@10.02 good@11.02", [0.02, 0.02], 1),
        ("yeah@10 good@11", "yeah@0 yeah@10.02 good@11.02", [0.02, 0.02], 0),
        ("so@0 yeah@1 yeah@10", "so@0.02 yeah@1.02", [0.02, 0.02], 1),
        ("so@0 yeah@1", "so@0.02 yeah@1.02 yeah@10", [0.02, 0.02], 0),
        ("I@0 do@1 I@5 do@6 so@7", "I@5.1 do@6.1 so@7.1", [0.1, 0.1, 0.1], 2),
        # In order of time, whatever the document lists first.
        ("one@0 day@2 yes@1", "one@0.1 yes@1.1 day@2.1", [0.1, 0.1, 0.1], 0),
        ("one@0 day@2 two yes@1", "one@0 yes@1 day@2 two", [0, 0, 0], 0),
    ],
)
def test_what_differs_lends_its_times_to_no_neighbour(reference, hypothesis, late, unmatched):
    found = measure(TIMES, timed(reference), timed(hypothesis))["word_start"]
    assert list(found.seconds) == pytest.approx(late)
    assert found.unmatched == unmatched


def closest(truth, heard):
    """(edits, seconds, deviations) of the best of all alignments of (text, start)."""
    if not truth or not heard:
        return len(truth) + len(heard), 0.0, []
    (one, start), (other, sounds) = truth[0], heard[0]
    edits, seconds, late = closest(truth[1:], heard[1:])
    pair = [round(sounds - start, 6)] if one == other else []
    ways = [(edits + (one != other), seconds + abs(sounds - start), pair + late)]
    for edits, seconds, late in (closest(truth[1:], heard), closest(truth, heard[1:])):
        ways.append((edits + 1, seconds, late))
    return min(ways)


def written(words):
    return " ".join(f"{word}@{start}" for word, start in words)


@pytest.mark.parametrize("seed", range(40))
def test_no_alignment_has_fewer_edits_or_lies_closer_in_time(seed):
    chance = random.Random(seed)
    truth, heard = (
        [(chance.choice("abc"), round(second + chance.random(), 6)) for second in range(length)]
        for length in (chance.randint(1, 6), chance.randint(1, 6))
    )
    found = measure(TIMES, timed(written(truth)), timed(written(heard)), normalizer="none")
    assert list(found["word_start"].seconds) == pytest.approx(closest(truth, heard)[2])


def test_hours_of_words_are_aligned_in_seconds():
    chance = random.Random(1)
    truth = [(f"w{chance.randrange(300)}", second) for second in range(30_000)]
    heard = [each for each in truth if chance.random() > 0.1]
    begun = time.perf_counter()
    found = measure(TIMES, timed(written(truth)), timed(written(heard)), normalizer="none")
    assert time.perf_counter() - begun < 20
    assert (set(found["word_start"].seconds), found["word_start"].unmatched) == (
        {0.0},
        len(truth) - len(heard),
    )


def test_a_word_written_as_two_begins_with_the_first_and_ends_with_the_last():
    found = measure(TIMES, timed("I@0 don't@1 know@2"), timed("I@0 do@1.1 not@1.6 know@2"))
    assert list(found["word_start"].seconds) == pytest.approx([0.0, 0.1, 0.0])
    assert list(found["word_end"].seconds) == pytest.approx([0.0, 2.1 - 1.5, 0.0])


def test_words_are_compared_as_written_where_that_is_asked_for():
    found = measure(TIMES, timed("one@0 Fine@1"), timed("one@0 fine@1"), normalizer="none")
    assert (len(found["word_end"].seconds), found["word_end"].unmatched) == (1, 1)


def test_without_times_on_either_side_there_are_no_deviations():
    assert measure(TIMES, timed("one fine"), timed("one@0 fine@1")) == {}
    assert measure(TIMES, timed("one@0 fine@1"), timed("one fine")) == {}
    assert measure(TIMES, timed("one@0 fine@1"), Annotation(()))["word_end"].unmatched == 2


# Speakers


def test_seconds_missed_invented_and_confused():
    """0-4 A and 4-10 B: of x 0-5 and y 5-9 and 11-12, one second is confused and one missed."""
    truth, heard = turns((0, 4, "A"), (4, 10, "B")), turns((0, 5, "x"), (5, 9, "y"), (11, 12, "y"))
    found = measure(SPEAKERS, truth, heard)
    assert found["der"].total == pytest.approx(10)
    assert found["der"].parts == pytest.approx({"confusion": 1, "missed": 1, "false_alarm": 1})
    assert found["jer"] == Rate(pytest.approx(1 / 5 + 3 / 7), 2)


def test_the_collar_is_of_both_sides_together():
    """A boundary that is 0.2 s late is forgiven by 0.25 on each side: a collar of 0.5."""
    truth, heard = turns((0, 4, "A"), (4, 8, "B")), turns((0, 4.2, "x"), (4.2, 8, "y"))
    assert measure(SPEAKERS, truth, heard)["der"].errors == pytest.approx(0.2)
    assert measure(SPEAKERS, truth, heard, collar=0.2)["der"].errors == pytest.approx(0.1)
    scored = measure(SPEAKERS, truth, heard, collar=0.5)["der"]
    assert (scored.errors, scored.total) == (0, pytest.approx(8 - 4 * 0.25))


def test_overlap_counts_for_each_speaker_unless_it_is_left_out():
    truth, heard = turns((0, 4, "A"), (3, 6, "B")), turns((0, 3.5, "x"), (3.5, 6, "y"))
    found = measure(SPEAKERS, truth, heard)["der"]
    assert (found.total, found.errors) == (pytest.approx(7), pytest.approx(1))
    skipped = measure(SPEAKERS, truth, heard, skip_overlap=True)["der"]
    assert (skipped.total, skipped.errors) == (pytest.approx(5), 0)


def test_speech_after_the_recording_is_a_false_alarm():
    truth = Annotation(turns=turns((0, 4, "A")).turns, duration=5.0)
    found = measure(SPEAKERS, truth, turns((0, 4, "x"), (6, 9, "x")))
    assert found["der"].parts["false_alarm"] == pytest.approx(3)


def test_where_nobody_speaks_all_speech_is_a_false_alarm_of_none():
    found = measure(SPEAKERS, turns(), turns((1, 3, "x")))
    assert (found["der"].errors, found["der"].value) == (pytest.approx(2), None)
    assert (found["jer"].total, found["jer"].value) == (0, None)


@pytest.mark.parametrize("plugin", [SPEAKERS, SPEAKER_WORDS])
def test_without_speakers_on_either_side_they_are_not_measured(plugin):
    nameless = said((None, "good morning"))
    assert measure(plugin, said(("A", "good morning")), nameless) == {}
    assert measure(plugin, nameless, said(("A", "good morning"))) == {}
    assert measure(WORDS, said(("A", "good morning")), nameless)["wer"].value == 0


# Words of speakers


@pytest.mark.parametrize(
    ("reference", "hypothesis", "errors"),
    [
        ([("A", "a b"), ("B", "c d")], [("x", "c d"), ("y", "a b")], 0),
        ([("A", "a b"), ("B", "c d"), ("A", "e")], [("x", "a b"), ("x", "e"), ("y", "c d")], 0),
        ([("A", "a b"), ("B", "c d")], [("x", "a b c"), ("y", "d")], 2),
        ([("A", "a b"), ("B", "c d")], [("x", "a b c d")], 4),
        ([("A", "a b"), ("B", "c d")], [("x", "a b"), ("y", "c d"), ("z", "e")], 1),
        ([("A", "a b"), ("B", "c d")], [("x", "a b"), (None, "c d")], 0),
        ([("A", "a b"), ("B", "c d")], [], 4),
        ([], [("x", "a")], 1),
        ([], [], 0),
    ],
)
def test_words_of_the_wrong_speaker_are_errors(reference, hypothesis, errors):
    found = measure(SPEAKER_WORDS, said(*reference), said(*hypothesis), normalizer="none")
    assert found["cpwer"].errors == errors
    assert found["cpwer"].total == sum(len(text.split()) for _, text in reference)


def test_kinds_of_errors_of_the_wrong_speaker():
    found = measure(SPEAKER_WORDS, said(("A", "a b"), ("B", "c d")), said(("x", "a b c d")))
    assert found["cpwer"].parts == {"insertions": 2, "deletions": 2, "substitutions": 0, "hits": 2}


def test_numbers_are_gathered_across_a_speakers_lines():
    one = said(("A", "it is twenty"), ("B", "so"), ("A", "five"))
    assert measure(SPEAKER_WORDS, one, said(("x", "it is 25"), ("y", "so")))["cpwer"].errors == 0

"""The sentences of the small models: numbers as one says them, sources cleaned, nothing leaked."""

from random import Random

import pytest

from tools.small_models.text.books import dialogue
from tools.small_models.text.corpus import Sources, compose
from tools.small_models.text.grammar import Grammar
from tools.small_models.text.missions import conversation
from tools.small_models.text.mixing import HeldOut, lowered, notation, salad, splice
from tools.small_models.text.numbers import decade, digits, label, marked, spoken, year
from tools.small_models.text.selection import familiar
from tools.small_models.text.sentences import sentences
from tools.synthetic.speech import Sentence

SAID = {
    "0": "zero",
    "14": "fourteen",
    "1,250": "one thousand two hundred fifty",
    "250,000": "two hundred fifty thousand",
    "3.5": "three point five",
    "0.05": "zero point zero five",
    "$25": "twenty five dollars",
    "$1": "one dollar",
    "$4.50": "four dollars and fifty cents",
    "$3.5": "three point five",
    "15%": "fifteen percent",
    "2.5%": "two point five percent",
    "3:30": "three thirty",
    "3:05": "three oh five",
    "12:00": "twelve o'clock",
    "14th": "fourteenth",
    "22nd": "twenty second",
    "30th": "thirtieth",
    "555-0142": "five five five oh one four two",
    "212-555-0100": "two one two five five five oh one oh oh",
    "21-14": "twenty one to fourteen",
}


@pytest.mark.parametrize(("written", "said"), SAID.items(), ids=SAID)
def test_numbers_are_said_as_people_say_them(written: str, said: str) -> None:
    assert spoken(written) == said
    assert Sentence.parse(f"So {marked(written)}, maybe.").text == f"So {written}, maybe."


def test_years_rooms_and_codes_have_their_own_way() -> None:
    assert [year(2026), year(2005), year(1998), year(1905)] == [
        "twenty twenty six",
        "two thousand five",
        "nineteen ninety eight",
        "nineteen oh five",
    ]
    assert [label(204), label(482), label(300), label(1210)] == [
        "two oh four",
        "four eighty two",
        "three hundred",
        "twelve ten",
    ]
    assert digits("4810") == "four eight one oh"
    assert decade(1990) == "nineteen nineties"


@pytest.mark.parametrize("written", ["25:00", "007", "3/4", "five", "$"])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        spoken(written)


def test_prose_becomes_sayable_sentences() -> None:
    prose = "Mr. Smith has twenty-five dogs; two bark! No. Why not? The R-1 is on. He paid £5."
    assert list(sentences(prose)) == [
        "{Mr|mister} Smith has {25|twenty five} dogs, two bark!",
        "No. Why not?",
    ]


def test_neighbouring_numbers_are_left_out() -> None:
    assert list(sentences("We need twenty thousand now. It is 5 o'clock. Check 15 15.")) == [
        "It is five o'clock."
    ]


def test_a_book_gives_what_its_people_say() -> None:
    book = (
        "Licence\n*** START OF THIS BOOK ***\n\n"
        "He said, “I don\u2019t\nknow to-day,” and left. “She--”\n\n"
        "“That\u2019s fine. Come in--now!”\n\n*** END OF THIS BOOK ***\n“Not this.”"
    )
    assert list(dialogue(book)) == ["I don't know today.", "That's fine. Come in, now!"]


def test_a_transcript_gives_whole_clean_turns() -> None:
    transcript = (
        "[00:05:40:01]\n_page : 38\nCC:  Okay. Good deal. We're kind of hanging loose\n"
        "     down here.\n\n[00:05:41:48]\n"
        "CDR: The [glossary:GETI] is late. I've got 30 minutes. We - - ... it is.\n"
    )
    assert list(conversation(transcript)) == [
        "Okay. Good deal. We're kind of hanging loose down here.",
        "I've got {30|thirty} minutes.",
    ]


def test_rare_words_and_single_sources_are_dropped() -> None:
    documents = [["We know it."], ["We know it.", "We know Zog."], ["We KNOW it.", "We LM it."]]
    documents.append(["We know it."])
    assert familiar(documents, frozenset(), 3) == [
        ["We know it."],
        ["We know it."],
        ["We know it."],
        ["We know it."],
    ]


def test_templates_fill_holes_and_begin_with_a_capital() -> None:
    grammar = Grammar(
        ("[oh|ah|], <who> has <money>.",), {"who": ("Ann", "<who_else>"), "who_else": ("Bob",)}
    )
    for line in {grammar.expand(grammar.templates[0], Random(seed)) for seed in range(50)}:
        text = Sentence.parse(line).text
        assert text[0].isupper()
        assert text.split(" has $")[0] in {"Oh, Ann", "Oh, Bob", "Ah, Ann", "Ah, Bob", "Ann", "Bob"}


def test_notation_is_the_reverse_of_parsing() -> None:
    for line in (
        "It's {3:30|three thirty}, well-known.",
        "Call {$3.5|three point five} {million|million dollars}?",
    ):
        assert notation(Sentence.parse(line)) == line


def test_a_splice_never_runs_numbers_together() -> None:
    first, second = Sentence.parse("Take {20|twenty} now."), Sentence.parse("Only five apples.")
    spliced = {s.text for seed in range(40) if (s := splice(first, second, Random(seed)))}
    assert "Take 20 apples." in spliced
    assert "Take 20 five apples." not in spliced


def test_a_salad_reads_like_a_sentence() -> None:
    words = [
        word
        for line in ("tree", "{20|twenty}", "five", "Anna")
        for word in Sentence.parse(line).words
    ]
    assert salad(words, Random(0)).text in {"Tree 20 Anna.", "Tree 20 Anna?"}


def test_the_guard_knows_whole_sentences_and_runs() -> None:
    guard = HeldOut([Sentence.parse("We saw the big red dog today.")])
    whole = Sentence.parse("Okay. We saw the BIG red dog, today?")
    run = Sentence.parse("They know the big red dog today.")
    short = Sentence.parse("They know big red dog today.")
    assert [guard.inside(whole), guard.inside(run), guard.inside(short)] == [True, False, False]
    assert [guard.echoed(whole), guard.echoed(run), guard.echoed(short)] == [True, True, False]


def test_nothing_held_out_is_learnt_and_every_word_often_enough() -> None:
    corpus = compose(_sources(), lines=600, held_out=40, least=5, rng=Random(4))
    learnt = [f" {' '.join(lowered(sentence))} " for sentence in corpus.train]
    for sentence in corpus.held_out:
        assert not any(f" {' '.join(lowered(sentence))} " in line for line in learnt)
    counts = " ".join(learnt).split()
    assert min(counts.count(word) for word in set(counts)) >= 5
    assert {word for sentence in corpus.held_out for word in lowered(sentence)} <= set(counts)
    assert len(corpus.train) >= 600
    assert all(Sentence.parse(notation(sentence)) == sentence for sentence in corpus.train)


def _sources() -> Sources:
    def drawn(subjects: str) -> list[Sentence]:
        verbs, places = (
            ("saw", "met", "left", "found"),
            ("the red house", "my old dog", "our train"),
        )
        return [
            Sentence.parse(f"{subject} {verb} {place} {when}.")
            for subject in subjects.split()
            for verb in verbs
            for place in places
            for when in ("today", "at {3:30|three thirty}", "again")
        ]

    return Sources(
        grammar=drawn("Anna Tom"), missions=drawn("Houston We"), dialogue=drawn("I They")
    )

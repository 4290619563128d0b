"""Aligners in line: who is asked for what, and what is said of it."""

import pytest

from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.request import AlignRequest
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.errors import ConfigError, EngineError, MissingEngineError, ModelError
from asrcore.testing import FakeAligner, tone
from asrcore.usecases.align import AlignerLine

OTHER_WORDS = "it did not answer with the words of every text"
EN_DE = AlignerCapabilities(frozenset({"en", "de"}))


def request(language="en", *texts):
    return AlignRequest(tone(1.0), texts or ("hello world",), language)


def knowing(*languages, error=None):
    return FakeAligner(error, capabilities=AlignerCapabilities(frozenset(languages)))


class Moody(FakeAligner):
    """Fails as often as it has errors."""

    def __init__(self, *errors):
        super().__init__()
        self.errors = list(errors)

    def align(self, batch):
        self._error = self.errors.pop(0) if self.errors else None
        return super().align(batch)


class Wrong(FakeAligner):
    """Answers something else."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def align(self, batch):
        return self.answer


class Placing(FakeAligner):
    """Finds a time for every word of one text, and for none of any other."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    def align(self, batch):
        self.batches.append(batch)
        return [[tuple(map(self.word, text.split())) for text in each.texts] for each in batch]

    def word(self, text):
        return Word(text, TimeSpan(0, 1)) if text == self.text else Word(text, score=0.0)


class Stumbling(FakeAligner):
    """Fails over one text, and so does every batch that it is in."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    def align(self, batch):
        answer = super().align(batch)
        if any(self.text in each.texts for each in batch):
            raise EngineError(f"fell over {self.text}")
        return answer


class Misspelling(FakeAligner):
    """Answers one text with another word."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    def align(self, batch):
        return [
            [(Word("other", TimeSpan(0, 1)),)] if self.text in request.texts else words
            for request, words in zip(batch, super().align(batch), strict=True)
        ]


class TestAlignerLine:
    def test_asks_the_first_alone_where_it_can(self):
        first, second = FakeAligner(), FakeAligner()
        aligned, notes = AlignerLine({"first": first, "second": second}).align([request()])
        assert [word.text for word in aligned[0][0]] == ["hello", "world"]
        assert notes == []
        assert second.batches == []

    def test_is_empty_without_any(self):
        assert not AlignerLine({})
        assert AlignerLine({"one": FakeAligner()})

    def test_what_the_first_cannot_the_next_does_and_it_is_said_who_and_why(self):
        line = AlignerLine(
            {"ctc": FakeAligner(EngineError("no memory")), "attention": FakeAligner()}
        )
        aligned, notes = line.align([request(), request()])
        assert sorted(aligned) == [0, 1]
        assert notes == ["word times are by attention; ctc: no memory"]

    def test_says_one_thing_of_a_long_line(self):
        failing = {name: FakeAligner(EngineError(f"{name} fell")) for name in ("one", "two")}
        _, notes = AlignerLine({**failing, "three": FakeAligner()}).align([request()])
        assert notes == ["word times are by three; one: one fell"]

    def test_where_nobody_can_each_reason_is_given(self):
        line = AlignerLine({"one": FakeAligner(KeyError("bug")), "two": knowing("fr")})
        aligned, notes = line.align([request()])
        assert aligned == {}
        assert notes == [
            "word times are missing: one: KeyError: 'bug'; two: it has no model for language en"
        ]

    def test_a_model_that_cannot_be_had_is_asked_for_once_a_language(self):
        missing = FakeAligner(ModelError("no network", "run: asr models"))
        line = AlignerLine({"ctc": missing, "next": FakeAligner()})
        told = [line.align([request("en")])[1] for _ in range(3)]
        assert told == [["word times are by next; ctc: no network (run: asr models)"]] * 3
        line.align([request("de")])
        assert [batch[0].language for batch in missing.batches] == ["en", "de"]

    def test_an_engine_that_failed_once_is_asked_again(self):
        moody = Moody(EngineError("out of memory"))
        line = AlignerLine({"ctc": moody, "next": FakeAligner()})
        assert [line.align([request()])[1] for _ in range(2)] == [
            ["word times are by next; ctc: out of memory"],
            [],
        ]

    @pytest.mark.parametrize("language", ["en", "de-AT", None])
    def test_takes_a_language_with_its_region_and_one_that_nobody_knows(self, language):
        aligner = FakeAligner(capabilities=EN_DE)
        AlignerLine({"one": aligner}).align([request(language)])
        assert len(aligner.batches) == 1

    @pytest.mark.parametrize(
        ("known", "language", "asked"),
        [("pt-BR", "pt-BR", True), ("pt-BR", "pt", False), ("de", "den", False)],
    )
    def test_takes_a_region_only_where_it_or_all_of_its_language_is_known(
        self, known, language, asked
    ):
        aligner = knowing(known)
        AlignerLine({"one": aligner}).align([request(language)])
        assert bool(aligner.batches) is asked

    def test_does_not_ask_for_a_language_that_an_aligner_does_not_know(self):
        english, any_language = knowing("en"), FakeAligner()
        line = AlignerLine({"english": english, "any": any_language})
        _, notes = line.align([request("de-CH")])
        assert english.batches == []
        assert notes == ["word times are by any; english: it has no model for language de-CH"]

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            ([], "it did not answer every request"),
            ([[(Word("hello"), Word("world"))]] * 2, "it did not answer every request"),
            ([[(Word("hello"),), (Word("world"),)]], OTHER_WORDS),
            ([[]], OTHER_WORDS),
            ([[()]], OTHER_WORDS),
            ([[(Word("hello"),)]], OTHER_WORDS),
            ([[(Word("Hello"), Word("world"))]], OTHER_WORDS),
            ([[(Word("world"), Word("hello"))]], OTHER_WORDS),
        ],
    )
    def test_an_answer_that_does_not_fit_is_a_failure(self, answer, why):
        line = AlignerLine({"odd": Wrong(answer), "next": FakeAligner()})
        aligned, notes = line.align([request()])
        assert [word.score for word in aligned[0][0]] == [1.0, 1.0]
        assert notes == [f"word times are by next; odd: {why}"]

    @pytest.mark.parametrize("words", [["helloworld"], ["hel", "lo", " world "], ["hello world"]])
    def test_an_aligner_may_part_words_as_it_likes(self, words):
        answer = [[tuple(Word(word, TimeSpan(0, 1)) for word in words)]]
        aligned, notes = AlignerLine({"odd": Wrong(answer)}).align([request()])
        assert [word.text for word in aligned[0][0]] == words
        assert notes == []

    def test_an_answer_without_any_time_is_left_to_the_next(self):
        line = AlignerLine({"ctc": Placing("a"), "next": FakeAligner()})
        aligned, notes = line.align([request("en", text) for text in ("a", "b", "a", "c")])
        assert [aligned[index][0][0].text for index in range(4)] == ["a", "b", "a", "c"]
        assert [aligned[index][0][0].score for index in range(4)] == [None, 1.0, None, 1.0]
        assert notes == ["word times are by next; ctc: it could not place some of the text"]

    def test_only_what_is_left_is_asked_of_the_next(self):
        last = FakeAligner()
        line = AlignerLine({"one": Placing("a"), "two": Placing("b"), "three": last})
        _, notes = line.align([request("en", text) for text in "abc"])
        assert [[each.texts for each in batch] for batch in last.batches] == [[("c",)]]
        assert notes == [
            "word times are by two; one: it could not place some of the text",
            "word times are by three; one: it could not place some of the text",
        ]

    def test_some_words_with_a_time_are_enough(self):
        answer = [[(Word("hello", TimeSpan(0, 1)), Word("world"))]]
        last = FakeAligner()
        aligned, notes = AlignerLine({"one": Wrong(answer), "next": last}).align([request()])
        assert aligned == {0: answer[0]}
        assert (notes, last.batches) == ([], [])

    @pytest.mark.parametrize("text", ["", "  "])
    def test_a_text_without_words_needs_no_time(self, text):
        aligned, notes = AlignerLine({"one": Placing("a")}).align([request("en", text)])
        assert aligned == {0: [()]}
        assert notes == []

    def test_what_nobody_can_place_is_missing_and_the_rest_is_there(self):
        line = AlignerLine({"one": Placing("a"), "two": FakeAligner(EngineError("fell"))})
        aligned, notes = line.align([request("en", "a"), request("en", "b")])
        assert list(aligned) == [0]
        assert notes == [
            "word times are missing: one: it could not place some of the text; two: fell"
        ]

    def test_who_did_the_rest_is_said_also_where_some_is_missing(self):
        line = AlignerLine({"one": Placing("a"), "two": Placing("b")})
        _, notes = line.align([request("en", text) for text in "abc"])
        why = "it could not place some of the text"
        assert notes == [
            f"word times are by two; one: {why}",
            f"word times are missing: one: {why}; two: {why}",
        ]

    def test_of_a_batch_that_fails_each_request_is_tried_by_itself(self):
        stumbling, last = Stumbling("bad"), FakeAligner()
        line = AlignerLine({"ctc": stumbling, "next": last})
        aligned, notes = line.align([request("en", text) for text in ("a", "bad", "c")])
        assert [aligned[index][0][0].text for index in range(3)] == ["a", "bad", "c"]
        assert [len(batch) for batch in stumbling.batches] == [3, 1, 1, 1]
        assert [[each.texts for each in batch] for batch in last.batches] == [[("bad",)]]
        assert notes == ["word times are by next; ctc: fell over bad"]

    def test_a_batch_that_fails_only_as_a_whole_is_no_failure(self):
        moody = Moody(EngineError("out of memory"))
        aligned, notes = AlignerLine({"ctc": moody}).align([request(), request()])
        assert sorted(aligned) == [0, 1]
        assert notes == []

    def test_a_batch_with_one_odd_answer_keeps_the_others(self):
        aligned, notes = AlignerLine({"odd": Misspelling("b")}).align(
            [request("en", text) for text in "abc"]
        )
        assert sorted(aligned) == [0, 2]
        assert notes == [f"word times are missing: odd: {OTHER_WORDS}"]

    def test_a_reason_is_given_once_however_many_requests_it_held_up(self):
        line = AlignerLine({"ctc": FakeAligner(EngineError("fell"))})
        aligned, notes = line.align([request()] * 3)
        assert aligned == {}
        assert notes == ["word times are missing: ctc: fell"]

    @pytest.mark.parametrize("kind", [ModelError, MissingEngineError, ConfigError])
    def test_what_cannot_be_had_is_asked_for_once_and_not_one_by_one(self, kind):
        missing = FakeAligner(kind("not here"))
        line = AlignerLine({"ctc": missing})
        told = [line.align([request()] * 3)[1] for _ in range(2)]
        assert told == [["word times are missing: ctc: not here"]] * 2
        assert [len(batch) for batch in missing.batches] == [3]

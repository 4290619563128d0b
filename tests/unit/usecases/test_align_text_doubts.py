"""What aligning a known text keeps, refuses, and does where it is in doubt."""

import numpy as np
import pytest

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.capabilities import AlignerCapabilities, TranscriberCapabilities
from asrcore.domain.recording import Recording
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Transcript, Word
from asrcore.errors import ConfigError, EngineError, InputError, UnsupportedError
from asrcore.testing import (
    FakeAligner,
    FakeAudioSource,
    FakeEmissionModel,
    FakeSentenceSplitter,
    FakeTranscriber,
    RecordedProgress,
)
from asrcore.usecases.align_text import AlignText
from asrcore.usecases.ctc_aligner import CtcAligner, CtcOptions


def nothing(recording, language):
    return Transcript()


def work(
    *, splitter=None, progress=None, transcriber=None, source=None, characters=False, **aligners
):
    return AlignText(
        source or FakeAudioSource(),
        aligners,
        splitter,
        lambda: transcriber or pytest.fail("nobody should ask for the transcriber"),
        nothing,
        progress or RecordedProgress(),
        characters,
    )


def run(work, text, language="en"):
    given = text if isinstance(text, Annotation) else Annotation.plain(text)
    return work.run(Recording.of("a.wav"), given, language)


def cues(*found):
    return Annotation(tuple(Utterance(text, TimeSpan(*span)) for text, span in found))


class Answering(FakeAligner):
    """Answers every request with the same words."""

    def __init__(self, *words):
        super().__init__()
        self.words = words

    def align(self, batch):
        return [[self.words] for _ in batch]


class TestWhatIsKept:
    def test_speakers_of_utterances_and_of_words(self):
        words = (Word("b", speaker="bob"), Word("c"))
        text = Annotation((Utterance("a", speaker="ann"), Utterance("b c", None, "cyd", words)))
        transcript = run(work(fake=FakeAligner(), splitter=FakeSentenceSplitter()), text)
        assert [(each.text, each.speaker) for each in transcript.segments] == [
            ("a", "ann"), ("b c", "cyd"),
        ]  # fmt: skip
        assert [word.speaker for word in transcript.words] == ["ann", "bob", "cyd"]

    def test_the_utterances_speaker_where_its_words_are_others(self):
        odd = (Word("b c", speaker="bob"),)
        transcript = run(work(fake=FakeAligner()), Annotation((Utterance("b c", None, "x", odd),)))
        assert [word.speaker for word in transcript.words] == ["x", "x"]

    def test_what_has_no_text_is_left_out(self):
        text = Annotation((Utterance(" "), Utterance("a"), Utterance("")))
        assert [each.text for each in run(work(fake=FakeAligner()), text).segments] == ["a"]

    def test_characters_have_the_clock_of_the_recording(self):
        able = FakeAligner(capabilities=AlignerCapabilities(characters=True))
        text = cues(("ab", (1.5, 2.0)))
        (word,) = run(work(fake=able, characters=True), text).words
        assert [each.span for each in word.characters] == [
            TimeSpan(1.0, 1.75), TimeSpan(1.75, 2.5),
        ]  # fmt: skip


class TestRefusals:
    def test_without_an_aligner(self):
        with pytest.raises(ConfigError, match=r"aligner\.backend") as caught:
            run(work(), "a b")
        assert caught.value.hint == "run: asr doctor"

    @pytest.mark.parametrize("text", [Annotation(), Annotation(()), Annotation.plain(" \n ")])
    def test_without_text(self, text):
        progress = RecordedProgress()
        with pytest.raises(InputError, match="there is no text to align"):
            run(work(fake=FakeAligner(), progress=progress), text)
        assert progress.events == []

    def test_characters_that_nobody_tells(self):
        with pytest.raises(UnsupportedError, match=r"aligner\.characters: fake tells"):
            run(work(fake=FakeAligner(), characters=True), "a")

    def test_a_recording_that_cannot_be_decoded(self):
        source = FakeAudioSource(broken=["a.wav"])
        with pytest.raises(InputError, match="no sound"):
            run(work(fake=FakeAligner(), source=source), "a")

    def test_a_decoder_that_falls_over_is_an_error_of_ours(self):
        class Torn(FakeAudioSource):
            def blocks(self, recording, warn):
                raise KeyError("bug")

        with pytest.raises(
            EngineError, match=r"a\.wav: unexpected KeyError while preparing"
        ) as caught:
            run(work(fake=FakeAligner(), source=Torn()), "a")
        assert isinstance(caught.value.__cause__, KeyError)


class TestLanguage:
    def detected(self, transcriber, language=None):
        return run(work(fake=FakeAligner(), transcriber=transcriber), "a b", language)

    def test_that_is_given_is_not_asked_for(self):
        transcript = run(work(fake=FakeAligner()), "a b", "de-AT")
        assert (transcript.language, transcript.language_probability) == ("de-AT", None)
        assert transcript.segments[0].language == "de-AT"

    def test_is_detected_in_the_first_seconds_where_it_is_not(self):
        aligner = FakeAligner()
        transcriber = FakeTranscriber(language="sv")
        source = FakeAudioSource(200.0)
        transcript = run(work(fake=aligner, transcriber=transcriber, source=source), "a b", None)
        assert (transcript.language, transcript.language_probability) == ("sv", 0.9)
        assert aligner.batches[0][0].language == "sv"
        assert "detect_language" in transcript.timings

    def test_is_the_only_one_that_the_transcriber_knows(self):
        english = TranscriberCapabilities(languages=frozenset({"en"}))
        transcript = self.detected(FakeTranscriber(capabilities=english))
        assert (transcript.language, transcript.language_probability) == ("en", None)

    @pytest.mark.parametrize("languages", [None, frozenset({"en", "de"}), frozenset()])
    def test_that_nothing_tells_is_refused(self, languages):
        deaf = FakeTranscriber(capabilities=TranscriberCapabilities(languages=languages))
        with pytest.raises(ConfigError, match="nothing tells the language of the text") as caught:
            self.detected(deaf)
        assert caught.value.hint == "name it: --language en"

    def test_that_an_engine_fails_to_tell_is_refused_with_the_cause(self):
        class Deaf(FakeTranscriber):
            def detect_languages(self, batch):
                raise EngineError("deaf")

        with pytest.raises(ConfigError, match="nothing tells the language") as caught:
            self.detected(Deaf())
        assert str(caught.value.__cause__) == "deaf"

    def test_that_a_bug_keeps_from_being_told_is_an_error_of_ours(self):
        class Torn(FakeTranscriber):
            def detect_languages(self, batch):
                raise KeyError("bug")

        with pytest.raises(EngineError, match="unexpected KeyError"):
            self.detected(Torn())


class TestWordsThatAreCutOtherwise:
    """Every written word comes once, whatever an aligner takes for one."""

    def words(self, *given, text="ab c"):
        return run(work(odd=Answering(*given)), cues((text, (0.5, 1.5)))).words

    def test_are_put_together(self):
        one, two = self.words(
            Word("a", TimeSpan(0.1, 0.2), 0.5), Word("b", TimeSpan(0.3, 0.4), 1.0),
            Word("c", TimeSpan(0.5, 0.6), 1.0),
        )  # fmt: skip
        assert one == Word("ab", TimeSpan(0.1, 0.4), 0.75)
        assert two == Word("c", TimeSpan(0.5, 0.6), 1.0)

    @pytest.mark.parametrize(("estimated", "whole"), [((True, False), False), ((True, True), True)])
    def test_are_estimated_where_all_their_parts_are(self, estimated, whole):
        parts = [
            Word(text, TimeSpan(0.1, 0.1), 0.5, estimated=guess)
            for text, guess in zip("ab", estimated, strict=True)
        ]
        assert self.words(*parts, Word("c", TimeSpan(0.5, 0.6)))[0].estimated is whole

    def test_have_the_times_of_those_parts_that_have_some(self):
        one, two = self.words(Word("a"), Word("b"), Word("c", TimeSpan(0.5, 0.6), 1.0))
        assert (one.text, one.score, one.estimated) == ("ab", None, True)
        assert two.span == TimeSpan(0.5, 0.6)

    @pytest.mark.parametrize("given", [["abc"], ["a", "bc"], ["ab ", "c"]])
    def test_are_estimated_where_they_go_over_its_borders(self, given):
        found = self.words(*(Word(text, TimeSpan(0.1, 0.2), 1.0) for text in given))
        assert [(word.text, word.estimated) for word in found] == [("ab", True), ("c", True)]

    @pytest.mark.parametrize("given", [[], ["ab"], ["a", "c"], ["x", "y", "c"], ["ab", "c", "d"]])
    def test_are_not_taken_where_they_are_others(self, given):
        with pytest.raises(EngineError, match="did not answer with the words of every text"):
            self.words(*(Word(text, TimeSpan(0.1, 0.2), 1.0) for text in given))

    def test_of_whisperx_in_a_language_without_spaces(self):
        aligner = CtcAligner(FakeEmissionModel(), CtcOptions("whisperx"))
        words = run(work(ctc=aligner), "你好。走 15%", "zh").words
        assert [word.text for word in words] == ["你", "好。", "走", "15%"]
        assert not any(word.estimated for word in words)


def test_an_empty_end_of_the_recording_harms_nobody():
    """A cue at the very end has no sound at all; its words are still there."""
    text = cues(("one", (0.0, 1.0)), ("two", (100.0, 101.0)))
    source = FakeAudioSource(40.0)
    transcript = run(work(ctc=CtcAligner(FakeEmissionModel()), source=source), text)
    assert [word.text for word in transcript.words] == ["one", "two"]
    assert np.isfinite([word.span.end for word in transcript.words]).all()

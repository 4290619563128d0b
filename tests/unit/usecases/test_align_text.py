"""A recording and its known text in, the text with times out."""

from itertools import pairwise

import pytest

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.audio import Audio
from asrcore.domain.events import RecordingFinished, RecordingStarted, TextAligned, Warned
from asrcore.domain.recording import Recording
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Transcript, Word
from asrcore.errors import EngineError, ModelError
from asrcore.testing import (
    FakeAligner,
    FakeAudioSource,
    FakeEmissionModel,
    FakeSentenceSplitter,
    RecordedProgress,
    spelled,
)
from asrcore.usecases.align_text import AlignText
from asrcore.usecases.ctc_aligner import CtcAligner, CtcOptions

NO_LAG = CtcOptions(lag=0.0)
NAMES = ("ann", "bob", "cyd", "dan", "eva", "fay", "guy", "ida", "jon", "kim")
WORDS = [
    Word(one + other, TimeSpan(round(1.2 * index + 0.4, 2), round(1.2 * index + 0.88, 2)))
    for index, (one, other) in enumerate((one, other) for one in NAMES[:7] for other in NAMES)
]
"""70 words, each once: `annann`, `annbob` and so on, one every 1.2 s; 85 s in all."""
SECONDS = 85.0
LONG = Audio(spelled(WORDS, SECONDS))
LINES = [" ".join(word.text for word in WORDS[at : at + 10]) for at in range(0, len(WORDS), 10)]


class Heard:
    """What the transcriber hears; keeps what it was asked."""

    def __init__(self, *segments):
        self.segments = segments
        self.asked = []

    def __call__(self, recording, language):
        self.asked.append((recording.name, language))
        return Transcript(self.segments)


class Listening(FakeAligner):
    """Also hears some words in everything, or fails to."""

    def __init__(self, hears):
        super().__init__()
        self.hears = hears

    def hear(self, batch, language):
        if isinstance(self.hears, Exception):
            raise self.hears
        return [self.hears for _ in batch]


def ctc(**options):
    return CtcAligner(FakeEmissionModel(**options), NO_LAG)


def work(
    *, splitter=None, hear=None, seconds=3.0, progress=None, characters=False, **aligners
) -> AlignText:
    return AlignText(
        FakeAudioSource(seconds),
        aligners,
        splitter,
        lambda: pytest.fail("nobody asked for the transcriber"),
        hear or Heard(),
        progress or RecordedProgress(),
    )


def run(work, text, source="a.wav", language="en"):
    given = text if isinstance(text, Annotation) else Annotation.plain(text)
    return work.run(Recording.of(source), given, language)


def cues(*found):
    return Annotation(tuple(Utterance(text, TimeSpan(*span)) for text, span in found))


def assert_right(found, true, tolerance=1e-6):
    assert [word.text for word in found] == [word.text for word in true]
    for one, other in zip(found, true, strict=True):
        assert one.span.start == pytest.approx(other.span.start, abs=tolerance)
        assert not one.estimated


class TestTextWithoutTimes:
    def test_of_a_long_recording_is_found_by_listening(self):
        transcript = run(work(ctc=ctc()), "\n".join(LINES), LONG)
        assert_right(transcript.words, WORDS)
        assert [segment.text for segment in transcript.segments] == LINES
        assert (transcript.language, transcript.duration) == ("en", SECONDS)
        assert transcript.warnings == ()
        assert transcript.timings.keys() == {"decode", "align"}

    def test_is_aligned_in_windows_that_an_engine_takes(self):
        aligner = ctc()
        run(work(ctc=aligner), "\n".join(LINES), LONG)
        heard, aligned = aligner._model.asked
        assert max(heard[1]) <= 30.1
        assert len(aligned[1]) >= 3
        assert max(aligned[1]) <= 30.1
        assert sum(aligned[1]) == pytest.approx(SECONDS)

    def test_may_leave_out_what_is_said(self):
        lines = LINES[:2] + LINES[4:]
        transcript = run(work(ctc=ctc()), "\n".join(lines), LONG)
        assert_right(transcript.words, WORDS[:20] + WORDS[40:])

    def test_may_have_what_is_not_said(self):
        lines = [*LINES[:3], "nobody ever says these words", *LINES[3:]]
        transcript = run(work(ctc=ctc()), "\n".join(lines), LONG)
        assert [word.text for word in transcript.words] == " ".join(lines).split()
        said = [*transcript.segments[:3], *transcript.segments[4:]]
        starts = [segment.span.start for segment in said]
        assert starts == pytest.approx([word.span.start for word in WORDS[::10]], abs=1.3)

    def test_is_a_segment_a_line_without_a_splitter_and_a_sentence_with_one(self):
        text = "One two. Three\nfour. Five."
        for splitter, segments in [
            (None, ["One two. Three", "four. Five."]),
            (FakeSentenceSplitter(), ["One two.", "Three four.", "Five."]),
        ]:
            transcript = run(work(fake=FakeAligner(), splitter=splitter), text)
            assert [segment.text for segment in transcript.segments] == segments
            assert [word.text for word in transcript.words] == text.split()
            assert all(segment.language == "en" for segment in transcript.segments)

    def test_keeps_its_lines_where_the_splitter_fails(self):
        broken = FakeSentenceSplitter(EngineError("worn out"))
        transcript = run(work(fake=FakeAligner(), splitter=broken), "One. Two.")
        assert [segment.text for segment in transcript.segments] == ["One. Two."]
        assert transcript.warnings == ("segments are not cut into sentences: worn out",)

    def test_of_a_language_without_spaces_keeps_its_lines_and_words(self):
        aligner = FakeAligner()
        transcript = run(work(fake=aligner), "你好。\n走", language="zh")
        assert [word.text for word in transcript.words] == ["你", "好。", "走"]
        assert [segment.text for segment in transcript.segments] == ["你好。", "走"]
        assert aligner.batches[0][0].texts == ("你 好。", "走")


class TestWhoHears:
    """Where a text without times is looked for."""

    TEXT = " ".join(word.text for word in WORDS)
    TIMED = Segment(TimeSpan(0, SECONDS), TEXT, tuple(WORDS))

    def windows(self, *, hear=None, **aligners):
        """The windows in which words were aligned, and the transcript."""
        last = list(aligners.values())[-1]
        transcript = run(work(hear=hear, **aligners), self.TEXT, LONG)
        assert [word.text for word in transcript.words] == self.TEXT.split()
        return [each.texts[0] for batch in last.batches for each in batch], transcript

    def test_the_transcriber_where_no_aligner_can(self):
        hear = Heard(self.TIMED)
        windows, transcript = self.windows(hear=hear, fake=FakeAligner())
        assert hear.asked == [(Recording.of(LONG).name, "en")]
        assert len(windows) >= 3
        assert transcript.warnings == ()

    def test_a_listener_that_only_steps_in_before_the_transcriber(self):
        hear = Heard()
        transcript = run(work(hear=hear, fake=FakeAligner(), ctc=ctc()), self.TEXT, LONG)
        assert hear.asked == []
        assert [word.score for word in transcript.words] == [1.0] * len(WORDS), "by the first"

    @pytest.mark.parametrize("error", [ModelError("no network"), ValueError("bug")])
    def test_the_transcriber_where_the_listener_fails(self, error):
        hear = Heard(self.TIMED)
        windows, transcript = self.windows(hear=hear, deaf=Listening(error))
        assert len(hear.asked) == 1
        assert len(windows) >= 3
        (warning,) = transcript.warnings
        assert warning.startswith("deaf could not listen: ")
        assert str(error) in warning

    def test_the_next_listener_where_one_fails(self):
        hear = Heard()
        aligners = {"deaf": Listening(EngineError("worn out")), "ctc": ctc()}
        transcript = run(work(hear=hear, **aligners), self.TEXT, LONG)
        assert hear.asked == []
        assert transcript.warnings == ("deaf could not listen: worn out",)

    def test_the_transcriber_even_without_word_times(self):
        """Its words are spread over the segments that it hears."""
        segments = (
            Segment(TimeSpan(12.0 * index, 12.0 * index + 12), line)
            for index, line in enumerate(LINES)
        )
        windows, _ = self.windows(hear=Heard(*segments), fake=FakeAligner())
        assert len(windows) >= 3

    def test_nothing_of_use_leaves_one_window(self):
        nonsense = [Word("zzz", TimeSpan(0, 1)), Word("zzz")]
        windows, _ = self.windows(fake=Listening(nonsense))
        assert windows == [self.TEXT]


class TestTextWithTimes:
    def test_is_aligned_around_its_cues_and_nobody_listens(self):
        hear = Heard()
        text = cues(("one two", (1.0, 2.0)), ("three", (2.2, 2.5)))
        aligner = FakeAligner()
        transcript = run(work(hear=hear, fake=aligner, seconds=9.0), text)
        ((request,),) = aligner.batches
        assert request.texts == ("one two", "three")
        assert len(request.samples) == pytest.approx((3.0 - 0.5) * 16_000, abs=1)
        assert hear.asked == []
        assert transcript.words[0].span.start == pytest.approx(0.5)
        assert [segment.text for segment in transcript.segments] == ["one two", "three"]

    def test_of_a_long_recording_is_right_though_cues_are_not(self):
        text = cues(
            *(
                (line, (12 * index + 0.7, 12 * index + 11.5))
                for index, line in enumerate(LINES)
            )
        )  # fmt: skip
        aligner = ctc()
        assert_right(run(work(ctc=aligner), text, LONG).words, WORDS)
        assert len(aligner._model.asked) == 1, "it was not listened to"
        assert max(aligner._model.asked[0][1]) <= 30.1

    def test_keeps_its_cues_whatever_the_sentences_are(self):
        splitter = FakeSentenceSplitter()
        text = cues(("One two. Three", (0, 1)), ("four.", (1, 2)))
        transcript = run(work(fake=FakeAligner(), splitter=splitter), text)
        assert [segment.text for segment in transcript.segments] == ["One two. Three", "four."]
        assert splitter.asked == []

    def test_is_looked_for_where_one_cue_has_none(self):
        hear = Heard()
        text = Annotation((Utterance("one", TimeSpan(0, 1)), Utterance("two")))
        run(work(hear=hear, fake=FakeAligner(), seconds=30.0), text)
        assert len(hear.asked) == 1

    def test_beyond_the_end_stays_within_the_recording(self):
        text = cues(("annann", (0.0, 1.0)), ("three four", (90.0, 91.0)))
        transcript = run(work(ctc=ctc()), text, LONG)
        assert [word.text for word in transcript.words] == ["annann", "three", "four"]
        assert transcript.segments[1].span.start >= SECONDS - 0.5
        assert transcript.segments[1].span.end <= SECONDS


def test_segments_reach_from_their_first_word_to_their_last_in_order():
    transcript = run(work(ctc=ctc()), "\n".join(LINES), LONG)
    for segment in transcript.segments:
        assert segment.span == segment.words[0].span | segment.words[-1].span
    assert all(one.span.end <= other.span.start for one, other in pairwise(transcript.words))


def test_progress_grows_to_the_whole():
    progress = RecordedProgress()
    run(work(ctc=ctc(), progress=progress), "\n".join(LINES), LONG)
    first, *steps, last = progress.events
    assert isinstance(first, RecordingStarted)
    assert isinstance(last, RecordingFinished)
    assert all(isinstance(step, TextAligned) for step in steps)
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert {step.total for step in steps} == {2 * SECONDS}, "it is heard and aligned"
    assert (done[0], done[-1]) == (SECONDS, 2 * SECONDS)
    assert steps[-1].text.endswith(WORDS[-1].text)


def test_warnings_are_told_before_the_end():
    progress = RecordedProgress()
    aligners = {"ctc": FakeAligner(EngineError("fell")), "next": FakeAligner()}
    transcript = run(work(progress=progress, **aligners), "a b")
    *_, warned, finished = progress.events
    assert warned.message == "word times are by next; ctc: fell"
    assert isinstance(warned, Warned)
    assert finished == RecordingFinished(warned.recording, transcript)

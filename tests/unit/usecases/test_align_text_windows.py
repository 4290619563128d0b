"""The windows that aligners get, and what becomes of those that they cannot align."""

import pytest

from asrcore.domain.alignment.anchors import LONGEST
from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.recording import Recording
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Transcript, Word
from asrcore.errors import EngineError, ModelError
from asrcore.testing import FakeAligner, FakeAudioSource, RecordedProgress
from asrcore.usecases.align_text import AlignText

FAR = Annotation(
    (Utterance("one two", TimeSpan(1.0, 11.0)), Utterance("three four", TimeSpan(31.0, 41.0)))
)

WRONG = {"three four": [Word("three", TimeSpan(0, 1)), Word("five", TimeSpan(1, 2))]}
UNTIMED = {"three four": [Word("three"), Word("four")]}


def run(text, *, seconds=60.0, hear=None, **aligners):
    given = text if isinstance(text, Annotation) else Annotation.plain(text)
    work = AlignText(
        FakeAudioSource(seconds),
        aligners,
        None,
        lambda: pytest.fail("nobody should ask for the transcriber"),
        hear or (lambda recording, language: pytest.fail("nobody should listen")),
        RecordedProgress(),
    )
    return work.run(Recording.of("a.wav"), given, "en")


def cues(*found):
    return Annotation(tuple(Utterance(text, TimeSpan(*span)) for text, span in found))


def texts(aligner):
    return [request.texts for batch in aligner.batches for request in batch]


def lengths(aligner):
    found = [len(request.samples) for batch in aligner.batches for request in batch]
    return pytest.approx([length / SAMPLE_RATE for length in found])


class Odd(FakeAligner):
    """Answers right, but for the texts that it is told to answer with other words."""

    def __init__(self, answers):
        super().__init__()
        self.answers = answers

    def align(self, batch):
        return [
            [self.answers.get(text, words) for text, words in zip(each.texts, said, strict=True)]
            for each, said in zip(batch, super().align(batch), strict=True)
        ]


class TestTextWithoutTimes:
    def test_of_a_short_recording_is_aligned_whole_and_nobody_listens(self):
        aligner = FakeAligner()
        transcript = run("one two\nthree", seconds=LONGEST, fake=aligner)
        assert texts(aligner) == [("one two", "three")]
        assert lengths(aligner) == [LONGEST]
        assert transcript.warnings == ()

    def test_of_a_longer_one_is_listened_for(self):
        asked = []

        def hear(recording, language):
            asked.append((recording.name, language))
            return Transcript()

        run("one two", seconds=LONGEST + 0.1, hear=hear, fake=FakeAligner())
        assert asked == [("a.wav", "en")]

    def test_stays_in_one_piece_with_a_warning_where_nobody_can_listen(self):
        def hear(recording, language):
            raise ModelError("no network")

        aligner = FakeAligner()
        transcript = run("one two\nthree", hear=hear, fake=aligner)
        assert texts(aligner) == [("one two", "three")]
        assert lengths(aligner) == [60.0]
        assert not any(word.estimated for word in transcript.words)
        assert transcript.warnings == (
            "nobody could listen, so the text is looked for in one piece: no network",
        )

    def test_that_a_window_cuts_within_a_line_is_in_both_windows(self):
        lines = ["alpha bravo charlie", "delta echo foxtrot golf", "hotel india juliet"]
        words = " ".join(lines).split()
        heard = [
            Word(text, TimeSpan(5.0 * index, 5.0 * index + 1)) for index, text in enumerate(words)
        ]

        class Listening(FakeAligner):
            def hear(self, batch, language):
                # Everything in the first piece, whose time is the recording's.
                return [heard if not index else [] for index in range(len(batch))]

        aligner = Listening()
        run("\n".join(lines), fake=aligner)
        windows = texts(aligner)
        assert len(windows) > 1
        assert all("" not in window for window in windows)
        parts = [part for window in windows for part in window]
        assert len(parts) > len(lines), "a line is cut"
        assert " ".join(parts).split() == words


class TestCues:
    @pytest.mark.parametrize(
        ("start", "windows", "seconds"),
        [
            (3.0, [("one", "two")], [3.0]),
            (3.9, [("one", "two")], [3.9]),
            (4.2, [("one",), ("two",)], [2.0, 2.0]),
        ],
    )
    def test_share_a_window_where_they_follow_each_other(self, start, windows, seconds):
        aligner = FakeAligner()
        run(cues(("one", (2.0, 3.0)), ("two", (start, start + 1.0))), fake=aligner)
        assert texts(aligner) == windows
        assert lengths(aligner) == seconds

    def test_have_windows_that_never_cross(self):
        """Long cues that follow each other at once leave no room between their windows."""
        aligner = FakeAligner()
        text = cues(("one", (0.0, 20.0)), ("two", (20.4, 40.0)), ("three", (40.0, 60.0)))
        words = run(text, fake=aligner).words
        assert texts(aligner) == [("one",), ("two",), ("three",)]
        assert lengths(aligner) == [20.2, 19.8, 20.0]
        assert [word.span.start for word in words] == pytest.approx([0.0, 20.2, 40.0])

    def test_are_more_than_an_aligner_gets_at_once(self):
        aligner = FakeAligner()
        text = cues(*((f"w{index}", (29.0 * index, 29.0 * index + 20)) for index in range(10)))
        transcript = run(text, seconds=300.0, ctc=aligner)
        assert [len(batch) for batch in aligner.batches] == [8, 2]
        assert [word.text for word in transcript.words] == [f"w{index}" for index in range(10)]


class TestWindowsThatNobodyCanAlign:
    @pytest.mark.parametrize(
        ("answers", "why"),
        [
            (WRONG, "it did not answer with the words of every text"),
            (UNTIMED, "it could not place some of the text"),
        ],
    )
    def test_are_estimated_and_marked_and_said(self, answers, why):
        transcript = run(FAR, odd=Odd(answers))
        assert [word.text for word in transcript.words] == ["one", "two", "three", "four"]
        assert [word.estimated for word in transcript.words] == [False, False, True, True]
        assert [word.score for word in transcript.words] == [1.0, 1.0, 0.0, 0.0]
        assert [word.span.start for word in transcript.words[2:]] == pytest.approx(
            [30.5, 30.5 + 11.0 * 5 / 9]
        )
        assert transcript.warnings[0] == f"word times are missing: odd: {why}"

    @pytest.mark.parametrize("answers", [WRONG, UNTIMED])
    def test_by_the_first_choice_alone_go_to_the_next(self, answers):
        stand_in = FakeAligner()
        transcript = run(FAR, odd=Odd(answers), stand_in=stand_in)
        assert texts(stand_in) == [("three four",)]
        assert not any(word.estimated for word in transcript.words)
        (warning,) = transcript.warnings
        assert warning.startswith("word times are by stand_in; odd: it ")

    def test_are_an_error_with_the_reasons_where_all_are_such(self):
        fallen = {"ctc": FakeAligner(EngineError("fell")), "other": FakeAligner(KeyError("bug"))}
        with pytest.raises(EngineError) as caught:
            run(FAR, **fallen)
        assert caught.value.message.startswith("a.wav: word times are missing: ctc: fell; ")
        assert caught.value.message.endswith("other: KeyError: 'bug'")

    @pytest.mark.parametrize("good", [0, 8])
    def test_are_no_error_where_one_of_another_batch_could_be_aligned(self, good):
        """The first batch of two has eight windows."""
        wrong = {
            f"w{index}": [Word("other", TimeSpan(0, 1))] for index in range(9) if index != good
        }
        text = cues(*((f"w{index}", (9.0 * index, 9.0 * index + 5)) for index in range(9)))
        words = run(text, seconds=90.0, odd=Odd(wrong)).words
        assert [index for index, word in enumerate(words) if not word.estimated] == [good]


class TestTextThatIsHardlyHeard:
    WORDS = ("one", "two", "three", "four", "five")

    def warnings(self, *unheard, also=()):
        said = (*self.WORDS, *also)
        answer = [
            Word(text, TimeSpan(place, place + 0.5), 1.0, estimated=text in unheard)
            for place, text in enumerate(said)
        ]
        text = " ".join(said)
        return run(text, seconds=9.0, odd=Odd({text: answer})).warnings

    def test_is_warned_of_once(self):
        (warning,) = self.warnings("one", "four")
        assert warning.startswith("2 of 5 words were not heard where they should be")
        assert "--ignore-times" in warning

    def test_is_not_warned_of_where_a_fifth_is_missing(self):
        assert self.warnings("one") == ()

    def test_does_not_count_what_cannot_be_heard(self):
        assert self.warnings("-", "?", also=("-", "?")) == ()
        (warning,) = self.warnings("one", "two", also=("-",) * 9)
        assert warning.startswith("2 of 5 words")

    def test_are_told_of_beside_the_reasons(self):
        reasons, misfit = run(FAR, odd=Odd(UNTIMED)).warnings
        assert reasons.startswith("word times are missing")
        assert misfit.startswith("2 of 4 words were not heard")

"""The diarization stage: counting, naming, refusing; with a diarizer that needs no engine."""

import threading
from dataclasses import replace

import pytest

from asrcore.domain.audio import Audio
from asrcore.domain.capabilities import DiarizerCapabilities
from asrcore.domain.diarization import Diarization, SpeakerCount, SpeakerTurn
from asrcore.domain.events import SpeakersSought
from asrcore.domain.recording import Recording
from asrcore.domain.request import Instructions
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import EngineError, UnsupportedError
from asrcore.ports.diarizer import unheard
from asrcore.testing import FakeDiarizer, RecordedProgress, tone
from asrcore.usecases.diarize import (
    SpeakerOptions,
    diarize,
    diarize_alone,
    find_speakers,
    refuse_speaker_options,
)
from asrcore.usecases.job import Job

ALICE, BOB, NEITHER = (1.0, 0.0), (0.0, 1.0), (0.5, 0.5)
SOUND = Audio(tone(4.0))


def turns(*told: tuple[str, float, float]) -> tuple[SpeakerTurn, ...]:
    return tuple(SpeakerTurn(TimeSpan(start, end), name) for name, start, end in told)


TALK = Diarization(
    turns(("z", 0.0, 2.0), ("a", 1.5, 3.0), ("z", 3.0, 4.0)),
    embeddings={"a": ALICE, "z": BOB},
)
"""z speaks first, and for longest; they overlap for half a second."""


def told(found: Diarization) -> list[tuple[str, float, float]]:
    return [(turn.speaker, turn.span.start, turn.span.end) for turn in found.turns]


def found_by(diarizer: FakeDiarizer, **wanted: object) -> Diarization:
    return find_speakers(diarizer, SOUND, SpeakerOptions(**wanted))


class Listening(FakeDiarizer):
    """Remembers whether voices were asked for."""

    def diarize(self, audio, speakers, *, embeddings=False, progress=unheard):
        self.voices = embeddings
        return super().diarize(audio, speakers, embeddings=embeddings, progress=progress)


class TestFinding:
    def test_speakers_are_numbered_as_they_appear_whatever_the_engine_calls_them(self) -> None:
        found = found_by(FakeDiarizer(TALK))
        assert told(found) == [
            ("SPEAKER_00", 0.0, 2.0),
            ("SPEAKER_01", 1.5, 3.0),
            ("SPEAKER_00", 3.0, 4.0),
        ]
        assert {turn.speaker for turn in found.exclusive} == {"SPEAKER_00", "SPEAKER_01"}

    def test_the_names_do_not_depend_on_those_of_the_engine(self) -> None:
        other = TALK.renamed({"z": "SPEAKER_01", "a": "SPEAKER_00"})
        assert found_by(FakeDiarizer(other)) == found_by(FakeDiarizer(TALK))

    def test_known_speakers_have_their_names_and_the_others_numbers_from_0(self) -> None:
        found = found_by(FakeDiarizer(TALK), known={"alice": ALICE}, similarity=0.9)
        assert [name for name, *_ in told(found)] == ["SPEAKER_00", "alice", "SPEAKER_00"]
        assert [turn.speaker for turn in found.exclusive].count("alice") == 1

    def test_a_known_speaker_who_is_not_there_names_nobody(self) -> None:
        found = found_by(FakeDiarizer(TALK), known={"carol": (-1.0, -1.0)}, similarity=0.5)
        assert found.speakers == ("SPEAKER_00", "SPEAKER_01")

    @pytest.mark.parametrize(
        ("similarity", "own", "speakers"),
        [
            (None, 0.9, ("SPEAKER_00",)),  # the cosine of the two is 0.71
            (None, 0.6, ("alice",)),
            (0.6, 0.9, ("alice",)),
            (0.9, 0.6, ("SPEAKER_00",)),
            (0.0, 0.9, ("alice",)),
        ],
    )
    def test_the_threshold_is_the_users_else_the_diarizers(
        self, similarity: float | None, own: float, speakers: tuple[str, ...]
    ) -> None:
        able = DiarizerCapabilities(embeddings=True, similarity=own)
        unsure = Diarization(turns(("z", 0.0, 1.0)), embeddings={"z": NEITHER})
        diarizer = FakeDiarizer(unsure, capabilities=able)
        found = found_by(diarizer, known={"alice": ALICE}, similarity=similarity)
        assert found.speakers == speakers

    @pytest.mark.parametrize(
        ("wanted", "asked", "kept"),
        [
            ({}, False, set()),
            ({"embeddings": True}, True, {"SPEAKER_00", "SPEAKER_01"}),
            ({"known": {"bob": BOB}}, True, set()),
            ({"known": {"bob": BOB}, "embeddings": True}, True, {"bob", "SPEAKER_00"}),
        ],
    )
    def test_voices_are_asked_for_where_they_are_needed_and_kept_where_they_are_wanted(
        self, wanted: dict, asked: bool, kept: set[str]
    ) -> None:
        diarizer = Listening(TALK)
        found = found_by(diarizer, **wanted)
        assert diarizer.voices is asked
        assert set(found.embeddings) == kept

    def test_a_kept_voice_goes_by_the_name_of_its_speaker(self) -> None:
        found = found_by(FakeDiarizer(TALK), known={"bob": BOB}, embeddings=True)
        assert found.embeddings == {"bob": BOB, "SPEAKER_00": ALICE}

    def test_nobody_is_found_where_nobody_speaks(self) -> None:
        found = found_by(FakeDiarizer(Diarization()), known={"bob": BOB}, embeddings=True)
        assert found == Diarization()

    def test_the_number_of_speakers_and_progress_reach_the_diarizer(self) -> None:
        diarizer, heard = FakeDiarizer(TALK), []
        options = SpeakerOptions(SpeakerCount(2, 3))
        find_speakers(diarizer, SOUND, options, heard.append)
        assert (diarizer.asked, heard) == ([SpeakerCount(2, 3)], [0.0, 1.0])


NOTHING = DiarizerCapabilities()
EVERYTHING = DiarizerCapabilities(speaker_count=True, embeddings=True)
WISHES = {
    "diarizer: the number of speakers": {"count": SpeakerCount(maximum=2)},
    "diarizer.embeddings": {"embeddings": True},
    "diarizer.speakers": {"known": {"bob": BOB}},
}


class TestRefusing:
    @pytest.mark.parametrize("wish", WISHES)
    def test_names_what_nobody_would_heed_and_what_to_do_where_there_is_no_diarizer(
        self, wish: str
    ) -> None:
        with pytest.raises(UnsupportedError) as caught:
            refuse_speaker_options(None, SpeakerOptions(**WISHES[wish]))
        assert caught.value.message == f"{wish}: nobody looks for speakers"
        assert caught.value.hint == "add --diarize, or set diarizer.backend"

    @pytest.mark.parametrize(
        ("wish", "able"),
        [
            *((wish, NOTHING) for wish in WISHES),
            ("diarizer: the number of speakers", DiarizerCapabilities(embeddings=True)),
            ("diarizer.embeddings", DiarizerCapabilities(speaker_count=True)),
            ("diarizer.speakers", DiarizerCapabilities(speaker_count=True)),
        ],
    )
    def test_names_what_this_diarizer_has_no_use_for(
        self, wish: str, able: DiarizerCapabilities
    ) -> None:
        diarizer = FakeDiarizer(TALK, capabilities=able)
        with pytest.raises(UnsupportedError) as caught:
            refuse_speaker_options(diarizer, SpeakerOptions(**WISHES[wish]))
        assert caught.value.message == f"{wish}: this diarizer has no use for it"
        assert caught.value.hint == "asr backends lists the others"
        assert diarizer.asked == []

    def test_is_not_done_where_nothing_is_wished_or_all_can_be_had(self) -> None:
        refuse_speaker_options(None, SpeakerOptions())
        refuse_speaker_options(FakeDiarizer(TALK, capabilities=NOTHING), SpeakerOptions())
        everything = {key: value for wish in WISHES.values() for key, value in wish.items()}
        able = FakeDiarizer(TALK, capabilities=EVERYTHING)
        refuse_speaker_options(able, SpeakerOptions(**everything))

    @pytest.mark.parametrize("bounds", [(1, None), (None, 1), (2, 2)])
    def test_any_bound_is_a_wish(self, bounds: tuple) -> None:
        with pytest.raises(UnsupportedError, match="the number of speakers"):
            refuse_speaker_options(None, SpeakerOptions(SpeakerCount(*bounds)))


def job_of(audio: Audio = SOUND) -> Job:
    return Job(Recording.of("a.wav"), Instructions(), audio)


@pytest.mark.parametrize("stage", [diarize, diarize_alone])
class TestTheStage:
    def test_finds_a_jobs_speakers_and_tells_how_long_it_took(self, stage) -> None:
        job = job_of()
        stage(FakeDiarizer(TALK), job, SpeakerOptions(), RecordedProgress())
        assert job.diarization.speakers == ("SPEAKER_00", "SPEAKER_01")
        assert set(job.timings) == {"diarize"}
        assert (job.error, job.warnings) == (None, [])

    def test_tells_how_far_it_is_of_which_recording_in_the_thread_of_the_diarizer(
        self, stage
    ) -> None:
        job, threads, progress = job_of(), [], RecordedProgress()

        def notify(event) -> None:
            threads.append(threading.get_ident())
            progress(event)

        stage(FakeDiarizer(TALK), job, SpeakerOptions(), notify)
        assert progress.events == [SpeakersSought(job.recording, done) for done in (0.0, 1.0)]
        assert set(threads) == {threading.get_ident()}

    @pytest.mark.parametrize(
        ("count", "warned"),
        [
            ((None, None), None),
            ((2, 2), None),
            ((1, 2), None),
            ((2, None), None),
            ((None, 2), None),
            ((3, 3), "3"),
            ((3, None), "at least 3"),
            ((None, 1), "at most 1"),
            ((3, 5), "at least 3 and at most 5"),
        ],
    )
    def test_warns_where_it_finds_another_number_than_the_users(
        self, stage, count: tuple, warned: str | None
    ) -> None:
        job = job_of()
        stage(FakeDiarizer(TALK), job, SpeakerOptions(SpeakerCount(*count)), RecordedProgress())
        expected = f"2 speakers were told apart, though there should be {warned}"
        assert job.warnings == ([expected] if warned else [])

    def test_warns_where_nobody_is_found_though_somebody_should(self, stage) -> None:
        job = job_of()
        wanted = SpeakerOptions(SpeakerCount(2, 2))
        stage(FakeDiarizer(Diarization()), job, wanted, RecordedProgress())
        assert job.diarization == Diarization()
        assert job.warnings == ["0 speakers were told apart, though there should be 2"]

    def test_a_failure_leaves_no_speakers_and_its_time_is_told(self, stage) -> None:
        job = job_of()
        stage(FakeDiarizer(TALK, EngineError("fell")), job, SpeakerOptions(), RecordedProgress())
        assert job.diarization is None
        assert set(job.timings) == {"diarize"}


@pytest.mark.parametrize(
    ("error", "words"), [(EngineError("fell"), "fell"), (KeyError("bug"), "KeyError: 'bug'")]
)
def test_beside_a_text_a_failure_is_a_warning(error: Exception, words: str) -> None:
    job = job_of()
    diarize(FakeDiarizer(TALK, error), job, SpeakerOptions(), RecordedProgress())
    assert (job.error, job.warnings) == (None, [f"speakers are missing: {words}"])


def test_alone_a_failure_is_the_jobs() -> None:
    job, error = job_of(), EngineError("fell")
    diarize_alone(FakeDiarizer(TALK, error), job, SpeakerOptions(), RecordedProgress())
    assert (job.error, job.warnings) == (error, [])
    job = job_of()
    diarize_alone(FakeDiarizer(TALK, KeyError("bug")), job, SpeakerOptions(), RecordedProgress())
    assert isinstance(job.error, EngineError)
    assert job.error.message == "a.wav: unexpected KeyError while diarizing it: 'bug'"
    assert isinstance(job.error.__cause__, KeyError)


def test_exclusive_turns_that_the_engine_gives_are_kept_and_renamed() -> None:
    own = replace(TALK, exclusive=turns(("z", 0.0, 1.75), ("a", 1.75, 3.0), ("z", 3.0, 4.0)))
    found = found_by(FakeDiarizer(own))
    assert [(turn.speaker, turn.span.end) for turn in found.exclusive] == [
        ("SPEAKER_00", 1.75),
        ("SPEAKER_01", 3.0),
        ("SPEAKER_00", 4.0),
    ]

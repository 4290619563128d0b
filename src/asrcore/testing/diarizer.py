"""What every diarizer promises."""

from __future__ import annotations

from itertools import pairwise

import pytest

from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.diarization import Diarization, SpeakerCount
from asrcore.ports.diarizer import Diarizer
from asrcore.testing.sound import silence, tone


class DiarizerContract:
    """Subclass it and give a `diarizer` fixture; override `conversation` where you have one."""

    @pytest.fixture
    def diarizer(self) -> Diarizer:
        """The backend under test."""
        raise NotImplementedError("give a `diarizer` fixture")

    @pytest.fixture
    def conversation(self) -> Audio:
        """A recording in which the backend hears somebody."""
        return Audio(tone(5.0))

    def test_turns_are_ordered_and_inside_the_recording(
        self, diarizer: Diarizer, conversation: Audio
    ) -> None:
        turns = diarizer.diarize(conversation, SpeakerCount()).turns
        assert turns
        assert list(turns) == sorted(turns)
        assert max(turn.span.end for turn in turns) <= conversation.duration + 1 / SAMPLE_RATE

    def test_exclusive_turns_are_one_at_a_time(
        self, diarizer: Diarizer, conversation: Audio
    ) -> None:
        found = diarizer.diarize(conversation, SpeakerCount())
        turns = found.exclusive
        assert {turn.speaker for turn in turns} <= set(found.speakers)
        assert all(one.span.end <= other.span.start for one, other in pairwise(turns))

    def test_the_same_sound_has_the_same_turns(
        self, diarizer: Diarizer, conversation: Audio
    ) -> None:
        first = diarizer.diarize(conversation, SpeakerCount())
        assert diarizer.diarize(conversation, SpeakerCount()) == first

    def test_heeds_the_number_of_speakers_if_it_says_so(
        self, diarizer: Diarizer, conversation: Audio
    ) -> None:
        if diarizer.capabilities.speaker_count:
            found = diarizer.diarize(conversation, SpeakerCount(1, 1))
            assert len(found.speakers) == 1

    def test_voices_come_when_asked_for_if_it_has_them(
        self, diarizer: Diarizer, conversation: Audio
    ) -> None:
        assert diarizer.diarize(conversation, SpeakerCount()).embeddings == {}
        if diarizer.capabilities.embeddings:
            found = diarizer.diarize(conversation, SpeakerCount(), embeddings=True)
            assert set(found.embeddings) <= set(found.speakers)
            assert found.main_speaker in found.embeddings
            assert len({len(voice) for voice in found.embeddings.values()}) == 1
            assert all(any(voice) for voice in found.embeddings.values())

    def test_progress_runs_from_nothing_to_all(
        self, diarizer: Diarizer, conversation: Audio
    ) -> None:
        heard: list[float] = []
        diarizer.diarize(conversation, SpeakerCount(), progress=heard.append)
        assert heard == sorted(heard)
        assert heard[-1] == 1.0
        assert heard[0] >= 0.0

    @pytest.mark.parametrize("seconds", [0.0, 1 / SAMPLE_RATE, 0.3, 4.0])
    def test_nobody_speaks_in_silence_of_any_length(
        self, diarizer: Diarizer, seconds: float
    ) -> None:
        found = diarizer.diarize(Audio(silence(seconds)), SpeakerCount(), embeddings=False)
        assert found == Diarization()

    def test_takes_sounds_that_are_too_short_to_tell(
        self, diarizer: Diarizer, conversation: Audio
    ) -> None:
        for seconds in (0.01, 0.3):
            short = Audio(conversation.samples[: round(seconds * SAMPLE_RATE)])
            for speakers in (SpeakerCount(), SpeakerCount(1, 1)):
                found = diarizer.diarize(short, speakers)
                assert all(turn.span.end <= seconds + 1 / SAMPLE_RATE for turn in found.turns)

"""What every diarizer promises."""

from __future__ import annotations

import pytest

from asrcore.domain.audio import Audio
from asrcore.domain.diarization import SpeakerCount
from asrcore.ports.diarizer import Diarizer
from asrcore.testing.sound import tone


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
        assert max(turn.span.end for turn in turns) <= conversation.duration + 0.1

    def test_heeds_the_number_of_speakers_if_it_says_so(
        self, diarizer: Diarizer, conversation: Audio
    ) -> None:
        if diarizer.capabilities.speaker_count:
            found = diarizer.diarize(conversation, SpeakerCount(1, 1))
            assert len(found.speakers) <= 1

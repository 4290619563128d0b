"""The fakes pass the contracts that they are shipped with."""

import pytest

from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.testing import (
    AlignerContract,
    DiarizerContract,
    FakeAligner,
    FakeDiarizer,
    FakeTranscriber,
    FakeVoiceActivityDetector,
    TranscriberContract,
    VoiceActivityContract,
)


class TestFakeTranscriber(TranscriberContract):
    @pytest.fixture
    def transcriber(self):
        return FakeTranscriber()


class TestFakeAligner(AlignerContract):
    @pytest.fixture
    def aligner(self):
        return FakeAligner()


class TestFakeDiarizer(DiarizerContract):
    @pytest.fixture
    def diarizer(self):
        return FakeDiarizer(Diarization((SpeakerTurn(TimeSpan(0.0, 1.0), "ann"),)))


class TestFakeVoiceActivityDetector(VoiceActivityContract):
    @pytest.fixture
    def detector(self):
        return FakeVoiceActivityDetector()

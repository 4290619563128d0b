"""The fakes pass the contracts that they are shipped with."""

import subprocess
import sys

import pytest

import asrcore.testing
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


def test_the_fakes_need_no_pytest():
    code = (
        "import sys; sys.modules['pytest'] = None\n"
        "from asrcore.testing import FakeTranscriber, tone\n"
        "from asrcore import Engine\n"
        "print(Engine(transcriber=FakeTranscriber('hi')).transcribe(tone(1.0), "
        "speech=[(0.0, 1.0)]).text)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "hi\n"


def test_names_that_are_not_there_are_refused():
    with pytest.raises(AttributeError, match="FakeEngine"):
        asrcore.testing.FakeEngine  # noqa: B018

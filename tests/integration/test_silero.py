"""The voice activity detector on real speech, and against the truth of a meeting."""

import numpy as np
import pytest

from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.timespan import TimeSpan
from asrcore.plugin import Placement
from asrcore.testing import PluginContract, VoiceActivityContract, silence
from asrcore_adapters.silero import PLUGIN, SileroOptions, detector
from asrcore_adapters.silero.detector import SileroDetector

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def silero():
    return SileroDetector(SileroOptions(), Placement())


class TestContract(VoiceActivityContract):
    @pytest.fixture
    def detector(self, silero):
        return silero

    @pytest.fixture
    def speech(self, jfk):
        return jfk.samples


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return PLUGIN

    @pytest.fixture
    def reference(self):
        return "asrcore_adapters.silero:PLUGIN"


def test_silence_and_noise_are_not_speech(silero):
    noise = np.random.default_rng(0).normal(0, 0.02, 10 * SAMPLE_RATE).astype(np.float32)
    assert silero.detect(Audio(silence(10.0))) == ()
    assert silero.detect(Audio(noise)) == ()


def test_speech_between_silences_is_found_where_it_is(silero, jfk):
    """The first word sounds at 0.3 s, the last ends at 10.4 s; padding adds 0.4 s."""
    samples = np.concatenate([silence(5.0), jfk.samples, silence(5.0)])
    spans = silero.detect(Audio(samples))
    assert spans[0].start == pytest.approx(5.3 - 0.4, abs=0.3)
    assert spans[-1].end == pytest.approx(15.4 + 0.4, abs=0.4)


def test_hardly_any_word_of_a_meeting_is_missed(silero, meeting):
    sentences = meeting.truth["segments"]
    words = [TimeSpan(word["start"], word["end"]) for each in sentences for word in each["words"]]
    spans = silero.detect(Audio(meeting.samples))
    heard = [sum(word.overlap(span) for span in spans) / word.duration for word in words]
    missed = sum(share < 0.5 for share in heard)
    print(f"{missed} of {len(words)} words missed")
    assert missed <= 0.005 * len(words)
    assert sum(span.duration for span in spans) < len(meeting.samples) / SAMPLE_RATE


def test_a_long_recording_is_heard_in_blocks_without_a_seam(silero, meeting, monkeypatch):
    audio = Audio(meeting.samples)
    whole = silero.detect(audio)
    monkeypatch.setattr(detector, "BLOCK", 10 * SAMPLE_RATE // detector.FRAME * detector.FRAME)
    in_blocks = silero.detect(audio)
    assert len(in_blocks) == pytest.approx(len(whole), abs=1)
    together = sum(a.overlap(b) for a in whole for b in in_blocks)
    assert together == pytest.approx(sum(span.duration for span in whole), rel=0.01)


def test_its_thresholds_are_settings(jfk):
    audio = Audio(jfk.samples)

    def speech(**options):
        found = SileroDetector(SileroOptions(**options), Placement()).detect(audio)
        return sum(span.duration for span in found), len(found)

    usual = speech()
    assert speech(onset=0.98, offset=0.97) < usual
    assert speech(pad=0.0) < usual
    assert speech(min_silence=5.0)[1] == 1
    assert speech(min_speech=20.0) == (0, 0)

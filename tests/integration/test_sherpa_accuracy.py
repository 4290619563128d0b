"""How well the sherpa-onnx diarizer tells the speakers of meetings apart."""

import numpy as np
import pytest

from asrcore.domain.annotation import Annotation
from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.diarization import Diarization, SpeakerCount, SpeakerTurn
from asrcore.domain.scoring.measures import pool
from asrcore.domain.timespan import TimeSpan
from asrcore.plugin import Placement
from asrcore.testing import DiarizerContract
from asrcore_adapters.metrics import SpeakerOptions
from asrcore_adapters.metrics.speakers import SpeakerErrors
from asrcore_adapters.sherpa import SherpaOptions
from asrcore_adapters.sherpa.diarizer import SherpaDiarizer
from tests.integration.conftest import SETS, Clip

PARTS = {"two-apart": None, "four-lively": 90}
"""Seconds of a meeting that are heard; None is all of it.

Of the first 60 s of four-lively only three of four were found, with a DER of 0.31: told the number
of speakers, sherpa may still give one of them no turn.
"""

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def sherpa(nano_speakers_onnx):
    diarizer = SherpaDiarizer(SherpaOptions(**nano_speakers_onnx), Placement())
    yield diarizer
    diarizer.close()


def spoken(clip, seconds):
    """The truth of the first seconds of a meeting: a turn a sentence."""
    return Diarization(
        tuple(
            SpeakerTurn(TimeSpan(each["start"], min(each["end"], seconds)), each["speaker"])
            for each in clip.truth["segments"]
            if each["start"] < seconds
        )
    )


def error(truth, found):
    scorer = SpeakerErrors(SpeakerOptions(), Placement())
    return scorer.measure(Annotation(turns=truth), Annotation(turns=found))["der"]


class TestContract(DiarizerContract):
    @pytest.fixture
    def diarizer(self, sherpa):
        return sherpa

    @pytest.fixture
    def conversation(self, meeting):
        return Audio(meeting.samples[: 40 * SAMPLE_RATE])


def test_speakers_of_a_known_number_are_told_apart(sherpa):
    rates = []
    for name, seconds in PARTS.items():
        clip = Clip.of(SETS / "meetings" / f"{name}.json")
        audio = Audio(clip.samples[: seconds and seconds * SAMPLE_RATE])
        truth = spoken(clip, audio.duration)
        count = len(truth.speakers)
        found = sherpa.diarize(audio, SpeakerCount(count, count))
        rates.append(error(truth, found))
        print(f"{name}: DER {rates[-1].value:.3f}, {len(found.speakers)} of {count}")
    assert pool(rates).value < 0.1


def test_the_threshold_finds_out_how_many_speak(sherpa, meeting):
    audio = Audio(meeting.samples)
    found = sherpa.diarize(audio, SpeakerCount())
    rate = error(spoken(meeting, audio.duration), found).value
    print(f"DER {rate:.3f}")
    assert len(found.speakers) == 2
    assert rate < 0.12


def test_a_voice_is_the_same_in_both_halves_of_a_meeting(sherpa, meeting):
    samples = meeting.samples
    halves = np.array_split(samples, 2)
    first, second = (
        sherpa.diarize(Audio(half), SpeakerCount(2, 2), embeddings=True).embeddings
        for half in halves
    )
    alike = np.array(list(first.values())) @ np.array(list(second.values())).T
    same, other = sorted((alike.trace(), alike[::-1].trace()), reverse=True)
    print(f"the same voice {same / 2:.2f}, another {other / 2:.2f}")
    assert same > other + 0.4


def test_more_than_there_are_do_not_become_one(sherpa, meeting):
    found = sherpa.diarize(Audio(meeting.samples[: 30 * SAMPLE_RATE]), SpeakerCount(50, 50))
    assert len(found.speakers) >= 2

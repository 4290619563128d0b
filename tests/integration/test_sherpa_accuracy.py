"""How well the sherpa-onnx diarizer tells the speakers of whole meetings apart."""

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

MEETINGS = ("two-apart", "four-lively")

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def sherpa(nano_speakers_onnx):
    diarizer = SherpaDiarizer(SherpaOptions(**nano_speakers_onnx), Placement())
    yield diarizer
    diarizer.close()


def spoken(clip):
    """The truth of a meeting: a turn a sentence."""
    return Diarization(
        tuple(
            SpeakerTurn(TimeSpan(each["start"], each["end"]), each["speaker"])
            for each in clip.truth["segments"]
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
    for clip in (Clip.of(SETS / "meetings" / f"{name}.json") for name in MEETINGS):
        truth = spoken(clip)
        count = len(truth.speakers)
        found = sherpa.diarize(Audio(clip.samples), SpeakerCount(count, count))
        rates.append(error(truth, found))
        print(f"{clip.path.stem}: DER {rates[-1].value:.3f}, {len(found.speakers)} of {count}")
    assert pool(rates).value < 0.1


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

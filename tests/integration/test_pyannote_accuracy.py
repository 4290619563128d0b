"""The pyannote backend with the small trained models: who speaks when in talk it never heard."""

from pathlib import Path

import numpy as np
import pytest

from asrcore.domain.audio import Audio
from asrcore.domain.diarization import Diarization, SpeakerCount, SpeakerTurn
from asrcore.plugin import Placement
from asrcore.testing import DiarizerContract
from asrcore_adapters.pyannote import PyannoteOptions
from asrcore_adapters.pyannote.diarizer import PyannoteDiarizer
from tests.integration.conftest import SETS, Clip, read

pytestmark = pytest.mark.integration

NANO = Path(__file__).parents[2] / "models" / "nano-speakers"
MOST = {
    "two-noisy": 0.08,
    "three-on-the-line": 0.07,
    "four-in-babble": 0.09,
}
"""Recording -> the diarization error rate, overlaps and edges included, that is too much."""


@pytest.fixture(scope="module")
def trained() -> PyannoteDiarizer:
    """With half of the windows, for the time's sake."""
    options = PyannoteOptions(model=str(NANO), segmentation_step=0.2, threads=1)
    return PyannoteDiarizer(options, Placement())


@pytest.fixture(scope="module")
def found(trained) -> dict[str, Diarization]:
    """What is heard in each recording, the number of speakers unknown."""
    return {name: trained.diarize(sound(name), SpeakerCount(), embeddings=True) for name in MOST}


def clip(name: str) -> Clip:
    return Clip.of(SETS / "meetings" / f"{name}.json")


def sound(name: str) -> Audio:
    return read(clip(name).path)


def error_rate(name: str, turns: tuple[SpeakerTurn, ...]) -> float:
    from pyannote.core import Annotation, Segment
    from pyannote.metrics.diarization import DiarizationErrorRate

    truth, told = Annotation(), Annotation()
    for i, segment in enumerate(clip(name).truth["segments"]):
        truth[Segment(segment["start"], segment["end"]), i] = segment["speaker"]
    for i, turn in enumerate(turns):
        told[Segment(turn.span.start, turn.span.end), i] = turn.speaker
    return float(DiarizationErrorRate()(truth, told, uem=truth.get_timeline().extent()))


class TestTrained(DiarizerContract):
    @pytest.fixture
    def diarizer(self, trained):
        return trained

    @pytest.fixture
    def conversation(self, meeting):
        return Audio(meeting.samples[: 30 * 16000])


@pytest.mark.filterwarnings("ignore::UserWarning")  # of pyannote.metrics
@pytest.mark.parametrize("name", MOST)
def test_who_speaks_when(found, name):
    assert len(found[name].speakers) == len(clip(name).voices)
    assert error_rate(name, found[name].turns) < MOST[name]
    assert error_rate(name, found[name].exclusive) < MOST[name] + 0.02


@pytest.mark.parametrize("count", [SpeakerCount(1, 1), SpeakerCount(None, 2)])
def test_a_known_number_of_speakers_is_heeded(trained, count):
    found = trained.diarize(sound("three-on-the-line"), count)
    assert len(found.speakers) == count.maximum


def test_a_voice_is_known_again_in_another_part(trained):
    samples = sound("two-apart").samples
    halves = [
        trained.diarize(Audio(part), SpeakerCount(), embeddings=True).numbered().embeddings
        for part in np.array_split(samples, 2)
    ]
    least = trained.capabilities.similarity
    alike = [[cosine(one, other) for other in halves[1].values()] for one in halves[0].values()]
    assert sorted(sum(each >= least for each in row) for row in alike) == [1, 1]


def cosine(one, other) -> float:
    return float(np.dot(one, other) / np.linalg.norm(one) / np.linalg.norm(other))

"""The fakes pass the contracts that they are shipped with."""

import subprocess
import sys

import pytest

import asrcore.testing
from asrcore.domain.alignment.greedy import greedy_words
from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.request import AlignRequest
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.testing import (
    AlignerContract,
    DiarizerContract,
    EmissionModelContract,
    FakeAligner,
    FakeDiarizer,
    FakeEmissionModel,
    FakeModelConverter,
    FakeSentenceSplitter,
    FakeTranscriber,
    FakeVoiceActivityDetector,
    ModelConverterContract,
    SentenceSplitterContract,
    TranscriberContract,
    VoiceActivityContract,
    spelled,
    tone,
)
from asrcore.usecases.ctc_aligner import CtcAligner


def said(text, start, end):
    return Word(text, TimeSpan(start, end))


def first_second(audio):
    """Ann speaks for a second, at most, wherever there is any sound."""
    if not audio.samples.any():
        return Diarization()
    turn = SpeakerTurn(TimeSpan(0.0, min(1.0, audio.duration)), "ann")
    return Diarization((turn,), embeddings={"ann": (0.6, 0.8)})


class TestFakeTranscriber(TranscriberContract):
    @pytest.fixture
    def transcriber(self):
        return FakeTranscriber()


class TestFakeAligner(AlignerContract):
    @pytest.fixture
    def aligner(self):
        return FakeAligner()


class TestFakeEmissionModel(EmissionModelContract):
    @pytest.fixture
    def emission_model(self):
        return FakeEmissionModel()

    @pytest.fixture
    def language(self):
        return None


class TestCtcAligner(AlignerContract):
    """The core's own aligner, whatever model it is made of."""

    @pytest.fixture
    def aligner(self):
        return CtcAligner(FakeEmissionModel())

    @pytest.fixture
    def spoken(self):
        words = [said("one", 0.2, 0.5), said("two", 0.7, 1.0), said("three", 1.0, 1.6)]
        return spelled(words, 2.0), "one two three"


class TestFakeSentenceSplitter(SentenceSplitterContract):
    @pytest.fixture
    def splitter(self):
        return FakeSentenceSplitter()


class TestFakeDiarizer(DiarizerContract):
    @pytest.fixture
    def diarizer(self):
        return FakeDiarizer(first_second)


class TestFakeModelConverter(ModelConverterContract):
    @pytest.fixture
    def converter(self):
        return FakeModelConverter()

    @pytest.fixture
    def checkpoint(self, tmp_path):
        folder = tmp_path / "checkpoint"
        folder.mkdir()
        (folder / "checkpoint.txt").write_text("hello")
        return folder


class TestFakeVoiceActivityDetector(VoiceActivityContract):
    @pytest.fixture
    def detector(self):
        return FakeVoiceActivityDetector()


@pytest.mark.parametrize("lag", [-0.06, 0.0, 0.04])
def test_the_fake_emission_model_hears_what_is_spelled_to_it_as_late_as_told(lag):
    words = [said("cool", 0.2, 0.5), said("zoo", 0.6, 0.8), said("a", 1.0, 1.2)]
    model = FakeEmissionModel(lag=lag)
    ((_, emissions),) = model.emissions([spelled(words, 1.6)], "en")
    heard = greedy_words(emissions, model.alphabet("en"))
    assert [word.text for word in heard] == ["cool", "zoo", "a"]
    starts = [word.span.start for word in heard]
    assert starts == pytest.approx([0.2 + lag, 0.6 + lag, 1.0 + lag])
    assert model.asked == [("en", [1.6])]


def test_the_fake_aligner_tells_characters_only_where_it_can_and_is_asked():
    able, unable = FakeAligner(capabilities=AlignerCapabilities(characters=True)), FakeAligner()
    for aligner, wanted, told in [(able, True, 2), (able, False, 0), (unable, True, 0)]:
        ((words,),) = aligner.align([AlignRequest(tone(1.0), ("hi",), characters=wanted)])
        assert [len(word.characters) for word in words] == [told]


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

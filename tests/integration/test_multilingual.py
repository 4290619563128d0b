"""Languages and translation in the real engine, on a model of random weights.

What such a model says is noise; which tokens it is asked with, and what it may not be asked, are
the same as with any multilingual Whisper.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from asrcore import Engine, TimeSpan
from asrcore.domain.request import ChunkRequest, Instructions
from asrcore.errors import UnsupportedError
from asrcore.plugin import Placement
from asrcore.testing import TranscriberContract, tone
from asrcore_adapters.faster_whisper import FasterWhisperOptions
from asrcore_adapters.faster_whisper.transcriber import FasterWhisperTranscriber
from tests.integration.conftest import convert

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent
OPTIONS = {
    "temperatures": [0.0],
    "max_new_tokens": 8,
    "log_prob_threshold": "off",
    "no_speech_threshold": "off",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("polyglot")
    english = HERE.parents[1] / "models" / "nano-whisper"
    made, converted = folder / "made", folder / "converted"
    command = [sys.executable, HERE / "make_polyglot.py", english, made]
    subprocess.run(command, check=True, capture_output=True)
    convert(made, "ctranslate2", "float32", converted)
    return converted


@pytest.fixture(scope="module")
def polyglot(model):
    options = FasterWhisperOptions.model_validate({"model": str(model), **OPTIONS})
    transcriber = FasterWhisperTranscriber(options, Placement("cpu", "float32"))
    yield transcriber
    transcriber.close()


class TestContract(TranscriberContract):
    @pytest.fixture
    def transcriber(self, polyglot):
        return polyglot


def prompt(transcriber, *, spoken, **instructions) -> str:
    asked = Instructions(**instructions)
    tokens = transcriber._vocabulary.prompt(asked, spoken)
    return transcriber._whisper.hf_tokenizer.decode(tokens, skip_special_tokens=False)


def test_language_and_task_are_asked_for_by_their_tokens(polyglot):
    assert prompt(polyglot, spoken="de") == "<|startoftranscript|><|de|><|transcribe|>"
    assert prompt(polyglot, spoken="ja", task="translate", timestamps=False) == (
        "<|startoftranscript|><|ja|><|translate|><|notimestamps|>"
    )
    assert prompt(polyglot, spoken="fr", prompt="Bonjour", hotwords="Ada") == (
        "<|startofprev|> Ada Bonjour<|startoftranscript|><|fr|><|transcribe|>"
    )


def test_it_knows_the_languages_that_its_vocabulary_has(polyglot):
    known = polyglot.capabilities.languages
    assert {"en", "de", "zh"} <= known
    assert "yue" not in known, "which needs a token that only large-v3 has"


def test_an_unknown_language_is_taken_from_the_detection(polyglot):
    sounds = [tone(2.0), tone(1.0, frequency=3000.0)]
    detected = [next(iter(each.items())) for each in polyglot.detect_languages(sounds)]
    results = polyglot.transcribe([ChunkRequest(samples) for samples in sounds])
    assert [(each.language, each.language_probability) for each in results] == detected
    assert all(segment.language == detected[0][0] for segment in results[0].segments)


def test_chunks_of_different_languages_share_a_batch(polyglot):
    asked = [Instructions("de"), Instructions(None), Instructions("ja", "translate")]
    results = polyglot.transcribe([ChunkRequest(tone(2.0), each) for each in asked])
    assert [results[0].language, results[2].language] == ["de", "ja"]
    assert results[1].language_probability is not None


def settings(model, **transcriber):
    options = {"model": str(model), **OPTIONS}
    return {
        "transcriber": {"backend": "faster-whisper", "options": options, **transcriber},
        "vad": {"backend": "none"},
    }


def test_a_recording_has_one_language_and_the_probability_of_it(model):
    with Engine(settings(model)) as engine:
        transcript = engine.transcribe(tone(3.0))
    assert transcript.language is not None
    assert 0 < transcript.language_probability < 1


def test_a_multilingual_recording_has_one_a_chunk(model):
    with Engine(settings(model, multilingual=True)) as engine:
        spans = [TimeSpan(0, 1), TimeSpan(1, 3)]
        transcript = engine.transcribe(tone(3.0), speech=spans)
    assert transcript.language_probability is None
    assert all(segment.language for segment in transcript.segments)


def test_a_language_that_no_model_knows_is_refused(model):
    with (
        Engine(settings(model, language="klingon")) as engine,
        pytest.raises(UnsupportedError, match="klingon"),
    ):
        engine.transcribe(tone(1.0))

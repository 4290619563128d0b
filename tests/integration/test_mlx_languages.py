"""Languages and translation in the MLX transcriber, on models of random weights.

What such a model says is noise; what it is asked, and how it answers, is as with any other.
"""

import numpy as np
import pytest

pytest.importorskip("mlx_whisper")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

import mlx.core as mx  # noqa: E402 - behind what skips

from asrcore.domain.request import ChunkRequest, Instructions  # noqa: E402
from asrcore.plugin import Placement  # noqa: E402
from asrcore.testing import TranscriberContract, tone  # noqa: E402
from asrcore_adapters.mlx import MLXOptions  # noqa: E402
from asrcore_adapters.mlx.engine import EncodedBatch  # noqa: E402
from asrcore_adapters.mlx.transcriber import MLXTranscriber  # noqa: E402
from tests.integration.plain_whisper import saved, tiny_whisper  # noqa: E402

OPTIONS = {
    "beam_size": 1,
    "temperatures": [0.0],
    "max_new_tokens": 8,
    "log_prob_threshold": "off",
    "no_speech_threshold": "off",
}


def build(folder, vocabulary, mels=80):
    with mx.stream(mx.cpu):
        saved(tiny_whisper(vocabulary=vocabulary, mels=mels, width=32), folder)
    options = MLXOptions.model_validate({"model": str(folder), **OPTIONS})
    return MLXTranscriber(options, Placement("cpu", "float32"))


@pytest.fixture(scope="module")
def polyglot(tmp_path_factory):
    transcriber = build(tmp_path_factory.mktemp("polyglot"), 51865)
    yield transcriber
    transcriber.close()


@pytest.fixture(scope="module")
def with_cantonese(tmp_path_factory):
    """As large-v3 is: a language more, and 128 bands."""
    transcriber = build(tmp_path_factory.mktemp("cantonese"), 51866, mels=128)
    yield transcriber
    transcriber.close()


@pytest.fixture
def asked(monkeypatch):
    """The prompts that decoders are given."""
    prompts, generate = [], EncodedBatch.generate

    def watching(batch, rows, given, temperature):
        prompts.extend(given)
        return generate(batch, rows, given, temperature)

    monkeypatch.setattr(EncodedBatch, "generate", watching)
    return prompts


class TestContract(TranscriberContract):
    @pytest.fixture
    def transcriber(self, polyglot):
        return polyglot


def written(transcriber, tokens) -> str:
    return transcriber._vocabulary.plain.encoding.decode(tokens)


def test_each_row_is_asked_in_its_language_for_its_task(polyglot, asked):
    wishes = [
        Instructions("de"),
        Instructions("ja", "translate", timestamps=False),
        Instructions("fr", prompt="Bonjour", hotwords="Ada"),
    ]
    results = polyglot.transcribe([ChunkRequest(tone(1.0), each) for each in wishes])
    assert [written(polyglot, prompt) for prompt in asked] == [
        "<|startoftranscript|><|de|><|transcribe|>",
        "<|startoftranscript|><|ja|><|translate|><|notimestamps|>",
        "<|startofprev|> Ada Bonjour<|startoftranscript|><|fr|><|transcribe|>",
    ]
    assert [each.language for each in results] == ["de", "ja", "fr"]
    assert {each.language_probability for each in results} == {None}


def test_markers_are_where_a_model_with_a_language_more_has_them(with_cantonese, asked):
    wish = Instructions("yue", "translate", timestamps=False, prompt="x")
    with_cantonese.transcribe([ChunkRequest(tone(1.0), wish)])
    _, _, *start = asked[0]
    assert asked[0][0] == 50362
    assert start == [50258, 50358, 50359, 50364]


def test_special_tokens_in_a_prompt_are_text(polyglot, asked):
    wish = Instructions("en", prompt="<|endoftext|>", hotwords="<|de|>")
    polyglot.transcribe([ChunkRequest(tone(1.0), wish)])
    (prompt,) = asked
    assert written(polyglot, prompt).startswith("<|startofprev|> <|de|> <|endoftext|><|start")
    assert max(prompt[1:-3]) < polyglot._vocabulary.plain.eot


def test_an_unknown_language_is_detected_for_each_chunk(polyglot, asked, monkeypatch):
    sounds = [tone(0.9), tone(0.5, frequency=3000.0), tone(0.7)]
    detected = [next(iter(each.items())) for each in polyglot.detect_languages(sounds)]
    assert detected[0] != detected[1]
    rows, languages = [], EncodedBatch.languages
    monkeypatch.setattr(
        EncodedBatch,
        "languages",
        lambda batch, which: rows.append(list(which)) or languages(batch, which),
    )
    wishes = [Instructions(), Instructions(), Instructions("de")]
    requests = [ChunkRequest(each, wish) for each, wish in zip(sounds, wishes, strict=True)]
    results = polyglot.transcribe(requests)
    found = [(each.language, each.language_probability) for each in results]
    assert [code for code, _ in found] == [detected[0][0], detected[1][0], "de"]
    assert [each for _, each in found[:2]] == pytest.approx([each for _, each in detected[:2]])
    assert rows == [[0, 1]], "only where it is asked for"
    for (code, _), prompt in zip(found, asked, strict=True):
        assert f"<|{code}|>" in written(polyglot, prompt)


def test_detection_gives_what_the_model_gives_its_language_tokens(with_cantonese):
    (found,) = with_cantonese.detect_languages([tone(1.0)])
    assert len(found) == 100
    values = list(found.values())
    assert sum(values) == pytest.approx(1, abs=1e-4)
    assert values == sorted(values, reverse=True)
    heard = with_cantonese._engine.hear([tone(1.0)])[0]
    with mx.stream(mx.cpu):
        same = tiny_whisper(vocabulary=51866, mels=128, width=32)
        scores = same.logits(mx.array([[50258]]), heard[None])[0, 0, 50259:50359]
        expected = np.array(mx.softmax(scores))
    ours = [found[code] for code in with_cantonese._vocabulary.languages()]
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_a_model_knows_its_languages(polyglot, with_cantonese):
    for transcriber, count, cantonese in ((polyglot, 99, False), (with_cantonese, 100, True)):
        able = transcriber.capabilities
        assert len(able.languages) == count
        assert ("yue" in able.languages) == cantonese
        assert able.tasks == {"transcribe", "translate"}
        assert able.detects_language
        assert transcriber.attention.capabilities.languages == able.languages

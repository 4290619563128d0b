"""The MLX transcriber on the small Whisper, on the CPU that MLX has everywhere.

The model hears 3 s at once here, which it does as well, and in a tenth of the time; and what it
makes of noise is not written to its end.
"""

from dataclasses import replace

import numpy as np
import pytest

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.request import ChunkRequest, Instructions
from asrcore.domain.whisper.judging import compression_ratio
from asrcore.plugin import Placement
from asrcore.testing import PluginContract, TranscriberContract
from asrcore_adapters.mlx import PLUGIN, MLXOptions

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

pytest.importorskip("mlx_whisper")

import mlx.core as mx  # noqa: E402 - behind what skips
from mlx_whisper.decoding import DecodingOptions, decode  # noqa: E402
from mlx_whisper.load_models import load_model  # noqa: E402

from asrcore_adapters.mlx.engine import EncodedBatch  # noqa: E402
from asrcore_adapters.mlx.transcriber import MLXTranscriber  # noqa: E402
from tests.integration.plain_whisper import of_seconds  # noqa: E402

CPU = Placement("cpu", "float32")
SECONDS = 3.0


@pytest.fixture(scope="module")
def model(nano_whisper_mlx, tmp_path_factory):
    return of_seconds(SECONDS, nano_whisper_mlx, tmp_path_factory.mktemp("glimpse"))


@pytest.fixture(scope="module")
def build(model):
    made = []

    def make(**options) -> MLXTranscriber:
        checked = MLXOptions.model_validate({"model": str(model), "max_new_tokens": 16, **options})
        made.append(MLXTranscriber(checked, CPU))
        return made[-1]

    yield make
    for transcriber in made:
        transcriber.close()


@pytest.fixture(scope="module")
def greedy(build):
    return build(beam_size=1, temperatures=[0.0])


@pytest.fixture(scope="module")
def spoken(clips):
    """Sentences that are shorter than what the model hears at once."""
    return [clip for clip in clips if len(clip.samples) < SECONDS * SAMPLE_RATE][:4]


@pytest.fixture(scope="module")
def heard(greedy, spoken):
    """What the encoder hears in each."""
    return greedy._engine.hear([clip.samples for clip in spoken])


@pytest.fixture(scope="module")
def hard(greedy, hard_sounds):
    """What it hears in noise."""
    most = int(SECONDS * SAMPLE_RATE)
    return greedy._engine.hear([samples[:most] for samples in hard_sounds[:3]])


def generated(transcriber, heard, temperature=0.0, **instructions):
    """What is written of what was heard: the encoder, which takes its time, has had its turn."""
    engine = transcriber._engine
    prompt = engine.prompt(Instructions(**instructions), "en")
    batch = EncodedBatch(engine, heard)
    return batch.generate(range(len(heard)), [prompt] * len(heard), temperature)


def tokens(transcriber, heard, temperature=0.0, **instructions):
    return [each.tokens for each in generated(transcriber, heard, temperature, **instructions)]


def texts(result) -> list[str]:
    return [segment.text for segment in result.segments]


class TestContract(TranscriberContract):
    @pytest.fixture
    def transcriber(self, greedy):
        return greedy

    @pytest.fixture
    def speech(self, spoken):
        return spoken[1].samples


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return PLUGIN

    @pytest.fixture
    def reference(self):
        return "asrcore_adapters.mlx:PLUGIN"


@pytest.mark.parametrize(("beams", "temperature"), [(1, 0.0), (3, 0.0), (1, 0.8)])
def test_a_batch_says_what_its_rows_say_alone(build, heard, beams, temperature):
    """Rows of different lengths, prompts and wishes: they end at different steps, too."""
    engine = build(beam_size=beams, best_of=2)._engine
    wishes = [
        Instructions(timestamps=index % 2 == 0, prompt=[None, "I see.", "Well, well."][index % 3])
        for index in range(len(heard))
    ]
    prompts = [engine.prompt(each, "en") for each in wishes]
    together = engine.generate(heard, prompts, temperature)
    for sound, prompt, found in zip(heard, prompts, together, strict=True):
        (alone,) = engine.generate([sound], [prompt], temperature)
        assert found.tokens == alone.tokens
        assert found.avg_logprob == pytest.approx(alone.avg_logprob, abs=1e-3)
    assert len({len(found.tokens) for found in together}) > 2


def test_it_writes_and_measures_what_mlx_whisper_does(greedy, model, heard):
    theirs = load_model(str(model), mx.float32)
    options = DecodingOptions(language="en", fp16=False, without_timestamps=True, sample_len=16)
    with mx.stream(mx.cpu):
        expected = decode(theirs, mx.stack(heard), options)
    for found, other in zip(generated(greedy, heard, timestamps=False), expected, strict=True):
        assert list(found.tokens) == other.tokens
        # It leaves some probability to timestamps where none are wanted.
        assert 0 <= found.avg_logprob - other.avg_logprob < 0.01
        assert found.no_speech_prob == pytest.approx(other.no_speech_prob, abs=1e-4)
        ratio = compression_ratio(greedy._engine.text(found.tokens).strip())
        assert ratio == pytest.approx(other.compression_ratio)


def test_segments_are_timed_where_the_speech_is_and_carry_its_measures(greedy, spoken):
    clip = spoken[0]
    (said,) = clip.truth["segments"]
    (result,) = greedy.transcribe([ChunkRequest(clip.samples)])
    (segment,) = result.segments
    assert segment.text == clip.text
    assert segment.span.start == pytest.approx(said["start"], abs=0.1)
    assert segment.span.end == pytest.approx(said["end"], abs=0.1)
    assert -0.5 < segment.avg_logprob < 0.0
    assert 0.0 <= segment.no_speech_prob < 0.1
    assert segment.compression_ratio == pytest.approx(compression_ratio(segment.text))
    assert (segment.temperature, segment.language, result.language) == (0.0, "en", "en")


def test_only_rows_that_failed_are_decoded_again(build, greedy, spoken, hard_sounds, monkeypatch):
    easy, noisy = (ChunkRequest(each) for each in (spoken[0].samples, hard_sounds[0][:48_000]))
    means = [each.segments[0].avg_logprob for each in greedy.transcribe([easy, noisy])]
    options = {"log_prob_threshold": sum(means) / 2, "no_speech_threshold": "off"}
    sceptic = build(temperatures=[0.0, 0.9], beam_size=1, best_of=1, **options)
    sizes, generate = [], EncodedBatch.generate

    def counted(batch, rows, prompts, temperature):
        sizes.append((temperature, list(rows)))
        return generate(batch, rows, prompts, temperature)

    monkeypatch.setattr(EncodedBatch, "generate", counted)
    first, second, third = sceptic.transcribe([easy, noisy, easy])
    assert sizes[:2] == [(0.0, [0, 1, 2]), (0.9, [1])]
    assert texts(first) == texts(third) == [spoken[0].text]
    assert {segment.temperature for segment in first.segments} == {0.0}
    assert second.segments


@pytest.mark.parametrize("threshold", ["log_prob_threshold", "compression_ratio_threshold"])
def test_a_result_that_fails_is_drawn_again_and_says_so(build, spoken, threshold):
    never = {"log_prob_threshold": 0.0, "compression_ratio_threshold": 0.1}[threshold]
    options = {"beam_size": 1, "best_of": 1, "temperatures": [0.0, 0.1]}
    strict = build(**options, **{threshold: never})
    used, generate = [], strict._engine.generate
    strict._engine.generate = lambda *given: used.append(given[-1]) or generate(*given)
    (result,) = strict.transcribe([ChunkRequest(spoken[0].samples)])
    assert used[:2] == [0.0, 0.1]
    assert result.segments, "where all attempts fail, the likeliest is kept"


def test_what_counts_as_silence_gives_no_text(build, spoken):
    deaf = build(no_speech_threshold=0.0, log_prob_threshold=0.0, beam_size=1)
    assert deaf.transcribe([ChunkRequest(spoken[0].samples)])[0].segments == ()


def test_a_beam_finds_likelier_texts(build, greedy, hard):
    """In sum, not in the mean of each token, by which the found are compared in the end."""

    def total(found):
        return sum(each.avg_logprob * (len(each.tokens) + 1) for each in found)

    wide = generated(build(beam_size=3, length_penalty=0.0), hard)
    assert total(wide) > total(generated(greedy, hard))


def test_a_prompt_and_hotwords_reach_the_decoder(greedy, hard):
    plain = tokens(greedy, hard)
    assert tokens(greedy, hard, prompt="The quarterly results are in, sir.") != plain
    assert tokens(greedy, hard, hotwords="Houston telemetry") != plain


def test_suppressed_tokens_never_appear(build, greedy, heard):
    ((_, said, *_),) = tokens(greedy, heard[:1])
    for beams in (1, 2):
        (found,) = tokens(build(beam_size=beams, suppress_tokens=[-1, said]), heard[:1])
        assert said not in found


def test_what_was_left_off_is_heard_in_another_round(greedy, spoken, monkeypatch):
    """The first round stops after 1.2 s, as a large model does in the middle of a sentence."""
    begin = greedy._engine.timestamp_begin
    half = (begin, *greedy._vocabulary.plain.encode(" Hold on"), begin + 60, begin + 60)
    generate, rounds = EncodedBatch.generate, []

    def stopping(batch, rows, prompts, temperature):
        rounds.append(len(prompts))
        found = generate(batch, rows, prompts, temperature)
        return found if len(rounds) > 1 else [replace(each, tokens=half) for each in found]

    monkeypatch.setattr(EncodedBatch, "generate", stopping)
    (result,) = greedy.transcribe([ChunkRequest(spoken[0].samples)])
    assert rounds == [1, 1]
    first, *later = result.segments
    assert (first.text, first.span.end) == ("Hold on", 1.2)
    assert later
    assert all(segment.span.start >= 1.2 for segment in later)
    assert "Joe" in later[-1].text


def test_noise_does_not_break_it(greedy):
    noise = np.random.default_rng(0).normal(0, 0.3, SAMPLE_RATE).astype(np.float32)
    assert len(greedy.transcribe([ChunkRequest(noise), ChunkRequest(noise[:7])])) == 2

"""The MLX transcriber on the small Whisper, on the CPU that MLX has everywhere."""

import pytest

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.request import ChunkRequest, Instructions
from asrcore.plugin import Placement
from asrcore.testing import PluginContract, TranscriberContract
from asrcore_adapters.mlx import PLUGIN, MLXOptions

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

pytest.importorskip("mlx_whisper")

from asrcore_adapters.mlx.engine import EncodedBatch  # noqa: E402 - behind what skips
from asrcore_adapters.mlx.transcriber import MLXTranscriber  # noqa: E402

CPU = Placement("cpu", "float32")


@pytest.fixture(scope="module")
def build(brief_whisper_mlx):
    made = []

    def make(**options) -> MLXTranscriber:
        checked = MLXOptions.model_validate({"model": str(brief_whisper_mlx), **options})
        made.append(MLXTranscriber(checked, CPU))
        return made[-1]

    yield make
    for transcriber in made:
        transcriber.close()


@pytest.fixture(scope="module")
def greedy(build):
    return build(beam_size=1, temperatures=[0.0])


@pytest.fixture(scope="module")
def sounds(clips):
    """Sentences of two to six seconds."""
    samples = [clip.samples for clip in (*clips[:4], *clips[30:38])]
    return [each for each in samples if len(each) < 6 * SAMPLE_RATE]


@pytest.fixture(scope="module")
def heard(greedy, sounds):
    """What the encoder hears in each, one at a time."""
    return [greedy._engine.hear([samples])[0] for samples in sounds]


def texts(transcriber, samples, **instructions) -> list[str]:
    request = ChunkRequest(samples, Instructions(**instructions))
    (result,) = transcriber.transcribe([request])
    return [segment.text for segment in result.segments]


class TestContract(TranscriberContract):
    @pytest.fixture
    def transcriber(self, greedy):
        return greedy

    @pytest.fixture
    def speech(self, clips):
        return clips[1].samples


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return PLUGIN

    @pytest.fixture
    def reference(self):
        return "asrcore_adapters.mlx:PLUGIN"


def tokens(engine, heard, prompts, temperature=0.0):
    return [
        (each.tokens, round(each.avg_logprob, 3))
        for each in EncodedBatch(engine, heard).generate(range(len(heard)), prompts, temperature)
    ]


@pytest.mark.parametrize("beams", [1, 5])
@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_a_batch_says_what_its_rows_say_alone(build, heard, beams, temperature):
    """Rows of different lengths, prompts and wishes: they end at different steps, too."""
    engine = build(beam_size=beams)._engine
    wishes = [
        Instructions(timestamps=index % 2 == 0, prompt=[None, "I see.", "Well, " * 30][index % 3])
        for index in range(len(heard))
    ]
    prompts = [engine.prompt(each, "en") for each in wishes]
    together = tokens(engine, heard, prompts, temperature)
    alone = [
        tokens(engine, [row], [prompt], temperature)[0]
        for row, prompt in zip(heard, prompts, strict=True)
    ]
    assert together == alone
    assert len({len(found) for found, _ in alone}) > 3

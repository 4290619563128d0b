"""Threads, memory and failures of the MLX transcriber: what it takes, and that it gives it back."""

import gc
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("mlx_whisper")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

import mlx.core as mx  # noqa: E402 - behind what skips
from mlx_whisper.audio import mel_filters  # noqa: E402

from asrcore.domain.request import AlignRequest, ChunkRequest  # noqa: E402
from asrcore.errors import (  # noqa: E402
    ConfigError,
    EngineError,
    MissingEngineError,
    OutOfMemoryError,
)
from asrcore.plugin import Placement  # noqa: E402
from asrcore.testing import tone  # noqa: E402
from asrcore_adapters.mlx import PLUGIN, MLXOptions  # noqa: E402
from asrcore_adapters.mlx.decoder import DecoderState  # noqa: E402
from asrcore_adapters.mlx.transcriber import MLXTranscriber  # noqa: E402
from tests.integration.plain_whisper import saved, tiny_whisper  # noqa: E402

CPU = Placement("cpu", "float32")
SOUNDS = [ChunkRequest(tone(seconds)) for seconds in (1.0, 0.4, 0.8)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Models that write different things."""
    with mx.stream(mx.cpu):
        return [
            saved(tiny_whisper(seed, 51864, width=32), tmp_path_factory.mktemp("tiny"))
            for seed in (0, 1)
        ]


def made(folder, **options) -> MLXTranscriber:
    loose = {"log_prob_threshold": "off", "no_speech_threshold": "off", "max_new_tokens": 8}
    options = {"beam_size": 1, "temperatures": [0.0], **loose, **options}
    return MLXTranscriber(MLXOptions.model_validate({"model": str(folder), **options}), CPU)


@pytest.fixture
def build(folders):
    transcribers = []

    def make(which=0, **options):
        transcribers.append(made(folders[which], **options))
        return transcribers[-1]

    yield make
    for transcriber in transcribers:
        transcriber.close()


def texts(transcriber):
    return [
        [segment.text for segment in result.segments] for result in transcriber.transcribe(SOUNDS)
    ]


def test_two_engines_live_side_by_side(folders, build):
    first, second = made(folders[0]), build(1)
    alone = texts(first), texts(second)
    assert alone[0] != alone[1]
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(texts, each) for each in (first, second) * 4]
        assert [each.result() for each in running] == [*alone] * 4
    first.close()
    assert texts(second) == alone[1]


def test_what_is_computed_does_not_depend_on_the_number_of_threads(build):
    assert texts(build(threads=1)) == texts(build(threads=3))


def test_the_memory_is_returned_on_close_whoever_knows_the_engine(folders):
    made(folders[0]).close()  # the library's filters are kept
    before, threads = mx.get_active_memory(), threading.active_count()
    transcriber = made(folders[0])
    aligner, capabilities = transcriber.attention, transcriber.capabilities
    texts(transcriber)
    aligner.align([AlignRequest(tone(1.0), ("some words",))])
    assert mx.get_active_memory() > before + 6_000_000
    assert threading.active_count() > threads
    transcriber.close()
    assert mx.get_active_memory() == before
    assert mx.get_cache_memory() == 0
    assert threading.active_count() == threads
    assert aligner.capabilities.languages == capabilities.languages == {"en"}


def test_a_closed_engine_says_so(folders):
    transcriber = made(folders[0])
    transcriber.close()
    with pytest.raises(EngineError, match="the model is closed"):
        texts(transcriber)
    with pytest.raises(EngineError, match="the model is closed"):
        transcriber.attention.align([AlignRequest(tone(1.0), ("some words",))])


def test_what_is_refused_leaves_nothing_behind(folders):
    before, threads = mx.get_active_memory(), threading.active_count()
    with pytest.raises(ConfigError):
        made(folders[0], suppress_tokens=[99_999])
    gc.collect()
    assert threading.active_count() == threads
    assert mx.get_active_memory() <= before + 100_000


def test_loading_hears_nothing_and_leaves_nothing_to_be_computed(build, monkeypatch):
    """The library keeps its filters for all threads, computed by whoever asks first."""
    heard = []
    monkeypatch.setattr("asrcore_adapters.mlx.engine.encode", lambda *_: heard.append(1))
    mel_filters.cache_clear()
    build(threads=1).close()
    assert heard == []
    assert mel_filters.cache_info().currsize == 1
    with ThreadPoolExecutor(1) as pool, mx.stream(mx.cpu):
        assert pool.submit(lambda: mel_filters(80).sum().item()).result() > 0


def test_engines_may_be_loaded_at_once(folders):
    mel_filters.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        transcribers = list(pool.map(lambda _: made(folders[0]), range(4)))
        assert len({str(texts(each)) for each in transcribers}) == 1
    for each in transcribers:
        each.close()


@pytest.mark.parametrize(
    ("error", "kind", "hint"),
    [
        (RuntimeError("[malloc] Unable to allocate 9 bytes."), OutOfMemoryError, "--batch-size 1"),
        (
            RuntimeError("[metal::malloc] Attempting to allocate 9 bytes which is greater than"),
            OutOfMemoryError,
            "--batch-size 1",
        ),
        (RuntimeError("[METAL] failed: Insufficient Memory (0008)"), OutOfMemoryError, "quantised"),
        (RuntimeError("cudaMallocAsync failed: out of memory"), OutOfMemoryError, "quantised"),
        (MemoryError(), OutOfMemoryError, "--batch-size 1"),
        (RuntimeError("something else"), EngineError, ""),
    ],
)
def test_a_failure_in_a_thread_reaches_the_caller_and_ends_nothing(
    build, monkeypatch, error, kind, hint
):
    transcriber = build()
    before = texts(transcriber)

    def fail(*_):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(DecoderState, "step", fail)
        with pytest.raises(EngineError) as caught:
            transcriber.transcribe(SOUNDS)
    assert type(caught.value) is kind
    assert hint in caught.value.hint
    assert caught.value.__cause__ is error
    assert texts(transcriber) == before


def run(code, *arguments):
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_a_process_that_forgets_to_close_ends_well(folders):
    code = """
import sys
import numpy as np
from asrcore.domain.request import ChunkRequest
from asrcore.plugin import Placement
from asrcore_adapters.mlx import PLUGIN, MLXOptions
options = MLXOptions(model=sys.argv[1], temperatures=(0.0,), max_new_tokens=4)
transcriber = PLUGIN.build(options, Placement("cpu", "float32"))
sound = np.ones(16000, np.float32)
print(len(transcriber.transcribe([ChunkRequest(sound)] * 3)))
"""
    done = run(code, str(folders[0]))
    assert (done.returncode, done.stdout.strip()) == (0, "3"), done.stderr


def test_without_mlx_it_costs_nothing_and_explains_itself():
    code = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("mlx", "mlx_whisper"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
from asrcore_adapters.mlx import PLUGIN
from asrcore.errors import MissingEngineError
from asrcore.plugin import Placement
print(*sorted({"numpy", "tiktoken", "numba", "huggingface_hub"} & set(sys.modules)))
try:
    PLUGIN.build(PLUGIN.options(), Placement())
except MissingEngineError as error:
    print(PLUGIN.missing, error)
"""
    done = run(code)
    loaded, said = done.stdout.splitlines()
    assert loaded == ""
    assert said == (
        "('mlx', 'mlx_whisper') backend mlx is not usable here: not installed: mlx, mlx_whisper "
        "(run: pip install 'asrcore[mlx]')"
    )


def test_a_broken_mlx_is_told_from_a_missing_one(monkeypatch):
    monkeypatch.setitem(sys.modules, "asrcore_adapters.mlx.transcriber", None)
    with pytest.raises(MissingEngineError, match="mlx is not usable here"):
        PLUGIN.build(MLXOptions(), CPU)

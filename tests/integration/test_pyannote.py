"""The pyannote backend on small pipelines of random weights, beside pyannote.audio's own."""

import os
import subprocess
import sys
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest
import torch

from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.diarization import Diarization, SpeakerCount
from asrcore.errors import ConfigError, EngineError, MissingEngineError, OutOfMemoryError
from asrcore.plugin import Placement
from asrcore.ports.diarizer import Diarizer
from asrcore.testing import DiarizerContract
from asrcore_adapters.pyannote import PLUGIN, PyannoteOptions
from asrcore_adapters.pyannote.diarizer import PyannoteDiarizer
from asrcore_adapters.pyannote.failures import failed, not_loaded
from asrcore_adapters.pyannote.pipeline import HeardOnce
from tests.integration.pyannote_models import (
    MULTILABEL,
    PARAMS,
    save_pipeline,
)

pytestmark = pytest.mark.integration

CPU = Placement("cpu")
SOFT = {**PARAMS, "segmentation": {"min_duration_off": 0.3, "threshold": 0.5}}


def build(folder: Path | str, placement=CPU, **options) -> PyannoteDiarizer:
    checked = PyannoteOptions.model_validate({"model": str(folder), "threads": 1, **options})
    return PyannoteDiarizer(checked, placement)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A pipeline like 3.1: its segmentation says at once who speaks together."""
    return save_pipeline(tmp_path_factory.mktemp("powerset"))


@pytest.fixture(scope="module")
def older(tmp_path_factory) -> PyannoteDiarizer:
    """A pipeline like 2.1: its segmentation has a score a speaker."""
    folder = tmp_path_factory.mktemp("older")
    return build(save_pipeline(folder, "sinc", MULTILABEL, params=SOFT))


@pytest.fixture(scope="module")
def diarizer(folder) -> PyannoteDiarizer:
    return build(folder)


@pytest.fixture(scope="module")
def talk(meeting) -> Audio:
    return Audio(meeting.samples[: 20 * SAMPLE_RATE])


class TestContract(DiarizerContract):
    @pytest.fixture
    def diarizer(self, diarizer) -> Diarizer:
        return diarizer

    @pytest.fixture
    def conversation(self, talk) -> Audio:
        return Audio(talk.samples[: 12 * SAMPLE_RATE])


class TestContractOfOlderPipelines(DiarizerContract):
    @pytest.fixture
    def diarizer(self, older) -> Diarizer:
        return older


@pytest.mark.parametrize(("least", "most"), [(2, 2), (3, 5), (None, 2), (40, 50)])
def test_the_number_of_speakers_is_heeded_as_far_as_it_can_be(diarizer, talk, least, most):
    found = diarizer.diarize(talk, SpeakerCount(least, most))
    assert min(least or 1, 3) <= len(found.speakers) <= most


def test_one_speaker_is_found_without_listening_to_voices(diarizer, talk, monkeypatch):
    def hear(*_, **__):
        pytest.fail("a voice was computed for the only speaker there is")

    monkeypatch.setattr(HeardOnce, "get_embeddings", hear)
    found = diarizer.diarize(talk, SpeakerCount(1, 1))
    assert found.speakers == ("SPEAKER_00",)


def test_several_speak_at_once_but_exclusively_one(diarizer, talk):
    found = diarizer.diarize(talk, SpeakerCount(3, 3))
    assert any(one.span.overlap(other.span) > 0 for one, other in pairwise(found.turns))
    assert all(one.span.end <= other.span.start for one, other in pairwise(found.exclusive))


def test_a_memory_map_is_heard_in_place(diarizer, talk, tmp_path):
    """Read-only, as the core's are; the sound of three hours is 690 MB."""
    path = tmp_path / "talk.f32"
    talk.samples.tofile(path)
    mapped = Audio(np.memmap(path, np.float32, mode="r"))
    seen = []

    class Watching(HeardOnce):
        def get_segmentations(self, file, hook=None):
            seen.append(file["waveform"].data_ptr())
            return super().get_segmentations(file, hook)

    pipeline = diarizer._pipeline
    pipeline.__class__ = Watching
    try:
        found = diarizer.diarize(mapped, SpeakerCount())
    finally:
        pipeline.__class__ = HeardOnce
    assert seen == [mapped.samples.ctypes.data]
    assert found == diarizer.diarize(talk, SpeakerCount())


def test_two_threads_get_what_one_gets(diarizer, talk):
    half = Audio(talk.samples[: 10 * SAMPLE_RATE])
    expected = [diarizer.diarize(each, SpeakerCount()) for each in (talk, half)]
    found: dict[int, Diarization] = {}

    def work(i, audio):
        found[i] = diarizer.diarize(audio, SpeakerCount())

    threads = [Thread(target=work, args=pair) for pair in enumerate([talk, half] * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[i] for i in range(4)] == expected * 2


def test_two_diarizers_cluster_at_once_and_print_nothing(folder, talk, capsys):
    """pyannote's clustering prints where it finds fewer speakers than are asked for."""
    together = Barrier(2, timeout=60)
    half = Audio(talk.samples[: 10 * SAMPLE_RATE])
    found, failures = [], []

    def work(diarizer):
        cluster = diarizer._pipeline.clustering.cluster

        def both(*args, **more):
            together.wait()
            try:
                return cluster(*args, **more)
            finally:
                together.wait()

        diarizer._pipeline.clustering.cluster = both
        try:
            found.append(diarizer.diarize(half, SpeakerCount(40, 50)))
        except EngineError as error:
            failures.append(error)

    diarizers = [build(folder) for _ in range(2)]
    threads = [Thread(target=work, args=[each]) for each in diarizers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert found[0] == found[1]
    assert capsys.readouterr().out == ""


def test_options_reach_the_pipeline(folder, talk):
    options = {
        "segmentation_step": 0.5,
        "segmentation_batch_size": 3,
        "embedding_batch_size": 5,
        "threshold": 1.25,
    }
    found = build(folder, **options)
    pipeline = found._pipeline
    assert pipeline._segmentation.step == 5.0
    assert pipeline.segmentation_batch_size == 3
    assert pipeline.embedding_batch_size == 5
    assert pipeline.clustering.threshold == 1.25


def test_the_pipelines_own_numbers_hold_where_the_options_name_none(folder):
    """But for batches, which are small on a CPU."""
    pipeline = build(folder)._pipeline
    assert pipeline._segmentation.step == 2.5
    assert pipeline.clustering.threshold == PARAMS["clustering"]["threshold"]
    assert (pipeline.segmentation_batch_size, pipeline.embedding_batch_size) == (4, 2)


def test_where_nobody_names_a_step_it_is_a_fifth_of_a_window(tmp_path):
    pipeline = build(save_pipeline(tmp_path, pipeline={"segmentation_step": None}))._pipeline
    assert pipeline._segmentation.step == 2.0


def test_a_threshold_of_one_extreme_makes_more_speakers_than_the_other(folder, talk):
    many, few = (build(folder, threshold=each) for each in (0.0, 2.0))
    assert len(few.diarize(talk, SpeakerCount()).speakers) == 1
    assert len(many.diarize(talk, SpeakerCount()).speakers) > 1


def test_threads_are_set_during_the_call_alone(folder, talk, monkeypatch):
    before = torch.get_num_threads()
    during = []
    diarizer = build(folder, threads=before + 1)
    heard = diarizer._pipeline.hear
    monkeypatch.setattr(
        diarizer._pipeline,
        "hear",
        lambda *args, **more: during.append(torch.get_num_threads()) or heard(*args, **more),
    )
    diarizer.diarize(talk, SpeakerCount(1, 1))
    assert during == [before + 1]
    assert torch.get_num_threads() == before


def test_nothing_random_is_left_behind(folder, talk):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    build(folder).diarize(talk, SpeakerCount())
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("device", ["cuda:93", "nonsense", "metal"])
def test_a_device_that_torch_has_not_is_refused(folder, device):
    with pytest.raises(ConfigError) as caught:
        build(folder, Placement(device))
    assert f"diarizer.device: torch has no device {device} here" in caught.value.message
    assert "--set diarizer.device=cpu" in caught.value.hint


def test_the_device_that_is_set_is_used(folder):
    """`meta` has shapes and no numbers: a device that every torch has beside the CPU."""
    pipeline = build(folder, Placement("meta"))._pipeline
    for network in (pipeline._segmentation.model, pipeline._embedding.model_):
        assert {weights.device.type for weights in network.parameters()} == {"meta"}


def test_a_number_format_is_refused(folder):
    with pytest.raises(ConfigError, match=r"diarizer\.compute_type: .* not float16"):
        build(folder, Placement("cpu", "float16"))


def test_numbers_that_are_none_are_refused(diarizer, talk):
    broken = talk.samples.copy()
    broken[100] = np.nan
    with pytest.raises(EngineError, match="samples that are no numbers") as caught:
        diarizer.diarize(Audio(broken), SpeakerCount())
    assert "ffmpeg" in caught.value.hint


@pytest.mark.parametrize(
    ("error", "kind", "hint"),
    [
        (MemoryError("batch_size (32) is too large"), OutOfMemoryError, "segmentation_step=0.5"),
        (RuntimeError("can't allocate memory"), OutOfMemoryError, "embedding_batch_size=1"),
        (RuntimeError("something else"), EngineError, "--set diarizer.backend=sherpa-onnx"),
        (RuntimeError("what of cuda?"), EngineError, "--set diarizer.backend=sherpa-onnx"),
    ],
)
def test_failures_are_translated(diarizer, talk, monkeypatch, error, kind, hint):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(HeardOnce, "get_segmentations", fail)
    with pytest.raises(kind) as caught:
        diarizer.diarize(talk, SpeakerCount())
    assert hint in caught.value.hint
    assert "diarizer.device=cpu" not in caught.value.hint, "it is on the CPU already"
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("say", [failed, partial(not_loaded, "mine")])
@pytest.mark.parametrize(
    ("error", "hint", "on_cpu"),
    [
        (torch.OutOfMemoryError("out of memory"), "device=cpu", "backend=sherpa-onnx"),
        (RuntimeError("CUDA error: device-side assert"), "device=cpu", "--set diarizer."),
        (RuntimeError("something else"), "--set diarizer.", "--set diarizer."),
    ],
)
def test_each_failure_has_a_next_command_and_tells_no_token(say, error, hint, on_cpu):
    error.args = (f"{error.args[0]} hf_AbCdEfGhIjKl",)
    elsewhere, here = (say(error, torch.device(device)) for device in ("cuda", "cpu"))
    assert hint in elsewhere.hint
    assert on_cpu in here.hint
    assert "device=cpu" not in here.hint
    assert "hf_Ab" not in elsewhere.message + here.message


def test_who_is_closed_does_not_hear(folder, talk):
    diarizer = build(folder)
    diarizer.close()
    with pytest.raises(EngineError, match="closed") as caught:
        diarizer.diarize(talk, SpeakerCount())
    assert caught.value.hint


def test_without_its_packages_the_command_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyannote.audio", None)
    with pytest.raises(MissingEngineError) as caught:
        PLUGIN.build(PLUGIN.options(), CPU)
    assert "pyannote.audio" in caught.value.message
    assert "pip install 'asrcore[diarize]'" in caught.value.hint


def test_nothing_is_said_from_import_to_result(folder, talk, tmp_path):
    """Of torchaudio's end, of versions, of means of nothing, of clusters too few."""
    talk.samples[: 12 * SAMPLE_RATE].tofile(tmp_path / "talk.f32")
    code = f"""
import numpy as np, sys, warnings
from asrcore.domain.audio import Audio
from asrcore.domain.diarization import SpeakerCount
from asrcore.plugin import Placement
from asrcore_adapters.pyannote import PLUGIN
before = list(warnings.filters)
diarizer = PLUGIN.build(PLUGIN.options(model={str(folder)!r}, threads=1), Placement())
audio = Audio(np.memmap({str(tmp_path / "talk.f32")!r}, np.float32, mode="r"))
for count in (SpeakerCount(), SpeakerCount(40, 50)):
    assert diarizer.diarize(audio, count, embeddings=True).turns
assert not [name for name in sys.modules if name.startswith(("speechbrain", "nemo"))]
warnings.warn("others are heard")
"""
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.stdout == ""
    assert done.stderr.splitlines() == ["<string>:13: UserWarning: others are heard"]

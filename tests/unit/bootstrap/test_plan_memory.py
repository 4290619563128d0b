"""How many chunks at once on machines of the table, with models of all sizes, and why."""

from dataclasses import replace

import pytest

from asrcore.api import Engine
from asrcore.bootstrap.batches import BY_MEMORY, MOST, batch_by_memory, batch_within
from asrcore.bootstrap.planner import footprints
from asrcore.bootstrap.settings import DiarizerSettings, TranscriberSettings, VadSettings
from asrcore.bootstrap.stage_planner import BackendFacts, StagePlan, StagePlanner
from asrcore.domain.footprint import Footprint
from asrcore.domain.hardware import HardwareProfile
from asrcore.plugin import DeviceSupport, Options, Placement, Plugin
from asrcore_adapters.common.whisper_sizes import SHAPES
from asrcore_adapters.faster_whisper import PLUGIN as FASTER_WHISPER
from asrcore_adapters.pocketsphinx import PLUGIN as POCKETSPHINX
from tests.unit.bootstrap.machines import (
    BIG_AND_SMALL,
    CUDA_8,
    CUDA_140,
    LAPTOP_16,
    M1,
    M4_MAX,
    MACHINES,
    RASPBERRY,
    SPARK,
    TINY_4,
    UNREADABLE,
    WINDOWS_CUDA,
    mlx,
    of,
)

ONE_AND_HALF = Footprint("parrot", model=1.0, chunk=0.5)


def planned(profile: HardwareProfile, *known: BackendFacts, **wanted: object) -> StagePlan:
    settings = TranscriberSettings.model_validate(wanted)
    return StagePlanner("transcriber", known, profile, settings).plan()


def whisper(model: str, **options: object) -> BackendFacts:
    return of(FASTER_WHISPER, model=model, **options)


@pytest.mark.parametrize(
    ("profile", "backend", "size", "gib"),
    [
        # What the batch takes together, in GiB, stays below what the stage may use.
        (M1, mlx("large-v3-turbo"), 16, 4.6),
        (M1, mlx("large-v3"), 8, 5.3),
        (M1, mlx("mlx-community/whisper-large-v3-turbo-q4"), 16, 3.6),
        (M4_MAX, mlx("large-v3"), 16, 7.6),
        (CUDA_8, whisper("small"), 32, 4.6),
        (CUDA_8, whisper("large-v3"), 5, 5.7),
        (CUDA_8, whisper("large-v3", beam_size=1, best_of=1), 10, 5.8),
        (CUDA_8, whisper("large-v3-turbo"), 22, 5.8),
        (WINDOWS_CUDA, whisper("large-v3"), 10, 8.6),
        (CUDA_140, whisper("large-v3"), 32, 21.1),
        (BIG_AND_SMALL, whisper("large-v3"), 32, 21.1),
        (SPARK, whisper("large-v3"), 32, 21.1),
        (LAPTOP_16, whisper("small"), 8, 2.3),
        (LAPTOP_16, whisper("large-v3"), 5, 7.1),
        (RASPBERRY, whisper("medium"), 4, 3.45),
        (TINY_4, whisper("base"), 8, 1.32),
    ],
)
def test_a_batch_fits_into_the_memory_beside_its_model(
    profile: HardwareProfile, backend: BackendFacts, size: int, gib: float
) -> None:
    chosen = planned(profile, backend)
    takes = backend.footprints[Placement(chosen.device, chosen.compute_type)]
    assert chosen.batch_size == size
    together = takes.model + size * takes.chunk
    assert together == pytest.approx(gib, abs=0.05)
    assert together <= chosen.memory


@pytest.mark.parametrize("model", SHAPES)
@pytest.mark.parametrize("profile", MACHINES.values(), ids=MACHINES)
def test_every_model_gets_a_chunk_at_least_and_no_more_than_is_of_use(
    profile: HardwareProfile, model: str
) -> None:
    chosen = planned(profile, whisper(model), mlx(model))
    assert 1 <= chosen.batch_size <= MOST[chosen.device]
    assert "at once" in chosen.reason


class TestReasons:
    def test_say_what_the_model_takes(self) -> None:
        assert planned(CUDA_8, whisper("large-v3")).reason == (
            "the best that is installed for this machine; "
            "CTranslate2 is fastest on CUDA in float16; 5 chunks at once: large-v3 takes 2.9 GiB, "
            "a chunk 0.57 GiB, of 6.0 GiB that it may use of the GPU"
        )

    def test_say_whose_memory_it_is_and_where_more_is_of_no_use(self) -> None:
        assert (
            "16 chunks at once, more would hardly be faster: large-v3 takes 2.9 GiB, a chunk "
            in (planned(M4_MAX, mlx("large-v3")).reason)
        )
        assert planned(M1, mlx("large-v3")).reason.endswith("of 5.3 GiB that Metal may use")
        assert planned(LAPTOP_16, whisper("medium")).reason.endswith(
            "of 7.8 GiB that it may use of the RAM"
        )

    def test_say_where_it_does_not_fit(self) -> None:
        chosen = planned(replace(TINY_4, memory=2.0), whisper("large-v3"))
        assert chosen.batch_size == 1
        assert "; 1 chunk at once: large-v3 takes 1.4 GiB, a chunk 1.1 GiB, of 1.0 GiB" in (
            chosen.reason
        )
        assert chosen.reason.endswith("which is too little; a smaller model would fit")

    def test_say_where_the_model_is_not_known(self) -> None:
        chosen = planned(LAPTOP_16, whisper("./my-own"))
        assert chosen.batch_size == 8
        assert chosen.reason.endswith(
            "; 8 chunks at once: what the model takes of 15.5 GiB is not known"
        )

    @pytest.mark.parametrize("model", ["small", "./my-own"])
    def test_say_where_the_memory_is_not_known(self, model: str) -> None:
        chosen = planned(UNREADABLE, whisper(model))
        assert (chosen.batch_size, chosen.memory) == (2, None)
        assert chosen.reason.endswith("2 chunks at once: how much memory cpu has is not known")

    def test_say_who_chose_the_size(self) -> None:
        chosen = planned(CUDA_8, whisper("small"), batch_size=1)
        assert (chosen.batch_size, chosen.memory) == (1, 6.0)
        assert chosen.reason.endswith("; 1 chunk at once set by you")

    def test_are_silent_on_an_engine_that_takes_one_chunk(self) -> None:
        chosen = planned(LAPTOP_16, of(POCKETSPHINX), backend="pocketsphinx")
        assert chosen.batch_size == 1
        assert "at once" not in chosen.reason


def test_the_number_format_that_is_set_counts() -> None:
    sizes = {
        each: planned(CUDA_8, whisper("medium"), compute_type=each).batch_size
        for each in ("float16", "float32", "int8_float16")
    }
    assert sizes == {"float16": 13, "float32": 4, "int8_float16": 15}


def test_each_gpu_has_its_own_memory() -> None:
    large = whisper("large-v3")
    on = {each: planned(BIG_AND_SMALL, large, device=each) for each in ("cuda:0", "cuda:1")}
    assert {each: (plan.batch_size, plan.memory) for each, plan in on.items()} == {
        "cuda:0": (32, 60.0),
        "cuda:1": (5, 6.0),
    }


def test_only_a_stage_that_computes_is_told_its_memory() -> None:
    known = [BackendFacts("silero", rank=1)]
    voice = StagePlanner("voice_activity", known, LAPTOP_16, VadSettings()).plan()
    assert (voice.memory, voice.batch_size) == (None, None)
    diarizer = StagePlanner("diarizer", known, LAPTOP_16, DiarizerSettings(backend="auto")).plan()
    assert (diarizer.memory, diarizer.batch_size) == (7.8, None)
    assert diarizer.placement == Placement("cpu", None, 7.8)


@pytest.mark.parametrize(
    ("usable", "size"), [(0.5, 1), (1.4, 1), (1.5, 1), (2.0, 2), (2.4, 2), (5.0, 8), (99.0, 8)]
)
def test_what_fits_beside_the_model(usable: float, size: int) -> None:
    found = batch_within("cpu", usable, ONE_AND_HALF)
    assert found.size == size
    assert ("more would hardly be faster" in found.why) is (usable == 99.0)


def test_batches_of_an_unknown_model_grow_with_the_memory_as_it_is_sold_and_reported() -> None:
    """A 12 GB card reports a little less or more; a 16 GB laptop shows 15.x GiB of RAM."""
    gpus = {4.0: 4, 6.0: 4, 7.8: 8, 8.0: 8, 10.0: 8, 11.0: 16, 12.0: 16, 16.0: 16}
    gpus |= {22.0: 24, 24.0: 24, 32.0: 24, 39.4: 24, 40.0: 32, 80.0: 32}
    metal = {8.0: 4, 16.0: 8, 24.0: 8, 32.0: 12, 36.0: 12, 48.0: 12, 64.0: 16, 192.0: 16}
    cpu = {0.5: 2, 3.7: 2, 7.5: 4, 8.0: 4, 12.0: 4, 15.3: 8, 503.0: 8}
    for device, expected in {"cuda:1": gpus, "metal": metal, "cpu": cpu, "mps": cpu}.items():
        assert {gib: batch_by_memory(device, gib).size for gib in expected} == expected
    assert {device: sizes[0][1] for device, sizes in BY_MEMORY.items()} == MOST


class Parrots(Options):
    word: str = "hi"


def parrot(options: Parrots, placement: Placement) -> Footprint | None:
    known = placement.compute_type != "unheard-of"
    return Footprint(options.word, 1.0, 1.0) if known else None


DEVICES = {"cuda": DeviceSupport(("float16", "unheard-of")), "cpu": DeviceSupport()}
PARROT = Plugin("parrot", "x:Y", options=Parrots, devices=DEVICES, footprint=parrot)


class TestFootprints:
    def test_are_told_wherever_the_backend_could_compute(self) -> None:
        takes = Footprint("hello", 1.0, 1.0)
        expected = {Placement("cuda", "float16"): takes, Placement("cpu"): takes}
        assert footprints(PARROT, {"word": "hello"}) == expected

    def test_are_not_known_of_options_that_are_anothers(self) -> None:
        assert footprints(PARROT, {"wrod": "hello"}) == {}

    def test_are_not_known_of_a_plugin_that_tells_none(self) -> None:
        assert footprints(replace(PARROT, footprint=None), {}) == {}

    def test_reach_the_plan_from_the_settings(self) -> None:
        named = {"backend": "faster-whisper", "options": {"model": "tiny"}}
        with Engine({"transcriber": named}) as engine:
            assert "tiny takes " in engine.plan.transcriber.reason

from collections.abc import Callable
from typing import NamedTuple

import pytest

from asrcore.bootstrap.planner import Plan, facts, plan
from asrcore.bootstrap.registry import Registry
from asrcore.bootstrap.settings import Settings
from asrcore.bootstrap.stage_planner import BackendFacts, StagePlan
from asrcore.domain.hardware import HardwareProfile
from asrcore.errors import ConfigError, MissingEngineError, UnknownBackendError
from asrcore.plugin import GROUPS, DeviceSupport, Placement
from asrcore_adapters.faster_whisper import PLUGIN as FASTER_WHISPER
from tests.unit.bootstrap.machines import (
    BIG_AND_SMALL,
    CUDA_8,
    CUDA_140,
    EVERYTHING,
    FW,
    FW_MISSING,
    LAPTOP_16,
    M1,
    M4_MAX,
    MACHINES,
    MLX_INSTALL,
    NO_MLX,
    ROSETTA,
    SPHINX,
    SPHINX_MISSING,
    WINDOWS,
    WINDOWS_CUDA,
    mlx,
)

PYANNOTE = BackendFacts(
    "pyannote",
    devices={
        "cuda": DeviceSupport(why="pyannote is fastest on CUDA"),
        "cpu": DeviceSupport(why="pyannote's times are right on CPUs"),
        "mps": DeviceSupport(planned=False, why="wrong times on MPS, pyannote-audio #1337"),
    },
    rank=10,
    install="pip install 'asrcore[diarize]'",
)
WAV2VEC2 = BackendFacts(
    "wav2vec2",
    devices={"cuda": DeviceSupport(("float16", "float32")), "cpu": DeviceSupport(("float32",))},
    rank=10,
)


def planned(
    profile: HardwareProfile, transcribers: tuple = EVERYTHING, /, **settings: dict
) -> Plan:
    installed = {
        "transcriber": transcribers,
        "aligner": [WAV2VEC2],
        "diarizer": [PYANNOTE],
        "voice_activity": [BackendFacts("none"), BackendFacts("silero", rank=10)],
        "audio_source": [BackendFacts("pyav", rank=10)],
        "sentence_splitter": [BackendFacts("sentencex", rank=10)],
        "writer": [],
    }
    return plan(profile, installed, Settings.of(settings))


class Row(NamedTuple):
    machine: str
    known: tuple
    backend: str
    device: str
    compute_type: str
    batch_size: int


TABLE = [
    Row("M1 8 GB", EVERYTHING, "mlx", "metal", "float16", 16),
    Row("M1 8 GB", NO_MLX, "faster-whisper", "cpu", "int8", 8),
    Row("M4 Max 128 GB", EVERYTHING, "mlx", "metal", "float16", 16),
    Row("M4 Max 128 GB", NO_MLX, "faster-whisper", "cpu", "int8", 8),
    Row("M4 Max 128 GB", (FW_MISSING, mlx()), "mlx", "metal", "float16", 16),
    # An Intel Python sees no Metal, and no MLX wheel runs in it.
    Row("Rosetta", EVERYTHING, "faster-whisper", "cpu", "int8", 8),
    Row("Intel Mac", NO_MLX, "faster-whisper", "cpu", "int8", 8),
    Row("CUDA 8 GB", NO_MLX, "faster-whisper", "cuda", "float16", 32),
    Row("CUDA 8 GB", EVERYTHING, "faster-whisper", "cuda", "float16", 32),
    Row("CUDA 140 GB", NO_MLX, "faster-whisper", "cuda", "float16", 32),
    # MLX can be installed on Linux: that makes the machine no Apple.
    Row("CUDA 140 GB", EVERYTHING, "faster-whisper", "cuda", "float16", 32),
    Row("laptop 16 GB", EVERYTHING, "faster-whisper", "cpu", "int8", 8),
    Row("Raspberry Pi 8 GB", EVERYTHING, "faster-whisper", "cpu", "int8", 8),
    Row("DGX Spark", NO_MLX, "faster-whisper", "cuda", "float16", 32),
    Row("two GPUs", NO_MLX, "faster-whisper", "cuda", "float16", 32),
    Row("laptop 16 GB", NO_MLX, "faster-whisper", "cpu", "int8", 8),
    Row("tiny 4 GB", NO_MLX, "faster-whisper", "cpu", "int8", 6),
    Row("Windows", NO_MLX, "faster-whisper", "cpu", "int8", 8),
    Row("Windows", EVERYTHING, "faster-whisper", "cpu", "int8", 8),
    Row("Windows CUDA", NO_MLX, "faster-whisper", "cuda", "float16", 32),
    Row("nothing readable", NO_MLX, "faster-whisper", "cpu", "int8", 2),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.machine}, {len(row.known)} known")
def test_each_machine_gets_the_transcriber_that_is_best_on_it(row: Row) -> None:
    chosen = planned(MACHINES[row.machine], row.known).transcriber
    assert (chosen.backend, chosen.device, chosen.compute_type, chosen.batch_size) == row[2:]


@pytest.mark.parametrize("known", [EVERYTHING, NO_MLX])
@pytest.mark.parametrize("profile", MACHINES.values(), ids=MACHINES)
def test_every_stage_on_every_machine_has_a_reason_in_words_and_a_device_that_is_there(
    profile: HardwareProfile, known: tuple
) -> None:
    decided = planned(
        profile, known, aligner={"backend": "auto"}, diarizer={"backend": "pyannote"}
    ).stages()
    assert list(decided) == [
        "audio_source",
        "voice_activity",
        "transcriber",
        "aligner",
        "diarizer",
        "sentence_splitter",
    ]
    for chosen in decided.values():
        assert len(chosen.reason.split()) > 2
        assert chosen.device in profile.devices
    assert decided["transcriber"].backend != "pocketsphinx"


def test_a_placement_carries_device_and_compute_type_to_the_backend() -> None:
    assert planned(CUDA_8).transcriber.placement == Placement("cuda", "float16", 6.0)
    assert planned(CUDA_8).audio_source.placement == Placement("cpu", None)


class TestReasons:
    def test_say_that_mlx_is_missing_on_an_apple_and_how_to_get_it(self) -> None:
        reason = planned(M1, NO_MLX).transcriber.reason
        assert f"mlx would be faster here, run: {MLX_INSTALL}" in reason
        assert "no Metal device" in reason

    @pytest.mark.parametrize("profile", [LAPTOP_16, CUDA_8, ROSETTA, WINDOWS])
    def test_do_not_advise_mlx_where_it_would_not_help(self, profile: HardwareProfile) -> None:
        assert "mlx" not in planned(profile, NO_MLX).transcriber.reason

    def test_do_not_advise_where_the_user_has_chosen(self) -> None:
        named = {"backend": "faster-whisper"}
        assert "mlx" not in planned(M1, NO_MLX, transcriber=named).transcriber.reason
        assert "mlx" not in planned(M1, NO_MLX, transcriber={"device": "cpu"}).transcriber.reason

    def test_give_no_empty_command_where_none_is_known(self) -> None:
        better = BackendFacts("quick", installed=False, rank=99)
        reason = planned(LAPTOP_16, (FW, better)).transcriber.reason
        assert reason.endswith("quick would be faster here")

    def test_tell_a_chosen_backend_from_a_named_one(self) -> None:
        assert "best" in planned(CUDA_8).transcriber.reason
        named = planned(CUDA_8, transcriber={"backend": "pocketsphinx"}).transcriber
        assert named.reason == "named in the settings; PocketSphinx runs on the CPU alone"


class TestChoosingUnasked:
    def test_never_takes_pocketsphinx_even_where_nothing_else_is_installed(self) -> None:
        with pytest.raises(MissingEngineError) as caught:
            planned(LAPTOP_16, (FW_MISSING, mlx(installed=False), SPHINX))
        assert str(caught.value) == (
            "no transcriber backend is installed that could be chosen here "
            f"(run: {FASTER_WHISPER.install})"
        )

    def test_advises_what_would_be_best_on_this_very_machine(self) -> None:
        nothing = (FW_MISSING, mlx(installed=False), SPHINX_MISSING)
        with pytest.raises(MissingEngineError, match="asrcore\\[mlx\\]"):
            planned(M1, nothing)
        with pytest.raises(MissingEngineError, match="no transcriber backend is installed") as bare:
            planned(LAPTOP_16, (mlx(installed=False),))
        assert bare.value.hint == "name one: asr backends lists them"

    def test_does_not_put_mlx_on_a_linux_cpu_where_it_is_all_there_is(self) -> None:
        with pytest.raises(MissingEngineError, match="asrcore"):
            planned(LAPTOP_16, (FW_MISSING, mlx()))

    def test_takes_the_higher_rank_on_the_same_device(self) -> None:
        better = BackendFacts("better", rank=11)
        assert planned(LAPTOP_16, (FW, better)).transcriber.backend == "better"
        assert planned(CUDA_8, (FW, better)).transcriber.backend == "faster-whisper"

    def test_names_stages_in_words(self) -> None:
        installed = {stage: [] for stage in GROUPS}
        installed["transcriber"] = [FW]
        with pytest.raises(UnknownBackendError, match="no voice activity backend is called silero"):
            plan(LAPTOP_16, installed, Settings())


class TestDiarizer:
    @pytest.mark.parametrize(
        ("profile", "device"),
        [
            (M1, "cpu"),
            (M4_MAX, "cpu"),
            (CUDA_8, "cuda"),
            (LAPTOP_16, "cpu"),
            (WINDOWS_CUDA, "cuda"),
        ],
    )
    @pytest.mark.parametrize("backend", ["auto", "pyannote"])
    def test_is_never_put_on_mps_unasked(
        self, profile: HardwareProfile, device: str, backend: str
    ) -> None:
        diarizer = planned(profile, diarizer={"backend": backend}).diarizer
        assert (diarizer.backend, diarizer.device) == ("pyannote", device)
        assert PYANNOTE.devices[device].why in diarizer.reason

    @pytest.mark.parametrize("backend", ["auto", "pyannote"])
    def test_goes_to_mps_by_hand_with_the_warning_kept(self, backend: str) -> None:
        by_hand = {"backend": backend, "device": "mps"}
        diarizer = planned(M1, diarizer=by_hand).diarizer
        assert (diarizer.backend, diarizer.device) == ("pyannote", "mps")
        assert diarizer.reason.endswith(
            "device mps set by you; wrong times on MPS, pyannote-audio #1337"
        )

    def test_says_where_there_is_no_mps_at_all(self) -> None:
        diarizer = planned(LAPTOP_16, diarizer={"backend": "pyannote", "device": "mps"}).diarizer
        assert "device mps set by you, though it was not found here" in diarizer.reason

    def test_is_off_unless_asked_for(self) -> None:
        assert planned(CUDA_140).diarizer is None

    def test_has_its_own_device_apart_from_the_transcribers(self) -> None:
        decided = planned(
            CUDA_140,
            diarizer={"backend": "pyannote", "device": "cpu"},
            aligner={"backend": "wav2vec2"},
        )
        assert decided.transcriber.device == "cuda"
        assert decided.diarizer.device == "cpu"
        assert (decided.aligner.device, decided.aligner.compute_type) == ("cuda", "float16")


class TestSettingsBeatTheProbe:
    @pytest.mark.parametrize(
        ("profile", "set_by_hand", "expected"),
        [
            (CUDA_140, {"device": "cpu"}, ("faster-whisper", "cpu", "int8", 8)),
            (CUDA_140, {"compute_type": "float32"}, ("faster-whisper", "cuda", "float32", 32)),
            (CUDA_140, {"batch_size": 3}, ("faster-whisper", "cuda", "float16", 3)),
            (CUDA_140, {"backend": "pocketsphinx"}, ("pocketsphinx", "cpu", None, 1)),
            (BIG_AND_SMALL, {"device": "cuda:0"}, ("faster-whisper", "cuda:0", "float16", 32)),
            (BIG_AND_SMALL, {"device": "cuda:1"}, ("faster-whisper", "cuda:1", "float16", 32)),
            (M4_MAX, {"backend": "faster-whisper"}, ("faster-whisper", "cpu", "int8", 8)),
            # The CPU is asked for, and MLX is not what one would choose there.
            (M4_MAX, {"device": "cpu"}, ("faster-whisper", "cpu", "int8", 8)),
            (M4_MAX, {"device": "metal"}, ("mlx", "metal", "float16", 16)),
            (M4_MAX, {"backend": "mlx", "device": "cpu"}, ("mlx", "cpu", "float32", 8)),
            # Whoever names MLX on Linux gets it.
            (LAPTOP_16, {"backend": "mlx"}, ("mlx", "cpu", "float32", 8)),
            (CUDA_140, {"backend": "mlx"}, ("mlx", "cuda", "float16", 32)),
            (CUDA_140, {"backend": "mlx", "device": "cpu"}, ("mlx", "cpu", "float32", 8)),
            (M1, {"backend": "mlx", "compute_type": "bfloat16"}, ("mlx", "metal", "bfloat16", 16)),
        ],
    )
    def test_one_by_one(self, profile: HardwareProfile, set_by_hand: dict, expected: tuple) -> None:
        chosen = planned(profile, transcriber=set_by_hand).transcriber
        assert (chosen.backend, chosen.device, chosen.compute_type, chosen.batch_size) == expected

    def test_a_device_that_the_probe_missed_is_taken_at_the_users_word(self) -> None:
        chosen = planned(LAPTOP_16, transcriber={"device": "cuda"}).transcriber
        assert (chosen.device, chosen.compute_type) == ("cuda", "float16")
        assert "device cuda set by you, though it was not found here" in chosen.reason

    @pytest.mark.parametrize(("device", "found"), [("cuda:1", True), ("cuda:2", False)])
    def test_a_gpu_beyond_the_last_is_noted(self, device: str, found: bool) -> None:
        chosen = planned(BIG_AND_SMALL, transcriber={"device": device}).transcriber
        assert chosen.device == device
        assert ("not found" not in chosen.reason) is found

    def test_the_only_backend_is_used_on_a_device_it_would_not_be_planned_for(self) -> None:
        chosen = planned(M1, (FW_MISSING, mlx()), transcriber={"device": "cpu"}).transcriber
        assert (chosen.backend, chosen.device) == ("mlx", "cpu")


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "says", "hint"),
        [
            ("faster-whispr", "no transcriber backend is called faster-whispr; there are "
             "faster-whisper, mlx, pocketsphinx", "did you mean faster-whisper?"),
            ("zzz", "no transcriber backend is called zzz", "run: asr backends"),
            ("none", "no transcriber backend is called none", "run: asr backends"),
        ],
    )  # fmt: skip
    def test_an_unknown_backend(self, name: str, says: str, hint: str) -> None:
        with pytest.raises(UnknownBackendError) as caught:
            planned(LAPTOP_16, transcriber={"backend": name})
        assert caught.value.message.startswith(says)
        assert caught.value.hint == hint

    def test_an_unknown_backend_where_there_is_none_at_all(self) -> None:
        with pytest.raises(UnknownBackendError, match="there are none"):
            planned(LAPTOP_16, (), transcriber={"backend": "mlx"})

    def test_a_named_backend_that_is_not_installed(self) -> None:
        with pytest.raises(MissingEngineError) as caught:
            planned(M1, NO_MLX, transcriber={"backend": "mlx"})
        assert str(caught.value) == (
            f"transcriber backend mlx is not installed (run: {MLX_INSTALL})"
        )

    def test_a_named_backend_that_is_not_installed_and_tells_no_command(self) -> None:
        with pytest.raises(MissingEngineError, match=r"quick is not installed$"):
            planned(M1, (BackendFacts("quick", False),), transcriber={"backend": "quick"})

    def test_a_named_backend_whose_package_is_broken(self) -> None:
        torn = BackendFacts("torn", installed=False, broken="ImportError: no module named x")
        with pytest.raises(MissingEngineError) as caught:
            planned(M1, (FW, torn), transcriber={"backend": "torn"})
        assert str(caught.value) == (
            "transcriber backend torn is broken: ImportError: no module named x "
            "(update or reinstall the package that brings it)"
        )

    @pytest.mark.parametrize(
        ("profile", "known", "wanted", "says", "hint"),
        [
            (M1, EVERYTHING, {"backend": "faster-whisper", "device": "metal"},
             "faster-whisper runs on cuda, cpu, not on metal", "mlx does"),
            (M1, NO_MLX, {"device": "metal"},
             "faster-whisper runs on cuda, cpu, not on metal", f"mlx does, run: {MLX_INSTALL}"),
            # Where there is no Metal, MLX would be no way out.
            (LAPTOP_16, NO_MLX, {"device": "metal"},
             "faster-whisper runs on cuda, cpu, not on metal", ""),
            (M1, (FW,), {"device": "mps"}, "faster-whisper runs on cuda, cpu, not on mps", ""),
            (CUDA_8, NO_MLX, {"device": "gpu"},
             "faster-whisper runs on cuda, cpu, not on gpu", ""),
            (CUDA_8, NO_MLX, {"backend": "pocketsphinx", "device": "cuda"},
             "pocketsphinx runs on cpu, not on cuda", "faster-whisper does"),
            (BIG_AND_SMALL, NO_MLX, {"device": "cuda:one"},
             "faster-whisper runs on cuda, cpu, not on cuda:one", ""),
            (BIG_AND_SMALL, NO_MLX, {"device": "cuda:"},
             "faster-whisper runs on cuda, cpu, not on cuda:", ""),
            (BIG_AND_SMALL, NO_MLX, {"device": "cuda:-1"},
             "faster-whisper runs on cuda, cpu, not on cuda:-1", ""),
            (LAPTOP_16, NO_MLX, {"device": "cpu:1"},
             "faster-whisper runs on cuda, cpu, not on cpu:1", ""),
            (LAPTOP_16, NO_MLX, {"device": ""}, "faster-whisper runs on cuda, cpu, not on ", ""),
        ],
    )  # fmt: skip
    def test_a_device_that_the_backend_does_not_have(
        self, profile: HardwareProfile, known: tuple, wanted: dict, says: str, hint: str
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            planned(profile, known, transcriber=wanted)
        assert caught.value.message == f"transcriber.device: {says}"
        assert caught.value.hint == hint

    @pytest.mark.parametrize(
        ("wanted", "says", "hint"),
        [
            ({"compute_type": "flot16"},
             "faster-whisper on cpu has int8, int8_float32, float32, int16, not flot16",
             "did you mean float32?"),
            ({"compute_type": "float16"},
             "faster-whisper on cpu has int8, int8_float32, float32, int16, not float16",
             "did you mean float32?"),
            ({"compute_type": "int16", "device": "cuda:0"},
             "faster-whisper on cuda:0 has float16, int8_float16, int8, bfloat16, "
             "int8_bfloat16, float32, not int16", "did you mean int8?"),
            ({"compute_type": "int8", "backend": "pocketsphinx"},
             "pocketsphinx on cpu has no choice of one, not int8", ""),
        ],
    )  # fmt: skip
    def test_a_compute_type_that_the_backend_does_not_have_there(
        self, wanted: dict, says: str, hint: str
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            planned(LAPTOP_16, NO_MLX, transcriber=wanted)
        assert caught.value.message == f"transcriber.compute_type: {says}"
        assert caught.value.hint == hint

    def test_a_named_backend_that_has_no_device_of_this_machine(self) -> None:
        only_cuda = BackendFacts("tensor", devices={"cuda": DeviceSupport()}, rank=10)
        with pytest.raises(ConfigError) as caught:
            planned(M1, (FW, only_cuda), transcriber={"backend": "tensor"})
        assert str(caught.value) == (
            "tensor runs on cuda; this machine has metal, cpu "
            "(name another backend: asr backends lists them)"
        )
        assert planned(M1, (FW, only_cuda)).transcriber.backend == "faster-whisper"


class TestPartsPassedIn:
    """A part that the program brings along needs no backend of ours."""

    NOTHING = {stage: [] for stage in GROUPS} | {
        "voice_activity": [BackendFacts("silero")],
        "audio_source": [BackendFacts("pyav")],
        "sentence_splitter": [BackendFacts("sentencex")],
    }

    def test_are_not_planned_but_listed(self) -> None:
        given = {stage: BackendFacts("passed in") for stage in ("transcriber", "diarizer")}
        decided = plan(CUDA_8, self.NOTHING, Settings(), given)
        assert decided.transcriber == decided.diarizer
        assert decided.transcriber.backend == "passed in"
        assert "passed it in" in decided.transcriber.reason
        assert decided.aligner is None
        assert decided.audio_source.backend == "pyav"


def test_an_engine_that_takes_one_chunk_at_a_time_gets_one() -> None:
    sphinx = {"backend": "pocketsphinx"}
    found = plan(LAPTOP_16, facts(Registry()), Settings.of({"transcriber": sphinx}))
    assert found.transcriber.batch_size == 1
    named = Settings.of({"transcriber": {**sphinx, "batch_size": 4}})
    assert plan(LAPTOP_16, facts(Registry()), named).transcriber.batch_size == 4


def test_facts_are_what_the_plugins_publish_and_what_is_broken(
    registry_of: Callable, write_module: Callable
) -> None:
    write_module(
        "facts_plugins",
        "from asrcore.plugin import DeviceSupport, Plugin\n"
        "HERE = Plugin('here', 'x:Y', devices={'metal': DeviceSupport(why='w')}, rank=3)\n"
        "AWAY = Plugin('away', 'x:Y', requires=('no_such_engine',), install='pip install away')\n",
    )
    registry = registry_of(
        {
            "aligner": {
                "here": "facts_plugins:HERE",
                "away": "facts_plugins:AWAY",
                "torn": "no_such_module:PLUGIN",
            },
            "writer": {"torn": "no_such_module:PLUGIN"},
        }
    )
    known = facts(registry)
    assert known["aligner"] == [
        BackendFacts("away", False, install="pip install away"),
        BackendFacts("here", True, {"metal": DeviceSupport(why="w")}, 3),
        BackendFacts("torn", False, broken="ModuleNotFoundError: No module named 'no_such_module'"),
    ]
    assert known["transcriber"] == []


def test_the_plan_is_a_value_that_can_be_compared_and_not_changed() -> None:
    assert planned(M1) == planned(M1)
    assert isinstance(planned(M1).transcriber, StagePlan)
    with pytest.raises(AttributeError):
        planned(M1).transcriber.device = "cpu"

"""Which aligner does the work, who steps in, where they compute, and why."""

from typing import NamedTuple

import pytest

from asrcore.bootstrap.planner import PASSED_IN, Plan, plan
from asrcore.bootstrap.settings import Settings
from asrcore.bootstrap.stage_planner import BackendFacts
from asrcore.domain.hardware import Gpu, HardwareProfile
from asrcore.errors import ConfigError, MissingEngineError, UnknownBackendError
from asrcore.plugin import GROUPS, DeviceSupport

MAC = HardwareProfile("Darwin", "arm64", "Apple M1", 8, 16.0)
CUDA = HardwareProfile("Linux", "x86_64", "Xeon", 16, 500.0, (Gpu("H200", 140.0),))
LAPTOP = HardwareProfile("Linux", "x86_64", "Core i5", 8, 15.5)

ANYWHERE = {kind: DeviceSupport() for kind in ("cuda", "metal", "cpu")}
TORCH = {
    "cuda": DeviceSupport(("float16", "float32"), why="half the memory"),
    "mps": DeviceSupport(("float32",), planned=False),
    "cpu": DeviceSupport(("float32",)),
}
WAV2VEC2 = BackendFacts("wav2vec2", devices=TORCH, rank=20, install="pip install w")
NO_WAV2VEC2 = BackendFacts("wav2vec2", False, TORCH, 20, "pip install w")
ATTENTION = BackendFacts("attention", devices=ANYWHERE, rank=10)
SPHINX = BackendFacts("sphinx", rank=1)
UNRANKED = BackendFacts("unranked")
ALL = (SPHINX, ATTENTION, UNRANKED, WAV2VEC2)

CUDA_OR_CPU = {"cuda": DeviceSupport(("float16",)), "cpu": DeviceSupport(("int8",))}
WHISPER = BackendFacts("whisper", devices=CUDA_OR_CPU, rank=9, attention=True)
MLX = BackendFacts("mlx", devices={"metal": DeviceSupport(("bf16",))}, rank=20, attention=True)
DEAF = BackendFacts("deaf", rank=1)
EXACT = BackendFacts("sphinx", rank=1, word_times=True)


def planned(
    profile: HardwareProfile,
    aligners: tuple,
    transcribers: tuple = (WHISPER,),
    given: dict | None = None,
    **settings: dict,
) -> Plan:
    installed = {stage: [] for stage in GROUPS} | {
        "transcriber": transcribers,
        "aligner": aligners,
        "voice_activity": [BackendFacts("silero")],
        "audio_source": [BackendFacts("pyav")],
        "sentence_splitter": [BackendFacts("sentencex")],
    }
    return plan(profile, installed, Settings.of(settings), given or {})


def names(decided: Plan) -> tuple[str | None, list[str]]:
    """The first choice, and who steps in."""
    first = decided.aligner
    return first and first.backend, [each.backend for each in decided.fallback_aligners]


class Row(NamedTuple):
    wanted: dict
    aligners: tuple
    transcribers: tuple
    first: str | None
    others: list[str]


TABLE = {
    "by rank": Row({}, ALL, (WHISPER,), "wav2vec2", ["attention", "sphinx"]),
    "not installed": Row({}, (NO_WAV2VEC2, *ALL[:3]), (WHISPER,), "attention", ["sphinx"]),
    "attention needs its transcriber": Row({}, ALL, (DEAF,), "wav2vec2", ["sphinx"]),
    "nobody is left for that": Row({}, (ATTENTION,), (DEAF,), None, []),
    "nobody is installed": Row({}, (NO_WAV2VEC2,), (WHISPER,), None, []),
    "nobody is known": Row({}, (), (WHISPER,), None, []),
    "rank 0 is never chosen": Row({}, (UNRANKED,), (WHISPER,), None, []),
    "none": Row({"backend": "none"}, ALL, (WHISPER,), None, []),
    "named": Row({"backend": "sphinx"}, ALL, (WHISPER,), "sphinx", ["wav2vec2", "attention"]),
    "attention named": Row(
        {"backend": "attention"}, ALL, (WHISPER,), "attention", ["wav2vec2", "sphinx"]
    ),
    "rank 0 named": Row(
        {"backend": "unranked"}, ALL, (DEAF,), "unranked", ["wav2vec2", "sphinx"]
    ),
    "nobody may step in": Row({"fallback": False}, ALL, (WHISPER,), "wav2vec2", []),
    "named and alone": Row(
        {"backend": "sphinx", "fallback": False}, ALL, (WHISPER,), "sphinx", []
    ),
    "exact words already": Row({}, ALL, (EXACT,), None, ["wav2vec2", "sphinx"]),
    "the same engine named": Row(
        {"backend": "sphinx"}, ALL, (EXACT,), None, ["sphinx", "wav2vec2"]
    ),
    "another one named": Row({"backend": "wav2vec2"}, ALL, (EXACT,), "wav2vec2", ["sphinx"]),
    "exact words, one for texts": Row({"fallback": False}, ALL, (EXACT,), None, ["wav2vec2"]),
    "exact words, none": Row({"backend": "none"}, ALL, (EXACT,), None, []),
}  # fmt: skip


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_who_aligns_and_who_steps_in(row: Row) -> None:
    by_hand = {"backend": row.transcribers[0].name}
    decided = planned(
        LAPTOP, row.aligners, row.transcribers, transcriber=by_hand, aligner=row.wanted
    )
    assert names(decided) == (row.first, row.others)
    assert decided.stages()["aligner"] is decided.aligner


class TestDevices:
    @pytest.mark.parametrize(
        ("profile", "device", "compute_type"),
        [(CUDA, "cuda", "float16"), (LAPTOP, "cpu", "float32"), (MAC, "cpu", "float32")],
    )
    def test_are_those_of_the_machine(
        self, profile: HardwareProfile, device: str, compute_type: str
    ) -> None:
        first = planned(profile, (WAV2VEC2,)).aligner
        assert (first.device, first.compute_type) == (device, compute_type)

    @pytest.mark.parametrize("backend", ["auto", "wav2vec2"])
    def test_are_set_by_hand_for_the_first_alone(self, backend: str) -> None:
        wanted = {"backend": backend, "device": "cpu"}
        sphinx = BackendFacts("other", devices=TORCH, rank=1)
        decided = planned(CUDA, (WAV2VEC2, sphinx), aligner=wanted)
        assert decided.aligner.device == "cpu"
        assert [each.device for each in decided.fallback_aligners] == ["cuda"]

    @pytest.mark.parametrize(
        ("profile", "transcribers", "wanted", "placed"),
        [
            (CUDA, (WHISPER,), {}, ("cuda", "float16")),
            (CUDA, (WHISPER,), {"device": "cpu"}, ("cpu", "int8")),
            (LAPTOP, (WHISPER,), {}, ("cpu", "int8")),
            (MAC, (WHISPER, MLX), {}, ("metal", "bf16")),
            (MAC, (WHISPER, MLX), {"backend": "whisper"}, ("cpu", "int8")),
        ],
    )
    @pytest.mark.parametrize("aligners", [(ATTENTION,), (ATTENTION, WAV2VEC2)])
    def test_of_attention_are_the_transcribers(
        self,
        profile: HardwareProfile,
        transcribers: tuple,
        wanted: dict,
        placed: tuple,
        aligners: tuple,
    ) -> None:
        decided = planned(profile, aligners, transcribers, transcriber=wanted)
        line = [decided.aligner, *decided.fallback_aligners]
        (attention,) = (each for each in line if each.backend == "attention")
        assert (attention.device, attention.compute_type) == placed
        assert attention.placement == decided.transcriber.placement

    def test_that_are_not_there_keep_who_needs_them_out_of_the_line(self) -> None:
        only_cuda = BackendFacts("tensor", devices={"cuda": DeviceSupport()}, rank=99)
        assert names(planned(LAPTOP, (only_cuda, SPHINX))) == ("sphinx", [])
        assert names(planned(CUDA, (only_cuda, SPHINX))) == ("tensor", ["sphinx"])

    def test_that_nobody_has_leave_transcription_without_an_aligner(self) -> None:
        only_cuda = BackendFacts("tensor", devices={"cuda": DeviceSupport()}, rank=99)
        unplanned = BackendFacts("slow", devices={"cpu": DeviceSupport(planned=False)}, rank=99)
        for aligners in [(only_cuda,), (unplanned,)]:
            assert names(planned(LAPTOP, aligners)) == (None, [])

    def test_for_which_nobody_is_planned_bring_nobody_in_unasked(self) -> None:
        unplanned = BackendFacts("slow", devices={"cpu": DeviceSupport(planned=False)}, rank=99)
        assert names(planned(LAPTOP, (unplanned, SPHINX))) == ("sphinx", [])
        named = planned(LAPTOP, (unplanned, SPHINX), aligner={"backend": "slow"})
        assert names(named) == ("slow", ["sphinx"])


def test_a_mac_without_mlx_aligns_by_the_better_model_where_both_compute_on_the_cpu() -> None:
    """Attention would do on Metal, but the transcriber that it belongs to is not there."""
    decided = planned(MAC, ALL)
    assert decided.transcriber.device == "cpu"
    assert names(decided) == ("wav2vec2", ["attention", "sphinx"])
    assert decided.fallback_aligners[0].device == "cpu"


class TestReasons:
    def test_tell_the_chosen_from_those_that_step_in(self) -> None:
        decided = planned(LAPTOP, ALL)
        assert decided.aligner.reason == "the best that is installed for this machine"
        assert [each.reason for each in decided.fallback_aligners] == [
            "steps in where wav2vec2 cannot",
            "steps in where attention cannot",
        ]

    def test_tell_what_would_be_more_exact_and_how_to_get_it(self) -> None:
        reason = planned(LAPTOP, (NO_WAV2VEC2, ATTENTION)).aligner.reason
        assert reason.endswith("wav2vec2 would be the first choice here, run: pip install w")

    def test_do_not_advise_attention_where_the_transcriber_has_none(self) -> None:
        missing = BackendFacts("attention", False, ANYWHERE, 99)
        assert "attention" not in planned(LAPTOP, (missing, SPHINX), (DEAF,)).aligner.reason

    def test_say_what_was_named(self) -> None:
        named = planned(CUDA, ALL, aligner={"backend": "wav2vec2"}).aligner
        assert named.reason == "named in the settings; half the memory"


class TestPartsPassedIn:
    def test_an_aligner_is_alone(self) -> None:
        mine = {"aligner": BackendFacts("passed in")}
        for wanted in ({}, {"backend": "none"}, {"backend": "wav2vec2"}):
            decided = planned(LAPTOP, ALL, given=mine, aligner=wanted)
            assert decided.aligner is PASSED_IN
            assert decided.fallback_aligners == ()

    def test_an_aligner_is_used_though_the_transcriber_is_exact(self) -> None:
        mine = {"aligner": BackendFacts("passed in")}
        assert planned(LAPTOP, ALL, (EXACT,), mine).aligner is PASSED_IN

    @pytest.mark.parametrize(
        ("knows", "first", "others"),
        [
            ({}, "wav2vec2", ["sphinx"]),
            ({"attention": True}, "wav2vec2", ["attention", "sphinx"]),
            ({"word_times": True}, None, ["wav2vec2", "sphinx"]),
        ],
    )
    def test_a_transcriber_is_known_by_what_it_can(
        self, knows: dict, first: str | None, others: list[str]
    ) -> None:
        mine = {"transcriber": BackendFacts("passed in", **knows)}
        assert names(planned(LAPTOP, ALL, (), mine)) == (first, others)

    def test_a_sentence_splitter_is_used_though_none_is_wanted(self) -> None:
        mine = {"sentence_splitter": BackendFacts("passed in")}
        off = {"backend": "none"}
        assert planned(LAPTOP, ALL, given=mine, sentences=off).sentence_splitter is PASSED_IN
        assert planned(LAPTOP, ALL, sentences=off).sentence_splitter is None


class TestRefusals:
    def test_attention_that_the_transcriber_does_not_have(self) -> None:
        with pytest.raises(ConfigError) as caught:
            planned(LAPTOP, ALL, (DEAF,), aligner={"backend": "attention"})
        assert caught.value.message == "aligner.backend: deaf cannot align by attention"
        assert caught.value.hint == "name another: asr backends lists them"

    def test_a_named_one_that_is_not_installed(self) -> None:
        with pytest.raises(MissingEngineError, match="aligner backend wav2vec2 is not installed"):
            planned(LAPTOP, (NO_WAV2VEC2, SPHINX), aligner={"backend": "wav2vec2"})

    def test_a_named_one_that_does_not_exist(self) -> None:
        with pytest.raises(UnknownBackendError, match="there are sphinx, wav2vec2") as caught:
            planned(LAPTOP, (SPHINX, WAV2VEC2), aligner={"backend": "wav2vec"})
        assert caught.value.hint == "did you mean wav2vec2?"

    def test_a_device_that_it_does_not_have(self) -> None:
        with pytest.raises(ConfigError, match=r"aligner\.device: sphinx runs on cpu, not on cuda"):
            planned(CUDA, (SPHINX,), aligner={"backend": "sphinx", "device": "cuda"})

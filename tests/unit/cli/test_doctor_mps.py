"""`asr doctor --check-mps`, and what `asr doctor` says of diarizers."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from dependency_injector import providers

from asrcore.api import Engine
from asrcore.bootstrap.container import Container
from asrcore.bootstrap.device_check import DeviceCheck, Heard
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.hardware import HardwareProfile
from asrcore.domain.timespan import TimeSpan

MAC = HardwareProfile("Darwin", "arm64", "Apple M1", cores=8, memory=16.0)
TURNS = Diarization(
    (
        SpeakerTurn(TimeSpan(0.0, 4.5), "SPEAKER_00"),
        SpeakerTurn(TimeSpan(5.0, 10.25), "SPEAKER_01"),
    )
)
MERGED = TURNS.renamed({"SPEAKER_01": "SPEAKER_00"})
USUAL = Heard("talker", "cpu", TURNS, 2.04)


@pytest.fixture
def mac() -> Iterator[None]:
    with Container.profile.override(providers.Object(MAC)):
        yield


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[[Diarization, Diarization], None]:
    """Let the engine find these turns on the CPU and on Metal."""

    def install(usual: Diarization, other: Diarization) -> None:
        check = DeviceCheck(
            12.0, replace(USUAL, diarization=usual), Heard("talker", "mps", other, 1.0)
        )
        monkeypatch.setattr(Engine, "check_device", lambda self, device: check)

    return install


def test_turns_that_agree_make_metal_safe(asr: Callable, found: Callable) -> None:
    found(TURNS, TURNS)
    shown = asr("doctor", "--check-mps")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout == (
        "Speaker turns\n"
        "  cpu  2.0 s  SPEAKER_00 0.00-4.50; SPEAKER_01 5.00-10.25\n"
        "  mps  1.0 s  SPEAKER_00 0.00-4.50; SPEAKER_01 5.00-10.25\n"
        "mps and cpu agree (0.00 s differ): --set diarizer.device=mps is safe with talker here\n"
    )


def test_turns_that_differ_leave_it_on_the_cpu_and_fail(asr: Callable, found: Callable) -> None:
    found(TURNS, MERGED)
    shown = asr("doctor", "--check-mps")
    assert (shown.exit_code, shown.stderr) == (1, "")
    assert shown.stdout.endswith("mps and cpu differ for 10.50 s: leave the diarizer on the CPU\n")


def test_nobody_heard_is_no_proof(asr: Callable, found: Callable) -> None:
    found(Diarization(), Diarization())
    shown = asr("doctor", "--check-mps")
    assert shown.exit_code == 1
    assert re.search(r"cpu +2\.0 s +nobody\n", shown.stdout)
    assert "leave the diarizer on the CPU" in shown.stdout


def test_nobody_heard_is_not_called_a_difference(asr: Callable, found: Callable) -> None:
    found(Diarization(), Diarization())
    assert "differ for 0.00 s" not in asr("doctor", "--check-mps").stdout


@pytest.mark.parametrize(("other", "same", "status"), [(TURNS, True, 0), (MERGED, False, 1)])
def test_json_tells_all(
    asr: Callable, found: Callable, other: Diarization, same: bool, status: int
) -> None:
    found(TURNS, other)
    shown = asr("doctor", "--check-mps", "--json")
    assert shown.exit_code == status
    told = json.loads(shown.stdout)
    assert told["same"] is same
    assert told["differing"] == pytest.approx(0.0 if same else 10.5)
    assert told["duration"] == 12.0
    assert (told["usual"]["device"], told["other"]["device"]) == ("cpu", "mps")
    assert told["usual"]["diarization"]["turns"][0] == {
        "span": {"start": 0.0, "end": 4.5},
        "speaker": "SPEAKER_00",
    }


def test_the_bundled_recording_is_really_heard_on_both(asr: Callable, mac: None) -> None:
    shown = asr("doctor", "--check-mps", "--json", "-s", "diarizer.backend=talker")
    assert shown.exit_code == 0, shown.stderr
    told = json.loads(shown.stdout)
    assert {told[each]["backend"] for each in ("usual", "other")} == {"talker"}
    assert told["other"]["device"] == "mps"
    assert told["usual"]["diarization"]["turns"]


def test_a_machine_without_metal_is_told_so(asr: Callable) -> None:
    with Container.profile.override(
        providers.Object(HardwareProfile("Linux", "x86_64", "Xeon", 8, 31.0))
    ):
        shown = asr("doctor", "--check-mps")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr.startswith("asr: error: this machine has no mps to check\n")


def test_a_diarizer_that_is_not_installed_is_told_with_its_command(
    asr: Callable, mac: None
) -> None:
    shown = asr("doctor", "--check-mps", "-s", "diarizer.backend=deaf")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr == (
        "asr: error: diarizer backend deaf is not installed\n"
        'asr: run: pip install "stranger[deaf]"\n'
    )


def test_doctor_says_which_diarizer_and_why(asr: Callable) -> None:
    shown = asr("doctor", "-s", "diarizer.backend=auto")
    assert shown.exit_code == 0
    assert re.search(r"diarizer +talker +cpu +the best that is installed", shown.stdout)
    assert re.search(r'diarizer +deaf +run: pip install "stranger\[deaf\]"', shown.stdout)

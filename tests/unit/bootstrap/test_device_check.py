"""Whether another device hears the same as the CPU; machines and diarizers of tests."""

import sys
from collections.abc import Callable, Mapping
from types import ModuleType

import pytest

from asrcore.bootstrap.calibration import known_speech
from asrcore.bootstrap.device_check import (
    PAUSE,
    DeviceCheck,
    Heard,
    check_device,
    conversation,
)
from asrcore.bootstrap.settings import DiarizerSettings
from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.hardware import Gpu, HardwareProfile
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import (
    ConfigError,
    EngineError,
    MissingEngineError,
    ModelError,
    UnknownBackendError,
)
from asrcore.plugin import DeviceSupport, Options, Placement, Plugin
from asrcore.testing import FakeDiarizer

MAC = HardwareProfile("Darwin", "arm64", "Apple M1", 8, 16.0)
BOX = HardwareProfile("Linux", "x86_64", "Xeon", 8, 31.0, (Gpu("T4", 15.0),))
BY_HAND = DeviceSupport(planned=False, why="wrong times")


def turns(*told: tuple[str, float, float]) -> Diarization:
    return Diarization(tuple(SpeakerTurn(TimeSpan(a, b), name) for name, a, b in told))


USUAL = turns(("x", 0.0, 4.0), ("y", 5.0, 10.0))


class Volume(Options):
    volume: int = 3


class Talkers:
    """What the registry of a test publishes, and what became of it.

    Attributes:
        found: what is heard on which device, or raised.
        built: backend, options and placement, in order.
        made: the diarizers.
    """

    def __init__(self) -> None:
        self.found: dict[str, Diarization | Exception] = {"cpu": USUAL, "mps": USUAL}
        self.built: list[tuple[str, Options, Placement]] = []
        self.made: list[FakeDiarizer] = []
        self.heard: list[Audio] = []

    def builder(self, name: str) -> Callable:
        def build(options: Options, placement: Placement) -> FakeDiarizer:
            found = self.found[placement.device]
            if isinstance(found, ModelError):
                raise found
            self.built.append((name, options, placement))
            error = found if isinstance(found, Exception) else None
            self.made.append(FakeDiarizer(lambda audio: self.hear(audio, found), error))
            return self.made[-1]

        return build

    def hear(self, audio: Audio, found: Diarization) -> Diarization:
        self.heard.append(audio)
        return found

    def devices(self) -> list[tuple[str, str]]:
        return [(name, placement.device) for name, _, placement in self.built]


@pytest.fixture
def talkers() -> Talkers:
    return Talkers()


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, registry_of: Callable, talkers: Talkers) -> Callable:
    """Check a device with some backends: name -> what its plugin says."""

    def run(
        checked: str = "mps",
        *,
        machine: HardwareProfile = MAC,
        backends: Mapping[str, dict] | None = None,
        **settings: object,
    ) -> DeviceCheck:
        both = {"cpu": DeviceSupport(), "mps": BY_HAND}
        module = ModuleType("talkers")
        published = backends if backends is not None else {"talker": {}}
        for name, given in published.items():
            facts = {"options": Volume, "devices": both, "rank": 1} | given
            setattr(module, f"build_{name}", talkers.builder(name))
            setattr(module, name, Plugin(name, f"talkers:build_{name}", **facts))
        monkeypatch.setitem(sys.modules, "talkers", module)
        registry = registry_of({"diarizer": {name: f"talkers:{name}" for name in published}})
        return check_device(checked, DiarizerSettings(**settings), registry, machine)

    return run


def test_the_same_diarizer_hears_the_same_sound_on_both_devices(
    check: Callable, talkers: Talkers
) -> None:
    found = check(backend="talker", options={"volume": 5})
    assert talkers.devices() == [("talker", "cpu"), ("talker", "mps")]
    assert {options.volume for _, options, _ in talkers.built} == {5}
    (one, other) = talkers.heard
    assert (one.samples == other.samples).all()
    assert found.same
    assert found.differing == 0.0
    assert (found.usual.device, found.other.device) == ("cpu", "mps")
    assert (found.usual.backend, found.other.backend) == ("talker", "talker")
    assert min(found.usual.seconds, found.other.seconds) >= 0.0
    assert found.duration == one.duration


def test_each_diarizer_is_closed_once(check: Callable, talkers: Talkers) -> None:
    check()
    assert [diarizer.closed for diarizer in talkers.made] == [1, 1]


def test_one_that_fails_is_closed_too(check: Callable, talkers: Talkers) -> None:
    talkers.found["mps"] = EngineError("no such operator")
    with pytest.raises(EngineError, match="no such operator"):
        check()
    assert [diarizer.closed for diarizer in talkers.made] == [1, 1]


@pytest.mark.parametrize("settings", [{}, {"device": "cpu"}, {"backend": "auto"}])
def test_where_speakers_are_off_the_best_is_checked_whatever_device_is_set(
    check: Callable, talkers: Talkers, settings: dict
) -> None:
    ranks = {"good": {"rank": 1}, "best": {"rank": 2}, "hidden": {"rank": 0}}
    assert check(backends=ranks, **settings).same
    assert talkers.devices() == [("best", "cpu"), ("best", "mps")]


def test_one_backend_is_checked_even_where_another_is_better_on_the_cpu(
    check: Callable, talkers: Talkers
) -> None:
    backends = {"careful": {"rank": 2, "devices": {"cpu": DeviceSupport()}}, "able": {}}
    check(backends=backends)
    assert talkers.devices() == [("able", "cpu"), ("able", "mps")]


@pytest.mark.parametrize(
    ("usual", "other", "same"),
    [
        (USUAL, USUAL, True),
        (USUAL, turns(("b", 0.0, 4.0), ("a", 5.0, 10.0)), True),  # names are the engine's own
        (USUAL, turns(("x", 0.0, 4.05), ("y", 5.05, 10.0)), True),
        (USUAL, turns(("x", 0.0, 4.1), ("y", 5.1, 10.0)), False),  # 0.2 s of 9 s
        (USUAL, turns(("x", 0.0, 4.0), ("x", 5.0, 10.0)), False),
        (USUAL, turns(), False),
        (turns(), USUAL, False),
        (turns(), turns(), False),
    ],
    ids=["same", "names", "a frame", "edges", "one", "deaf", "cpu deaf", "both deaf"],
)
def test_what_counts_as_the_same(
    check: Callable, talkers: Talkers, usual: Diarization, other: Diarization, same: bool
) -> None:
    talkers.found = {"cpu": usual, "mps": other}
    assert check().same is same


def test_how_much_differs_is_told_in_seconds() -> None:
    other = turns(("x", 0.5, 4.0), ("y", 5.0, 9.0))
    found = DeviceCheck(12.0, Heard("a", "cpu", USUAL, 1.0), Heard("a", "mps", other, 1.0))
    assert found.differing == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("device", "machine"),
    [("mps", BOX), ("cuda", MAC), ("cuda:1", BOX), ("mps:0", MAC), ("cuda:x", BOX), ("", BOX)],
)
def test_a_device_that_is_not_there_is_refused_before_anything_is_loaded(
    check: Callable, talkers: Talkers, device: str, machine: HardwareProfile
) -> None:
    with pytest.raises(ConfigError, match=f"this machine has no {device} to check"):
        check(device, machine=machine)
    assert talkers.built == []


def test_a_gpu_can_be_checked_as_well(check: Callable, talkers: Talkers) -> None:
    talkers.found["cuda:0"] = USUAL
    devices = {"cpu": DeviceSupport(), "cuda": DeviceSupport()}
    assert check("cuda:0", machine=BOX, backends={"talker": {"devices": devices}}).same
    assert talkers.devices() == [("talker", "cpu"), ("talker", "cuda:0")]


@pytest.mark.parametrize(
    ("backends", "settings", "error", "words"),
    [
        ({}, {}, MissingEngineError, "no diarizer backend is installed"),
        (
            {"away": {"requires": ("no_such_engine",), "install": "pip install away"}},
            {},
            MissingEngineError,
            "run: pip install away",
        ),
        ({"talker": {}}, {"backend": "taler"}, UnknownBackendError, "did you mean talker?"),
        (
            {"talker": {"devices": {"cpu": DeviceSupport()}}},
            {"backend": "talker"},
            ConfigError,
            "talker runs on cpu, not on mps",
        ),
        ({"talker": {}}, {"options": {"volum": 1}}, ConfigError, "did you mean volume?"),
    ],
    ids=["none", "not installed", "unknown", "no such device", "option"],
)
def test_a_diarizer_that_cannot_be_had_is_told(
    check: Callable, backends: dict, settings: dict, error: type, words: str
) -> None:
    with pytest.raises(error) as caught:
        check(backends=backends, **settings)
    assert words in str(caught.value)


def test_a_model_that_cannot_be_had_is_told(check: Callable, talkers: Talkers) -> None:
    talkers.found["cpu"] = ModelError("no network")
    with pytest.raises(ModelError, match="no network"):
        check()


def test_the_bundled_conversation_has_every_sentence_and_a_pause_after_each() -> None:
    audio = conversation()
    sentences = known_speech()
    expected = sum(len(each.samples) / SAMPLE_RATE + PAUSE for each in sentences)
    assert audio.duration == pytest.approx(expected)
    assert 5.0 < audio.duration < 60.0, "long enough to tell voices apart, and soon heard"
    first = len(sentences[0].samples)
    assert (audio.samples[:first] == sentences[0].samples).all()
    assert not audio.samples[first : first + round(PAUSE * SAMPLE_RATE)].any()
    assert abs(audio.samples).max() <= 1.0

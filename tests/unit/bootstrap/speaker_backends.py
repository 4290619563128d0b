"""Diarizers and the parts around them, published by entry points of a test's own."""

import sys
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from asrcore import api
from asrcore.api import Engine
from asrcore.bootstrap.registry import Registry
from asrcore.domain.audio import Audio
from asrcore.domain.capabilities import DiarizerCapabilities
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.hardware import Gpu, HardwareProfile
from asrcore.domain.timespan import TimeSpan
from asrcore.plugin import DeviceSupport, Options, Plugin
from asrcore.testing import (
    FakeAligner,
    FakeAudioSource,
    FakeDiarizer,
    FakeTranscriber,
    FakeVoiceActivityDetector,
    RecordedProgress,
    silence,
    tone,
)

MACHINE = HardwareProfile("Linux", "x86_64", "Xeon", 8, 31.0, (Gpu("RTX 4070", 12.0),))
LOUD, SOFT = tone(2.0, level=0.5), tone(2.0, level=0.125)
BOTH = np.concatenate([SOFT, LOUD])


def by_loudness(audio: Audio) -> Diarization:
    """Whoever is loud is called 0 and has one voice; whoever is soft, 1 and another."""
    turns, voices = [], {}
    for second in range(int(audio.duration)):
        span = TimeSpan(second, second + 1)
        level = abs(audio.slice(span)).max()
        if level:
            name = "0" if level > 0.25 else "1"
            turns.append(SpeakerTurn(span, name))
            voices[name] = (1.0, 0.0) if name == "0" else (0.0, 1.0)
    return Diarization(tuple(turns), embeddings=voices)


class Sounds(FakeAudioSource):
    """`soft.wav` is soft, `silent.wav` is silent; all else is loud."""

    def blocks(self, recording, warn):
        if "soft" in recording.name:
            return iter([SOFT])
        if "silent" in recording.name:
            return iter([silence(2.0)])
        return super().blocks(recording, warn)


class Level(Options):
    level: int = 1


class Backends:
    """What the registry of a test publishes, and what was built of it.

    Attributes:
        goods: what is built in place of a backend, by its name, or raised.
        built: name, object, options and placement.
    """

    def __init__(self) -> None:
        self.goods = {
            "talker": lambda: FakeDiarizer(by_loudness),
            "humble": lambda: FakeDiarizer(by_loudness, capabilities=DiarizerCapabilities()),
            "whisper": FakeTranscriber,
            "ctc": FakeAligner,
            "silero": FakeVoiceActivityDetector,
            "pyav": lambda: Sounds(broken=["bad.wav"]),
        }
        self.built = []

    def builder(self, name: str) -> Callable:
        def build(options, placement):
            made = self.goods[name]()
            self.built.append((name, made, options, placement))
            return made

        return build

    def names(self) -> list[str]:
        return [name for name, *_ in self.built]

    def of(self, name: str) -> FakeDiarizer:
        (found,) = (made for known, made, *_ in self.built if known == name)
        return found


PUBLISHED = {
    "diarizer": {
        "talker": {
            "rank": 2,
            "options": Level,
            "devices": {"cpu": DeviceSupport(), "cuda": DeviceSupport(planned=False)},
        },
        "humble": {"rank": 1},
    },
    "transcriber": {"whisper": {"rank": 1}},
    "aligner": {"ctc": {"rank": 1}},
    "voice_activity": {"silero": {}},
    "audio_source": {"pyav": {}},
}
PLAIN = {"sentences": {"backend": "none"}, "aligner": {"backend": "none"}}


def publish(
    backends: Backends,
    published: dict,
    monkeypatch: pytest.MonkeyPatch,
    registry_of: Callable[..., Registry],
) -> None:
    """Let the registry of an engine know these plugins alone."""
    module = ModuleType("speaker_backends")
    entries = {}
    for stage, plugins in published.items():
        entries[stage] = {name: f"speaker_backends:{name}" for name in plugins}
        for name, facts in plugins.items():
            setattr(module, f"build_{name}", backends.builder(name))
            setattr(module, name, Plugin(name, f"speaker_backends:build_{name}", **facts))
    monkeypatch.setitem(sys.modules, "speaker_backends", module)
    monkeypatch.setattr(api, "Registry", lambda: registry_of(entries))


def engine_of(progress: Callable | None = None, **diarizer: object) -> Engine:
    return Engine({**PLAIN, "diarizer": diarizer}, progress=progress or RecordedProgress())

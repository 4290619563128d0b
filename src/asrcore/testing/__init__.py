"""Fakes and contract suites, shipped so that other people's backends use them too.

A backend's test is a fixture and a class:

    class TestParrot(TranscriberContract):
        @pytest.fixture
        def transcriber(self):
            return Parrot(ParrotOptions(), Placement())

Put `pytest.register_assert_rewrite("asrcore.testing")` first in your `conftest.py` to see the
values in a failed assertion.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asrcore.testing.aligner import AlignerContract
    from asrcore.testing.audio_source import AudioSourceContract
    from asrcore.testing.diarizer import DiarizerContract
    from asrcore.testing.fakes import (
        FakeAligner,
        FakeAudioSource,
        FakeDiarizer,
        FakeTranscriber,
        FakeVoiceActivityDetector,
        RecordedProgress,
    )
    from asrcore.testing.plugin import PluginContract
    from asrcore.testing.sound import silence, tone
    from asrcore.testing.transcriber import TranscriberContract
    from asrcore.testing.transcript_writer import TranscriptWriterContract, sample_transcript
    from asrcore.testing.voice_activity import VoiceActivityContract

_HOMES = {
    "asrcore.testing.aligner": ("AlignerContract",),
    "asrcore.testing.audio_source": ("AudioSourceContract",),
    "asrcore.testing.diarizer": ("DiarizerContract",),
    "asrcore.testing.fakes": (
        "FakeAligner",
        "FakeAudioSource",
        "FakeDiarizer",
        "FakeTranscriber",
        "FakeVoiceActivityDetector",
        "RecordedProgress",
    ),
    "asrcore.testing.plugin": ("PluginContract",),
    "asrcore.testing.sound": (
        "silence",
        "tone",
    ),
    "asrcore.testing.transcriber": ("TranscriberContract",),
    "asrcore.testing.transcript_writer": (
        "TranscriptWriterContract",
        "sample_transcript",
    ),
    "asrcore.testing.voice_activity": ("VoiceActivityContract",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AlignerContract",
    "AudioSourceContract",
    "DiarizerContract",
    "FakeAligner",
    "FakeAudioSource",
    "FakeDiarizer",
    "FakeTranscriber",
    "FakeVoiceActivityDetector",
    "PluginContract",
    "RecordedProgress",
    "TranscriberContract",
    "TranscriptWriterContract",
    "VoiceActivityContract",
    "sample_transcript",
    "silence",
    "tone",
]


def __getattr__(name: str) -> object:
    """Import a name when it is first used: the fakes need no pytest, only the contracts do."""
    if name in _HOME_OF:
        return getattr(import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'asrcore.testing' has no attribute {name!r}")

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

from typing import TYPE_CHECKING

from asrcore.lazy import lazy_names

if TYPE_CHECKING:
    from asrcore.testing.aligner import AlignerContract
    from asrcore.testing.annotation_reader import AnnotationReaderContract
    from asrcore.testing.audio_source import AudioSourceContract
    from asrcore.testing.chart import ChartContract
    from asrcore.testing.diarizer import DiarizerContract
    from asrcore.testing.emission_model import EmissionModelContract
    from asrcore.testing.fakes import (
        FakeAligner,
        FakeAudioSource,
        FakeDiarizer,
        FakeTranscriber,
        FakeVoiceActivityDetector,
        RecordedProgress,
    )
    from asrcore.testing.metric import MetricContract
    from asrcore.testing.model_converter import FakeModelConverter, ModelConverterContract
    from asrcore.testing.plugin import PluginContract
    from asrcore.testing.scripted_whisper import ScriptedWhisper
    from asrcore.testing.sentence_splitter import FakeSentenceSplitter, SentenceSplitterContract
    from asrcore.testing.sound import silence, tone
    from asrcore.testing.spelling_model import FakeEmissionModel, spelled
    from asrcore.testing.transcriber import TranscriberContract
    from asrcore.testing.transcript_writer import TranscriptWriterContract, sample_transcript
    from asrcore.testing.voice_activity import VoiceActivityContract

_HOMES = {
    "asrcore.testing.aligner": ("AlignerContract",),
    "asrcore.testing.annotation_reader": ("AnnotationReaderContract",),
    "asrcore.testing.audio_source": ("AudioSourceContract",),
    "asrcore.testing.chart": ("ChartContract",),
    "asrcore.testing.diarizer": ("DiarizerContract",),
    "asrcore.testing.emission_model": ("EmissionModelContract",),
    "asrcore.testing.fakes": (
        "FakeAligner",
        "FakeAudioSource",
        "FakeDiarizer",
        "FakeTranscriber",
        "FakeVoiceActivityDetector",
        "RecordedProgress",
    ),
    "asrcore.testing.metric": ("MetricContract",),
    "asrcore.testing.model_converter": ("FakeModelConverter", "ModelConverterContract"),
    "asrcore.testing.plugin": ("PluginContract",),
    "asrcore.testing.scripted_whisper": ("ScriptedWhisper",),
    "asrcore.testing.sentence_splitter": ("FakeSentenceSplitter", "SentenceSplitterContract"),
    "asrcore.testing.sound": (
        "silence",
        "tone",
    ),
    "asrcore.testing.spelling_model": ("FakeEmissionModel", "spelled"),
    "asrcore.testing.transcriber": ("TranscriberContract",),
    "asrcore.testing.transcript_writer": (
        "TranscriptWriterContract",
        "sample_transcript",
    ),
    "asrcore.testing.voice_activity": ("VoiceActivityContract",),
}

__all__ = [
    "AlignerContract",
    "AnnotationReaderContract",
    "AudioSourceContract",
    "ChartContract",
    "DiarizerContract",
    "EmissionModelContract",
    "FakeAligner",
    "FakeAudioSource",
    "FakeDiarizer",
    "FakeEmissionModel",
    "FakeModelConverter",
    "FakeSentenceSplitter",
    "FakeTranscriber",
    "FakeVoiceActivityDetector",
    "MetricContract",
    "ModelConverterContract",
    "PluginContract",
    "RecordedProgress",
    "ScriptedWhisper",
    "SentenceSplitterContract",
    "TranscriberContract",
    "TranscriptWriterContract",
    "VoiceActivityContract",
    "sample_transcript",
    "silence",
    "spelled",
    "tone",
]


# The fakes need no pytest; only the contracts do.
__getattr__ = lazy_names(__name__, _HOMES)

"""Decoding into one array, in memory or in a file."""

import numpy as np
import pytest

from asrcore.domain.recording import Recording
from asrcore.errors import EngineError
from asrcore.testing import FakeAudioSource
from asrcore.usecases import load
from asrcore.usecases.load import load_audio


def ignore(message: str) -> None:
    pass


def test_blocks_are_put_together_in_order():
    samples = np.arange(50_000, dtype=np.float32)
    audio = load_audio(FakeAudioSource(), Recording.of(samples), ignore)
    np.testing.assert_array_equal(audio.samples, samples)


def test_a_full_disk_is_said_in_words(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(load, "IN_MEMORY_LIMIT", 100_000)
    monkeypatch.setattr(load.tempfile, "TemporaryFile", full)
    recording = Recording.of(np.zeros(100_000, np.float32))
    with pytest.raises(EngineError, match="No space left") as caught:
        load_audio(FakeAudioSource(), recording, ignore)
    assert "TMPDIR" in caught.value.hint


def test_a_long_recording_is_mapped_from_a_file(monkeypatch):
    monkeypatch.setattr(load, "IN_MEMORY_LIMIT", 100_000)
    samples = np.arange(100_000, dtype=np.float32)
    audio = load_audio(FakeAudioSource(), Recording.of(samples), ignore)
    assert isinstance(audio.samples, np.memmap)
    np.testing.assert_array_equal(audio.samples, samples)
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0] = 1.0

"""Decoding into one array, in memory or in a file."""

import numpy as np
import pytest

from asrcore.domain.recording import Recording
from asrcore.testing import FakeAudioSource
from asrcore.usecases import load
from asrcore.usecases.load import load_audio


def ignore(message: str) -> None:
    pass


def test_blocks_are_put_together_in_order():
    samples = np.arange(50_000, dtype=np.float32)
    audio = load_audio(FakeAudioSource(), Recording.of(samples), ignore)
    np.testing.assert_array_equal(audio.samples, samples)


def test_a_long_recording_is_mapped_from_a_file(monkeypatch):
    monkeypatch.setattr(load, "IN_MEMORY_LIMIT", 100_000)
    samples = np.arange(100_000, dtype=np.float32)
    audio = load_audio(FakeAudioSource(), Recording.of(samples), ignore)
    assert isinstance(audio.samples, np.memmap)
    np.testing.assert_array_equal(audio.samples, samples)
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0] = 1.0

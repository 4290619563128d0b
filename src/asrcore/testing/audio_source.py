"""What every audio source promises."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from numpy.typing import NDArray

from asrcore.domain.audio import SAMPLE_RATE, Samples, Waveform
from asrcore.domain.recording import Recording, Source
from asrcore.errors import AudioDecodeError, InputError, InputNotFoundError
from asrcore.ports.audio_source import AudioSource

SECONDS = 2.5
"""Length of the tones; no multiple of anything that a decoder cuts sound into."""

SLACK = 16
"""Samples by which a length may be wrong: a millisecond."""


def decode(audio_source: AudioSource, source: Source) -> tuple[Samples, list[str]]:
    """The whole sound and the warnings; every block is checked."""
    warnings: list[str] = []
    blocks = list(audio_source.blocks(Recording.of(source), warnings.append))
    for block in blocks:
        assert block.dtype == np.float32
        assert block.ndim == 1
        assert len(block) > 0
    return np.concatenate(blocks), warnings


def sine(
    rate: int, *, frequency: float = 440.0, level: float = 0.5, seconds: float = SECONDS
) -> NDArray[np.float32]:
    """A tone of peak `level` at any rate."""
    time = np.arange(round(seconds * rate)) / rate
    return np.asarray(level * np.sin(2 * np.pi * frequency * time), dtype=np.float32)


def level_of(samples: Samples, frequency: float = 440.0) -> float:
    """The peak level of one frequency, measured away from both ends."""
    middle = samples[SAMPLE_RATE // 4 : -SAMPLE_RATE // 4].astype(np.float64)
    window = np.hanning(len(middle))
    phase = 2j * np.pi * frequency * np.arange(len(middle)) / SAMPLE_RATE
    return float(2 * abs((middle * window * np.exp(-phase)).sum()) / window.sum())


def write_wav(file: Path | BinaryIO, channels: NDArray[np.float32], rate: int) -> None:
    """Write float samples of shape (channels, n) as 16-bit wav."""
    with wave.open(str(file) if isinstance(file, Path) else file, "wb") as wav:
        wav.setnchannels(len(channels))
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes((channels.T * 32767).round().astype("<i2").tobytes())


class AudioSourceContract:
    """Subclass it and give an `audio_source` fixture."""

    @pytest.fixture
    def audio_source(self) -> AudioSource:
        """The backend under test."""
        raise NotImplementedError("give an `audio_source` fixture")

    @pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
    def test_waveforms_of_any_rate_keep_length_pitch_and_level(
        self, audio_source: AudioSource, rate: int
    ) -> None:
        samples, warnings = decode(audio_source, Waveform(sine(rate), rate))
        assert len(samples) == pytest.approx(SECONDS * SAMPLE_RATE, abs=SLACK)
        assert level_of(samples) == pytest.approx(0.5, rel=0.01)
        assert np.abs(samples).max() < 0.6
        assert warnings == []

    def test_a_16_khz_waveform_stays_as_it_is(self, audio_source: AudioSource) -> None:
        original = sine(SAMPLE_RATE)
        samples, _ = decode(audio_source, original)
        np.testing.assert_allclose(samples, original, atol=1e-6)

    def test_integer_samples_are_scaled(self, audio_source: AudioSource) -> None:
        original = (sine(SAMPLE_RATE) * 32768).astype(np.int16)
        samples, _ = decode(audio_source, original)
        assert level_of(samples) == pytest.approx(0.5, rel=0.01)

    def test_a_sound_in_one_channel_survives_at_half_its_level(
        self, audio_source: AudioSource
    ) -> None:
        left = sine(44_100)
        samples, _ = decode(audio_source, Waveform(np.stack([left, 0 * left]), 44_100))
        assert level_of(samples) == pytest.approx(0.25, rel=0.01)

    def test_opposite_channels_cancel_out(self, audio_source: AudioSource) -> None:
        left = sine(44_100)
        samples, _ = decode(audio_source, Waveform(np.stack([left, -left]), 44_100))
        assert np.abs(samples).max() < 1e-4

    def test_loud_channels_do_not_clip(self, audio_source: AudioSource) -> None:
        loud = sine(SAMPLE_RATE, level=0.99)
        samples, _ = decode(audio_source, np.stack([loud, loud]))
        np.testing.assert_allclose(samples, loud, atol=1e-3)

    def test_arrays_are_left_alone(self, audio_source: AudioSource) -> None:
        original = np.stack([sine(44_100), sine(44_100)])
        before = original.copy()
        decode(audio_source, Waveform(original, 44_100))
        np.testing.assert_array_equal(original, before)

    @pytest.mark.parametrize("channels", [1, 2])
    def test_reads_a_wav_file_as_often_as_asked(
        self, audio_source: AudioSource, tmp_path: Path, channels: int
    ) -> None:
        path = tmp_path / "a tone.wav"
        write_wav(path, np.tile(sine(44_100), (channels, 1)), 44_100)
        samples, warnings = decode(audio_source, path)
        again, _ = decode(audio_source, str(path))
        assert len(samples) == pytest.approx(SECONDS * SAMPLE_RATE, abs=SLACK)
        assert level_of(samples) == pytest.approx(0.5, rel=0.01)
        assert warnings == []
        np.testing.assert_array_equal(samples, again)

    def test_reads_a_file_object_from_its_beginning_and_leaves_it_open(
        self, audio_source: AudioSource
    ) -> None:
        with io.BytesIO() as file:
            write_wav(file, sine(SAMPLE_RATE)[np.newaxis], SAMPLE_RATE)
            samples, _ = decode(audio_source, file)
            again, _ = decode(audio_source, file)
            assert not file.closed
        assert len(samples) == pytest.approx(SECONDS * SAMPLE_RATE, abs=SLACK)
        np.testing.assert_array_equal(samples, again)

    def test_may_be_left_before_the_end(self, audio_source: AudioSource, tmp_path: Path) -> None:
        path = tmp_path / "tone.wav"
        write_wav(path, sine(SAMPLE_RATE)[np.newaxis], SAMPLE_RATE)
        warnings: list[str] = []
        first = next(iter(audio_source.blocks(Recording.of(path), warnings.append)))
        assert len(first) > 0
        path.unlink()
        assert warnings == []

    def test_a_missing_file_is_not_found(self, audio_source: AudioSource, tmp_path: Path) -> None:
        with pytest.raises(InputNotFoundError, match=r"missing\.wav"):
            decode(audio_source, tmp_path / "missing.wav")

    def test_a_directory_is_no_recording(self, audio_source: AudioSource, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=tmp_path.name):
            decode(audio_source, tmp_path)

    @pytest.mark.parametrize("content", [b"", b"Ask not what your country can do for you.\n" * 99])
    @pytest.mark.parametrize("name", ["sound.wav", "sound.mp3", "notes.txt"])
    def test_what_holds_no_sound_cannot_be_decoded(
        self, audio_source: AudioSource, tmp_path: Path, name: str, content: bytes
    ) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(AudioDecodeError, match=name):
            decode(audio_source, tmp_path / name)
        with pytest.raises(AudioDecodeError):
            decode(audio_source, io.BytesIO(content))

    def test_a_wav_file_without_samples_cannot_be_decoded(
        self, audio_source: AudioSource, tmp_path: Path
    ) -> None:
        path = tmp_path / "nothing.wav"
        write_wav(path, np.zeros((1, 0), np.float32), SAMPLE_RATE)
        with pytest.raises(AudioDecodeError, match=r"nothing\.wav"):
            decode(audio_source, path)

    def test_an_array_without_samples_cannot_be_decoded(self, audio_source: AudioSource) -> None:
        with pytest.raises(AudioDecodeError):
            decode(audio_source, np.zeros(0, np.float32))

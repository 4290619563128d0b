import numpy as np
import pytest

from asrcore.domain.audio import SAMPLE_RATE, Audio, Waveform
from asrcore.domain.timespan import TimeSpan

COUNTING = np.arange(SAMPLE_RATE, dtype=np.float32)
"""A second in which each sample's value is its index."""


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((2, 8), np.float32),
        np.zeros((), np.float32),
        np.zeros(8, np.float64),
        np.zeros(8, np.int16),
    ],
)
def test_audio_refuses_what_is_not_mono_float32(samples: np.ndarray) -> None:
    with pytest.raises(ValueError, match="mono float32"):
        Audio(samples)


@pytest.mark.parametrize(("count", "seconds"), [(0, 0.0), (160, 0.01), (480_000, 30.0)])
def test_audio_lasts_as_long_as_its_samples(count: int, seconds: float) -> None:
    audio = Audio(np.zeros(count, np.float32))
    assert audio.duration == seconds
    assert audio.span == TimeSpan(0.0, seconds)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0.0, 1.0, range(16_000)),
        (0.25, 0.5, range(4_000, 8_000)),
        (0.5, 0.5, range(0)),
        (0.25 + 0.4 / 16_000, 0.25 + 1.6 / 16_000, range(4_000, 4_002)),
        (0.75, 9.0, range(12_000, 16_000)),
        (3.0, 4.0, range(0)),
    ],
)
def test_slice_takes_the_nearest_samples_and_stops_at_the_end(
    start: float, end: float, expected: range
) -> None:
    assert Audio(COUNTING).slice(TimeSpan(start, end)).tolist() == list(expected)


def test_slice_is_a_view_so_that_a_long_recording_is_not_copied() -> None:
    assert np.shares_memory(Audio(COUNTING).slice(TimeSpan(0.1, 0.2)), COUNTING)


def test_sounds_compare_by_identity_since_arrays_have_no_truth() -> None:
    audio, waveform = Audio(COUNTING), Waveform(COUNTING)
    assert len({audio, waveform, audio}) == 2
    assert audio != Audio(COUNTING)
    assert waveform != Waveform(COUNTING)


@pytest.mark.parametrize(
    ("samples", "rate", "reason"),
    [
        (COUNTING, 0, "sample rate is positive"),
        (COUNTING, -8_000, "sample rate is positive"),
        (np.zeros(8, np.uint8), 8_000, "float or signed"),
        (np.zeros(8, np.complex64), 8_000, "float or signed"),
        (np.zeros(8, bool), 8_000, "float or signed"),
        (np.zeros((), np.float32), 8_000, "shape"),
        (np.zeros((1, 2, 8), np.float32), 8_000, "shape"),
        (np.zeros((65, 2), np.float32), 8_000, "transpose"),
    ],
)
def test_waveform_refuses_what_no_sound_looks_like(
    samples: np.ndarray, rate: int, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Waveform(samples, rate)


@pytest.mark.parametrize("shape", [(0,), (8,), (1, 8), (64, 2)])
def test_waveform_takes_mono_and_planar_sound(shape: tuple) -> None:
    planes = Waveform(np.zeros(shape, np.float32)).planar()
    assert planes.shape == (1, *shape)[-2:]


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64])
def test_integers_are_scaled_so_that_their_lowest_value_is_minus_one(dtype: type) -> None:
    lowest = np.iinfo(dtype).min
    planes = Waveform(np.array([lowest, lowest // 2, 0, -(lowest // 2)], dtype)).planar()
    assert planes.dtype == np.float32
    assert planes.tolist() == [[-1.0, -0.5, 0.0, 0.5]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_keep_their_scale_and_channels_their_order(dtype: type) -> None:
    planes = Waveform(np.array([[1.0, 0.5], [-1.0, 0.0]], dtype), 44_100).planar()
    assert planes.dtype == np.float32
    assert planes.tolist() == [[1.0, 0.5], [-1.0, 0.0]]


@pytest.mark.parametrize("odd", [[np.nan], [np.inf], [np.inf, -np.inf]])
def test_samples_that_are_no_numbers_are_found(odd):
    silent = Audio(np.zeros(4, np.float32))
    assert silent.finite
    assert Audio(np.zeros(0, np.float32)).finite
    assert not Audio(np.concatenate([silent.samples, np.array(odd, np.float32)])).finite

"""Sound files give back what was written, at the same time."""

import numpy as np
import pytest
from scipy import signal

from asrcore.domain.recording import Recording
from asrcore.plugin import Options, Placement
from asrcore_adapters.pyav.source import PyavAudioSource
from tools.synthetic import recordings
from tools.synthetic.scenes import Manner, conversation
from tools.synthetic.speech import SAMPLE_RATE


@pytest.fixture
def samples(say, murmur, rng):
    return conversation(("ann", "bob"), Manner(20, overlap=0.03), say, murmur, rng).samples()[:-77]


def decoded(path):
    source = PyavAudioSource(Options(), Placement())
    return np.concatenate(list(source.blocks(Recording.of(path), pytest.fail)))


def test_flac_keeps_every_sample(samples, tmp_path):
    recordings.write(tmp_path / "a.flac", samples)
    heard = decoded(tmp_path / "a.flac")
    assert heard.shape == samples.shape
    assert np.abs(heard - samples).max() <= 1 / 32_000


def test_opus_moves_nothing_in_time(samples, tmp_path):
    recordings.write(tmp_path / "a.opus", samples)
    heard = decoded(tmp_path / "a.opus")
    assert heard.shape == samples.shape
    for start in (0, len(samples) // 2, len(samples) - 4 * SAMPLE_RATE):
        here = slice(start, start + 4 * SAMPLE_RATE)
        agreement = signal.correlate(heard[here], samples[here], method="fft")
        assert abs(int(np.argmax(agreement)) - 4 * SAMPLE_RATE + 1) <= 16  # one millisecond
    assert np.corrcoef(heard, samples)[0, 1] > 0.98


@pytest.mark.parametrize("name", ["a.flac", "a.opus"])
def test_the_same_samples_give_the_same_file(samples, tmp_path, name):
    recordings.write(tmp_path / name, samples)
    first = (tmp_path / name).read_bytes()
    recordings.write(tmp_path / name, samples)
    assert (tmp_path / name).read_bytes() == first

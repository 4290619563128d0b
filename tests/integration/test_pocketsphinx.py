"""The offline engine on a human voice, and its contract."""

from itertools import pairwise

import jiwer
import numpy as np
import pytest

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.request import ChunkRequest, Instructions
from asrcore.errors import EngineError
from asrcore.plugin import Placement
from asrcore.testing import PluginContract, TranscriberContract
from asrcore_adapters.pocketsphinx import PLUGIN, PocketsphinxOptions
from asrcore_adapters.pocketsphinx.transcriber import PocketsphinxTranscriber

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def sphinx():
    return PocketsphinxTranscriber(PocketsphinxOptions(), Placement())


class TestContract(TranscriberContract):
    @pytest.fixture
    def transcriber(self, sphinx):
        return sphinx

    @pytest.fixture
    def speech(self, jfk):
        return jfk.samples[: 3 * SAMPLE_RATE]


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return PLUGIN

    @pytest.fixture
    def reference(self):
        return "asrcore_adapters.pocketsphinx:PLUGIN"


def hear(transcriber, samples, **instructions):
    return transcriber.transcribe([ChunkRequest(samples, Instructions(**instructions))])[0]


def test_natural_voices_are_mostly_understood(sphinx, seen, normalize):
    natural = [clip for clip in seen if not any(map(str.isdigit, clip.text))]
    found = [" ".join(s.text for s in hear(sphinx, clip.samples).segments) for clip in natural]
    rate = jiwer.wer([normalize(clip.text) for clip in natural], found)
    print(f"WER on {len(natural)} clips of natural voices: {100 * rate:.1f} %")
    assert rate <= 0.25


def test_a_pause_ends_a_segment(sphinx, jfk):
    """He pauses at 2.2-3.3, 4.3-5.3 and 7.5-8.1 s."""
    segments = hear(sphinx, jfk.samples).segments
    assert len(segments) == 4
    gaps = [(a.span.end, b.span.start) for a, b in pairwise(segments)]
    for (end, start), (quiet, loud) in zip(gaps, [(2.2, 3.3), (4.3, 5.3), (7.5, 8.1)], strict=True):
        assert end == pytest.approx(quiet, abs=0.2)
        assert start == pytest.approx(loud, abs=0.2)


def test_the_pause_is_a_setting(jfk):
    patient = PocketsphinxTranscriber(PocketsphinxOptions(pause=5.0), Placement())
    assert len(hear(patient, jfk.samples).segments) == 1


def test_the_language_weight_reaches_the_decoder(sphinx, jfk):
    wordy = PocketsphinxTranscriber(PocketsphinxOptions(language_weight=12.0), Placement())
    assert hear(wordy, jfk.samples) != hear(sphinx, jfk.samples)


def test_a_chunk_does_not_depend_on_those_before_it(sphinx, jfk):
    samples = jfk.samples[: 3 * SAMPLE_RATE]
    first = hear(sphinx, samples)
    hear(sphinx, jfk.samples[5 * SAMPLE_RATE :])
    assert hear(sphinx, samples) == first


def test_the_dictionarys_variant_marks_do_not_show(sphinx, jfk):
    words = [word.text for segment in hear(sphinx, jfk.samples).segments for word in segment.words]
    assert words
    assert all(word.replace("'", "").isalpha() for word in words)


def test_it_can_follow_a_failure(sphinx, jfk, monkeypatch):
    with monkeypatch.context() as broken:

        def fail(*_):
            raise RuntimeError("boom")

        broken.setattr(np, "clip", fail)
        with pytest.raises(EngineError, match="boom"):
            hear(sphinx, jfk.samples)
    assert hear(sphinx, jfk.samples).segments

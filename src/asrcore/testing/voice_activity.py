"""What every voice activity detector promises."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from asrcore.domain.audio import Audio, Samples
from asrcore.ports.voice_activity import VoiceActivityDetector
from asrcore.testing.sound import silence, tone


class VoiceActivityContract:
    """Subclass it and give a `detector` fixture; override `speech` where you have some."""

    @pytest.fixture
    def detector(self) -> VoiceActivityDetector:
        """The backend under test."""
        raise NotImplementedError("give a `detector` fixture")

    @pytest.fixture
    def speech(self) -> Samples:
        """Some seconds in which the backend finds speech."""
        return tone(5.0)

    def test_finds_speech_in_order_and_inside_the_recording(
        self, detector: VoiceActivityDetector, speech: Samples
    ) -> None:
        audio = Audio(speech)
        spans = list(detector.detect(audio))
        assert spans
        assert spans == sorted(spans)
        assert spans[-1].end <= audio.duration
        if not detector.capabilities.exact:
            assert all(one.end < other.start for one, other in pairwise(spans))

    def test_survives_next_to_no_sound(self, detector: VoiceActivityDetector) -> None:
        for seconds in (0.0, 0.01, 0.3):
            audio = Audio(silence(seconds))
            assert all(span.end <= audio.duration for span in detector.detect(audio))

    def test_repeats_itself_and_leaves_its_input_alone(
        self, detector: VoiceActivityDetector, speech: Samples
    ) -> None:
        before = speech.copy()
        assert list(detector.detect(Audio(speech))) == list(detector.detect(Audio(speech)))
        np.testing.assert_array_equal(speech, before)

"""What every aligner promises."""

from __future__ import annotations

import numpy as np
import pytest

from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.domain.request import AlignRequest
from asrcore.ports.aligner import Aligner
from asrcore.testing.sound import silence, tone


class AlignerContract:
    """Subclass it and give an `aligner` fixture; override `spoken` where you have real speech."""

    @pytest.fixture
    def aligner(self) -> Aligner:
        """The backend under test."""
        raise NotImplementedError("give an `aligner` fixture")

    @pytest.fixture
    def spoken(self) -> tuple[Samples, str]:
        """Some speech and what is said in it."""
        return tone(3.0), "one two three"

    def test_gives_every_word_of_every_text(
        self, aligner: Aligner, spoken: tuple[Samples, str]
    ) -> None:
        samples, text = spoken
        first, *rest = text.split()
        request = AlignRequest(samples, (first, " ".join(rest)), "en")
        ((one, others),) = aligner.align([request])
        assert [word.text for word in one] == [first]
        assert [word.text for word in others] == rest

    def test_times_are_ordered_and_inside_the_sound(
        self, aligner: Aligner, spoken: tuple[Samples, str]
    ) -> None:
        samples, text = spoken
        ((words,),) = aligner.align([AlignRequest(samples, (text,), "en")])
        spans = [word.span for word in words if word.span is not None]
        assert spans
        assert spans == sorted(spans)
        assert spans[-1].end <= len(samples) / SAMPLE_RATE + 1e-6

    def test_survives_text_that_cannot_be_there(self, aligner: Aligner) -> None:
        request = AlignRequest(silence(0.05), ("far too many words for so little sound",), "en")
        ((words,),) = aligner.align([request])
        assert len(words) == 8

    def test_takes_an_empty_batch_and_empty_texts(self, aligner: Aligner) -> None:
        assert list(aligner.align([])) == []
        ((nothing,),) = aligner.align([AlignRequest(silence(1.0), ("",), "en")])
        assert list(nothing) == []

    def test_leaves_its_input_alone(self, aligner: Aligner, spoken: tuple[Samples, str]) -> None:
        samples, text = spoken
        before = samples.copy()
        aligner.align([AlignRequest(samples, (text,), "en")])
        np.testing.assert_array_equal(samples, before)

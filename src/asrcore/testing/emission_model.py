"""What every emission model promises."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from asrcore.domain.alignment.emissions import Emissions
from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.ports.emission_model import EmissionModel
from asrcore.testing.sound import silence, tone

TOLERANCE = 1e-3
"""Largest difference of a log-probability between a stretch alone and the same in a batch."""


class EmissionModelContract:
    """Subclass it and give `emission_model` and `language`; override `speech` if you have some."""

    @pytest.fixture
    def emission_model(self) -> EmissionModel:
        """The backend under test, computing in float32."""
        raise NotImplementedError("give an `emission_model` fixture")

    @pytest.fixture
    def language(self) -> str | None:
        """A language that the backend has a model for."""
        raise NotImplementedError("give a `language` fixture")

    @pytest.fixture
    def speech(self) -> Samples:
        """A few seconds of speech."""
        return tone(3.0)

    def test_knows_its_language(self, emission_model: EmissionModel, language: str | None) -> None:
        known = emission_model.capabilities.languages
        assert known is None or language in known

    def test_its_labels_write_something_and_its_blank_does_not(
        self, emission_model: EmissionModel, language: str | None
    ) -> None:
        alphabet = emission_model.alphabet(language)
        assert alphabet.labels[alphabet.blank] == ""
        letters = {label for label in alphabet.labels if label}
        assert len(letters) > 1
        assert alphabet == emission_model.alphabet(language)

    def test_answers_for_every_stretch_once(
        self, emission_model: EmissionModel, language: str | None, speech: Samples
    ) -> None:
        batch = [speech[:9000], silence(0.0), speech, silence(0.001), speech[:9000]]
        found = list(emission_model.emissions(batch, language))
        assert sorted(index for index, _ in found) == [0, 1, 2, 3, 4]
        assert list(emission_model.emissions([], language)) == []

    def test_each_frame_has_probabilities_of_all_labels(
        self, emission_model: EmissionModel, language: str | None, speech: Samples
    ) -> None:
        labels = len(emission_model.alphabet(language).labels)
        for each in answers(emission_model, language, [speech, silence(1.0)]):
            assert each.log_probs.dtype == np.float32
            assert each.log_probs.shape[1] == labels
            assert np.isfinite(each.log_probs).all()
            np.testing.assert_allclose(np.exp(each.log_probs).sum(axis=1), 1.0, atol=1e-3)

    def test_frames_cover_the_sound_and_end_inside_it(
        self, emission_model: EmissionModel, language: str | None, speech: Samples
    ) -> None:
        for samples in (speech, speech[: len(speech) // 2], speech[: SAMPLE_RATE // 2 + 7]):
            (each,) = answers(emission_model, language, [samples])
            duration = len(samples) / SAMPLE_RATE
            covered = len(each.log_probs) * each.frame_duration
            assert covered <= duration + 1e-9
            assert covered >= duration - 2 * each.frame_duration

    def test_too_little_sound_gives_no_frames(
        self, emission_model: EmissionModel, language: str | None
    ) -> None:
        labels = len(emission_model.alphabet(language).labels)
        for each in answers(emission_model, language, [silence(0.0), silence(0.001)]):
            assert each.log_probs.shape == (0, labels)

    def test_hears_the_same_alone_and_in_a_batch(
        self, emission_model: EmissionModel, language: str | None, speech: Samples
    ) -> None:
        cuts = [speech[: len(speech) // part] for part in (5, 1, 3, 2)]
        batch = [*cuts, tone(0.6), silence(0.8)]
        together = answers(emission_model, language, batch)
        for samples, found in zip(batch, together, strict=True):
            (alone,) = answers(emission_model, language, [samples])
            assert found.log_probs.shape == alone.log_probs.shape
            assert found.frame_duration == alone.frame_duration
            np.testing.assert_allclose(found.log_probs, alone.log_probs, atol=TOLERANCE)

    def test_tells_sounds_apart(
        self, emission_model: EmissionModel, language: str | None, speech: Samples
    ) -> None:
        heard, still = answers(
            emission_model, language, [speech, silence(len(speech) / SAMPLE_RATE)]
        )
        assert np.abs(heard.log_probs - still.log_probs).max() > 0.01

    def test_leaves_its_input_alone_even_if_it_cannot_be_written(
        self, emission_model: EmissionModel, language: str | None, speech: Samples
    ) -> None:
        locked = speech.copy()
        locked.flags.writeable = False
        assert answers(emission_model, language, [locked])
        np.testing.assert_array_equal(locked, speech)

    def test_two_threads_hear_what_one_does(
        self, emission_model: EmissionModel, language: str | None, speech: Samples
    ) -> None:
        stretches = [speech, tone(1.0), speech[: len(speech) // 2]]

        def hear(samples: Samples) -> Emissions:
            (each,) = answers(emission_model, language, [samples])
            return each

        alone = [hear(samples) for samples in stretches]
        with ThreadPoolExecutor(2) as pool:
            for found, expected in zip(pool.map(hear, stretches), alone, strict=True):
                np.testing.assert_allclose(found.log_probs, expected.log_probs, atol=TOLERANCE)


def answers(
    emission_model: EmissionModel, language: str | None, batch: Sequence[Samples]
) -> list[Emissions]:
    """A model's emissions in the order of the batch."""
    found = dict(emission_model.emissions(batch, language))
    return [found[index] for index in range(len(batch))]

"""What every transcriber promises."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.domain.request import ChunkRequest, ChunkResult, Instructions
from asrcore.ports.transcriber import Transcriber
from asrcore.testing.sound import silence, tone

SLACK = 0.02
"""Seconds that a time may exceed its chunk by: one frame of the engines at hand."""


class TranscriberContract:
    """Subclass it and give a `transcriber` fixture; override `speech` where you have some."""

    @pytest.fixture
    def transcriber(self) -> Transcriber:
        """The backend under test."""
        raise NotImplementedError("give a `transcriber` fixture")

    @pytest.fixture
    def speech(self) -> Samples:
        """A few seconds in which the backend hears something."""
        return tone(2.0)

    def test_gives_one_result_for_each_chunk(
        self, transcriber: Transcriber, speech: Samples
    ) -> None:
        batch = [ChunkRequest(speech), ChunkRequest(speech[: len(speech) // 2])]
        assert len(transcriber.transcribe(batch)) == 2
        assert list(transcriber.transcribe([])) == []

    def test_hears_the_same_alone_and_in_a_batch(
        self, transcriber: Transcriber, speech: Samples
    ) -> None:
        (alone,) = transcriber.transcribe([ChunkRequest(speech)])
        batch = transcriber.transcribe([ChunkRequest(tone(1.0)), ChunkRequest(speech)])
        assert _texts(batch[1]) == _texts(alone)
        assert _texts(alone), "the speech fixture should hold speech that the backend hears"

    def test_survives_chunks_with_next_to_no_sound(self, transcriber: Transcriber) -> None:
        batch = [ChunkRequest(silence(seconds)) for seconds in (0.0, 0.01, 0.3)]
        results = transcriber.transcribe(batch)
        assert len(results) == 3
        assert not results[0].segments, "no samples, no text"

    def test_keeps_times_ordered_and_inside_the_chunk(
        self, transcriber: Transcriber, speech: Samples
    ) -> None:
        (result,) = transcriber.transcribe([ChunkRequest(speech)])
        end = len(speech) / SAMPLE_RATE + SLACK
        spans = [segment.span for segment in result.segments]
        assert spans == sorted(spans)
        assert all(span.end <= end for span in spans)
        words = [word.span for segment in result.segments for word in segment.words if word.span]
        assert words == sorted(words)
        assert all(span.end <= end for span in words)

    def test_texts_are_stripped_and_made_of_their_words(
        self, transcriber: Transcriber, speech: Samples
    ) -> None:
        (result,) = transcriber.transcribe([ChunkRequest(speech)])
        for segment in result.segments:
            assert segment.text == segment.text.strip() != ""
            if segment.words:
                joined = "".join(word.text for word in segment.words)
                assert joined == "".join(segment.text.split())

    def test_scores_are_probabilities(self, transcriber: Transcriber, speech: Samples) -> None:
        (result,) = transcriber.transcribe([ChunkRequest(speech)])
        scores = [word.score for segment in result.segments for word in segment.words]
        scores += [segment.no_speech_prob for segment in result.segments]
        assert all(score is None or 0.0 <= score <= 1.0 for score in scores)

    def test_leaves_its_input_alone(self, transcriber: Transcriber, speech: Samples) -> None:
        before = speech.copy()
        transcriber.transcribe([ChunkRequest(speech)])
        np.testing.assert_array_equal(speech, before)

    def test_takes_samples_that_cannot_be_written(
        self, transcriber: Transcriber, speech: Samples
    ) -> None:
        locked = speech.copy()
        locked.flags.writeable = False
        (result,) = transcriber.transcribe([ChunkRequest(locked)])
        assert _texts(result)

    def test_repeats_itself_exactly(self, transcriber: Transcriber, speech: Samples) -> None:
        first = transcriber.transcribe([ChunkRequest(speech)])
        again = transcriber.transcribe([ChunkRequest(speech)])
        assert list(first) == list(again)

    def test_two_threads_hear_what_one_does(
        self, transcriber: Transcriber, speech: Samples
    ) -> None:
        chunks = [speech, tone(1.0), speech[: len(speech) // 2]]

        def hear(samples: Samples) -> Sequence[ChunkResult]:
            return list(transcriber.transcribe([ChunkRequest(samples)]))

        alone = [hear(samples) for samples in chunks]
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(hear, chunks)) == alone

    def test_word_times_are_as_the_capabilities_say(
        self, transcriber: Transcriber, speech: Samples
    ) -> None:
        (result,) = transcriber.transcribe([ChunkRequest(speech)])
        words = [word for segment in result.segments for word in segment.words]
        timed = [word for word in words if word.span is not None]
        assert bool(timed) == transcriber.capabilities.word_times
        assert not timed or len(timed) == len(words)

    def test_without_timestamps_a_chunk_is_one_segment(
        self, transcriber: Transcriber, speech: Samples
    ) -> None:
        request = ChunkRequest(speech, Instructions(timestamps=False))
        (result,) = transcriber.transcribe([request])
        assert len(result.segments) <= 1

    def test_language_detection_is_as_the_capabilities_say(
        self, transcriber: Transcriber, speech: Samples
    ) -> None:
        if not transcriber.capabilities.detects_language:
            (result,) = transcriber.transcribe([ChunkRequest(speech)])
            assert result.language_probability is None
            return
        (probabilities,) = transcriber.detect_languages([speech])
        values = list(probabilities.values())
        assert values == sorted(values, reverse=True)
        assert 0.0 < values[0] <= sum(values) <= 1.0 + 1e-3
        known = transcriber.capabilities.languages
        assert known is None or set(probabilities) <= known

    def test_keeps_to_a_given_language(self, transcriber: Transcriber, speech: Samples) -> None:
        known = transcriber.capabilities.languages
        language = "en" if known is None or "en" in known else min(known)
        (result,) = transcriber.transcribe([ChunkRequest(speech, Instructions(language))])
        assert result.language in (language, None)
        assert result.language_probability is None

    def test_each_chunk_follows_its_own_instructions(
        self, transcriber: Transcriber, speech: Samples
    ) -> None:
        able = transcriber.capabilities
        variants = [Instructions(), Instructions(timestamps=False)]
        variants += [Instructions(prompt="Hello.")] if able.prompt else []
        variants += [Instructions(hotwords="Hello")] if able.hotwords else []
        variants += [Instructions("en", "translate")] if "translate" in able.tasks else []
        together = transcriber.transcribe([ChunkRequest(speech, each) for each in variants])
        apart = [transcriber.transcribe([ChunkRequest(speech, each)])[0] for each in variants]
        assert [_texts(result) for result in together] == [_texts(result) for result in apart]


def _texts(result: ChunkResult) -> list[str]:
    return [segment.text for segment in result.segments]

"""What every metric promises."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.scoring.measures import Measure, pool
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.ports.metric import Metric

Figures = Mapping[str, Mapping[str, float | None]]


def sample_annotation(*texts: str, start: float = 0.0, lead: str = "speaker") -> Annotation:
    """A line a speaker, half a second a word, the speakers in turn."""
    utterances = []
    for number, text in enumerate(texts):
        speaker, words = f"{lead} {number % 2}", []
        for each in text.split():
            words.append(Word(each, TimeSpan(start, start + 0.5), speaker=speaker))
            start += 0.5
        span = TimeSpan(words[0].span.start, start) if words and words[0].span else None
        utterances.append(Utterance(text, span, speaker, tuple(words)))
    return Annotation(tuple(utterances))


REFERENCE = sample_annotation("we should go now", "not before noon", "then we wait")
OTHERWISE = sample_annotation("blue birds sing", "loudly", start=60.0, lead="voice")


class MetricContract:
    """Subclass it and give a `metric` fixture; `reference` tells texts, times and speakers."""

    @pytest.fixture
    def metric(self) -> Metric:
        """The metric under test."""
        raise NotImplementedError("give a `metric` fixture")

    @pytest.fixture
    def reference(self) -> Annotation:
        """A document that tells all the metric takes."""
        return REFERENCE

    def test_finds_nothing_wrong_with_the_reference_itself(
        self, metric: Metric, reference: Annotation
    ) -> None:
        found = metric.measure(reference, reference)
        assert found
        assert {measure.value for measure in found.values()} == {0}

    def test_finds_the_same_again(self, metric: Metric, reference: Annotation) -> None:
        first = figures(metric.measure(reference, OTHERWISE))
        assert figures(metric.measure(reference, OTHERWISE)) == first

    def test_finds_fault_where_nothing_is_in_common(
        self, metric: Metric, reference: Annotation
    ) -> None:
        found = metric.measure(reference, OTHERWISE)
        assert found.keys() == metric.measure(reference, reference).keys()
        assert all(measure.value is None or measure.value > 0 for measure in found.values())
        assert_finite(figures(found))

    def test_a_hypothesis_that_heard_nothing_is_measured_too(
        self, metric: Metric, reference: Annotation
    ) -> None:
        found = metric.measure(reference, Annotation(()))
        assert found.keys() == metric.measure(reference, reference).keys()
        assert all(measure.value != 0 for measure in found.values())
        assert_finite(figures(found))

    def test_a_recording_in_which_nothing_is_said_is_no_exception(
        self, metric: Metric, reference: Annotation
    ) -> None:
        for hypothesis in (reference, Annotation(())):
            found = figures(metric.measure(Annotation(()), hypothesis))
            assert_finite(found)
            assert all(each.get("total", 0) == 0 for each in found.values())

    def test_leaves_out_what_a_document_does_not_tell(
        self, metric: Metric, reference: Annotation
    ) -> None:
        assert metric.measure(reference, Annotation()) == {}
        assert metric.measure(Annotation(), reference) == {}

    def test_findings_pool(self, metric: Metric, reference: Annotation) -> None:
        for measure in metric.measure(reference, OTHERWISE).values():
            pooled = pool([measure, measure])
            assert pooled.value == pytest.approx(measure.value)
            assert pooled.figures.keys() == measure.figures.keys()


def figures(found: Mapping[str, Measure]) -> Figures:
    """All that was found, as plain numbers."""
    return {name: dict(measure.figures) for name, measure in found.items()}


def assert_finite(found: Figures) -> None:
    """There is no figure that is none."""
    for name, each in found.items():
        for key, figure in each.items():
            assert figure is None or math.isfinite(figure), f"{name}: {key}"

"""Diarization and Jaccard error rate."""

from __future__ import annotations

from collections.abc import Mapping

from pyannote.core import Annotation as Labels
from pyannote.core import Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate, JaccardErrorRate

from asrcore.domain.annotation import Annotation
from asrcore.domain.diarization import Diarization
from asrcore.domain.scoring.measures import Rate
from asrcore.plugin import Placement
from asrcore_adapters.metrics import SpeakerOptions


class SpeakerErrors:
    """`der` and `jer`: pyannote.metrics', with its best mapping between speakers.

    `der` is of seconds of speech, those of overlapping speakers counted for each of them. `jer`
    is of speakers (Ryant et al., "The Second DIHARD Challenge Evaluation Plan", 2019): the sum
    of their error rates over how many the reference has.

    All that either document tells is scored, from the first turn's start to the last one's end:
    a turn beyond the recording's end is a false alarm.
    """

    def __init__(self, options: SpeakerOptions, placement: Placement) -> None:
        self._diarization = DiarizationErrorRate(options.collar, options.skip_overlap)
        self._jaccard = JaccardErrorRate(options.collar, options.skip_overlap)

    def measure(self, reference: Annotation, hypothesis: Annotation) -> Mapping[str, Rate]:
        """Both rates; nothing where either document tells no speakers."""
        truth, heard = reference.diarization, hypothesis.diarization
        if truth is None or heard is None:
            return {}
        documents = _labels(truth), _labels(heard)
        extent = Timeline([Segment(*bounds)] if (bounds := _bounds(truth, heard)) else [])
        found = self._diarization.compute_components(*documents, uem=extent)
        jaccard = self._jaccard.compute_components(*documents, uem=extent)
        return {
            "der": _seconds(found),
            "jer": Rate(jaccard["speaker error"], jaccard["speaker count"]),
        }


def _labels(diarization: Diarization) -> Labels:
    labels = Labels()
    for track, turn in enumerate(diarization.turns):
        labels[Segment(turn.span.start, turn.span.end), track] = turn.speaker
    return labels


def _bounds(*documents: Diarization) -> tuple[float, float] | None:
    spans = [turn.span for document in documents for turn in document.turns]
    if not spans:
        return None
    return min(span.start for span in spans), max(span.end for span in spans)


def _seconds(found: Mapping[str, float]) -> Rate:
    parts = {
        "confusion": found["confusion"],
        "false_alarm": found["false alarm"],
        "missed": found["missed detection"],
    }
    return Rate(sum(parts.values()), found["total"], parts)

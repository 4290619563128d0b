"""What the pyannote backend hears is what pyannote.audio's own pipeline hears, to 1e-4."""

from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch

from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.diarization import SpeakerCount
from asrcore.plugin import Placement
from asrcore_adapters.pyannote import PyannoteOptions, speakers
from asrcore_adapters.pyannote.diarizer import PyannoteDiarizer
from asrcore_adapters.pyannote.engine import SpeakerDiarization, quiet
from asrcore_adapters.pyannote.machine import torch_threads
from tests.integration.pyannote_models import (
    MULTILABEL,
    PARAMS,
    POWERSET,
    embedding,
    save_pipeline,
    segmentation,
)

pytestmark = pytest.mark.integration

SOFT = {**PARAMS, "segmentation": {"min_duration_off": 0.3, "threshold": 0.5}}
COUNTS = [SpeakerCount(), SpeakerCount(2, 2), SpeakerCount(3, 5)]


class Theirs(SpeakerDiarization):
    """pyannote.audio's pipeline, but whom no window hears in a frame does not speak there.

    Of speakers that are equally strong the first is taken; theirs depends on the processor.
    """

    most = np.inf

    def to_diarization(self, segmentations, count):
        from pyannote.audio import Inference  # only now, as its import is noisy by itself
        from pyannote.core import SlidingWindowFeature

        count.data = np.minimum(count.data, self.most).astype(np.int8)
        with patch("numpy.argsort", partial(np.argsort, kind="stable")):
            found = SpeakerDiarization.to_diarization(segmentations, count)
        heard = Inference.aggregate(
            segmentations, count.sliding_window, missing=0.0, skip_average=True
        )
        known = heard.data.shape[1]
        return SlidingWindowFeature(found.data[:, :known] * (heard.data > 0), found.sliding_window)


def theirs(kind: str, specifications, params, step: float) -> Theirs:
    with quiet():
        pipeline = Theirs(
            segmentation=segmentation(specifications),
            embedding=embedding(kind),
            embedding_exclude_overlap=True,
            segmentation_step=step,
            embedding_batch_size=32,
            segmentation_batch_size=32,
        )
    return pipeline.instantiate(params)


def turns(annotation, end: float) -> list[tuple[float, float, str]]:
    return sorted(
        (round(span.start, 4), round(min(span.end, end), 4), label)
        for span, _, label in annotation.itertracks(yield_label=True)
        if span.start < end
    )


def ours(found) -> list[tuple[float, float, str]]:
    return sorted((round(t.span.start, 4), round(t.span.end, 4), t.speaker) for t in found)


def apply(pipeline: Theirs, samples, count: SpeakerCount) -> Any:
    file = {"waveform": torch.from_numpy(samples)[None], "sample_rate": SAMPLE_RATE, "uri": "x"}
    with quiet(), torch_threads(1):
        return pipeline.apply(
            file,
            num_speakers=count.exact,
            min_speakers=count.minimum,
            max_speakers=count.maximum,
            return_embeddings=True,
        )


@pytest.mark.parametrize(
    ("kind", "specifications", "params", "seconds", "step"),
    [
        ("mfcc", POWERSET, PARAMS, 15.3, 0.25),
        ("sinc", MULTILABEL, SOFT, 17.0, 0.3),
        ("resnet", POWERSET, PARAMS, 13.0, 0.5),
    ],
)
def test_turns_and_voices_are_pyannotes_own(
    meeting, tmp_path, kind, specifications, params, seconds, step
):
    samples = meeting.samples[: round(seconds * SAMPLE_RATE)]
    save_pipeline(tmp_path, kind, specifications, params=params)
    options = PyannoteOptions(model=str(tmp_path), segmentation_step=step, threshold=0.2, threads=1)
    mine = PyannoteDiarizer(options, Placement())
    reference = theirs(kind, specifications, params, step)
    reference.clustering.threshold = 0.2
    for count in COUNTS if kind == "mfcc" else COUNTS[2:]:
        found = mine.diarize(Audio(samples), count, embeddings=True)
        annotation, voices = apply(reference, samples, count)
        assert len(found.turns) > 5
        assert ours(found.turns) == turns(annotation, seconds)
        expected = dict(zip(annotation.labels(), voices, strict=True))
        assert found.embeddings.keys() == expected.keys()
        for name, voice in found.embeddings.items():
            np.testing.assert_allclose(
                voice, expected[name], atol=1e-4 * np.abs(expected[name]).max()
            )


def test_exclusive_turns_are_those_of_one_speaker_at_most_at_once(meeting, tmp_path):
    """As pyannote.audio 4 makes them: the same scores, the count of speakers capped at one."""
    samples = meeting.samples[: 15 * SAMPLE_RATE]
    save_pipeline(tmp_path)
    options = PyannoteOptions(model=str(tmp_path), threshold=0.2, threads=1)
    mine = PyannoteDiarizer(options, Placement())
    reference = theirs("mfcc", POWERSET, PARAMS, 0.25)
    reference.clustering.threshold = 0.2
    reference.most = 1
    annotation, _ = apply(reference, samples, SpeakerCount(3, 5))
    found = mine.diarize(Audio(samples), SpeakerCount(3, 5))
    assert len(found.exclusive) > 5
    assert ours(found.exclusive) == turns(annotation, 15.0)


def test_of_too_many_voices_the_others_go_to_their_speaker(monkeypatch):
    """Hours of talk: what is compared each with each is bounded, and the speakers are the same."""
    from pyannote.audio.pipelines.clustering import AgglomerativeClustering
    from pyannote.core import SlidingWindow, SlidingWindowFeature

    random = np.random.default_rng(0)
    who = random.integers(0, 3, (120, 2))
    voices = np.eye(3, 8, dtype=np.float32)[who] + random.normal(0, 0.1, (120, 2, 8))
    voices[5, 1] = np.nan
    clustering = AgglomerativeClustering().instantiate(PARAMS["clustering"])
    compared = []

    def watched(embeddings, **more):
        compared.append(int((~np.isnan(embeddings).any(axis=2)).sum()))
        return clustering(embeddings=embeddings, **more)

    active = SlidingWindowFeature(np.ones((120, 4, 2)), SlidingWindow(10.0, 1.0))
    for most in (1000, 50):
        monkeypatch.setattr(speakers, "MOST_VOICES", most)
        found, centroids = speakers.tell_apart(watched, voices, active, SpeakerCount())
        heard = ~np.isnan(voices[..., 0])
        pairs = set(zip(found[heard].tolist(), who[heard].tolist(), strict=True))
        assert len(pairs) == 3, "each speaker is one cluster, and each cluster one speaker"
        assert centroids.shape == (3, 8)
    assert compared == [239, 50]

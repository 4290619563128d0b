"""Which language a recording is in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from asrcore.ports.transcriber import Transcriber
from asrcore.usecases.job import Job

SURE = 0.5
"""A language this probable needs no further chunk as evidence."""
MOST_CHUNKS = 3


def detect_language(transcriber: Transcriber, job: Job) -> None:
    """Write a recording's language into its instructions, where it is not given.

    Chunks of speech (never leading silence) are asked one after the other until their mean
    probability is sure of a language, at most `MOST_CHUNKS`.
    """
    if job.instructions.language is not None or not transcriber.capabilities.detects_language:
        return
    evidence: defaultdict[str, float] = defaultdict(float)
    asked = 0.0
    with job.timed("detect_language"):
        for chunk in job.chunks[:MOST_CHUNKS]:
            (probabilities,) = transcriber.detect_languages([chunk.samples(job.sound)])
            asked += 1
            for language, probability in probabilities.items():
                evidence[language] += probability
            best = max(evidence, key=lambda language: evidence[language])
            if evidence[best] / asked >= SURE:
                break
    if evidence:
        job.instructions = replace(job.instructions, language=best)
        job.language_probability = evidence[best] / asked

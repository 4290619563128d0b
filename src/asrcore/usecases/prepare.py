"""The first stage: from a recording to chunks of speech."""

from __future__ import annotations

from asrcore.domain.chunking import ChunkLimits, chunk_speech
from asrcore.ports.audio_source import AudioSource
from asrcore.ports.voice_activity import VoiceActivityDetector
from asrcore.usecases.job import Job
from asrcore.usecases.load import load_audio


def prepare(
    job: Job,
    source: AudioSource,
    detector: VoiceActivityDetector,
    limits: ChunkLimits,
) -> Job:
    """Decode a recording, find its speech and cut it into chunks; failures stay in the job."""
    with job.guarded("preparing"):
        with job.timed("decode"):
            job.audio = load_audio(source, job.recording, job.warn)
        with job.timed("voice_activity"):
            given = job.recording.speech
            spans = detector.detect(job.audio) if given is None else given
            exact = given is not None or detector.capabilities.exact
            job.chunks = chunk_speech(spans, job.audio, limits, exact=exact)
        if not job.chunks:
            job.warn("no speech was found in it")
    return job

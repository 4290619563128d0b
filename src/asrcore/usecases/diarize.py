"""The diarization stage: who speaks when."""

from __future__ import annotations

from asrcore.domain.diarization import SpeakerCount
from asrcore.errors import AsrError
from asrcore.ports.diarizer import Diarizer
from asrcore.usecases.job import Job


def diarize(diarizer: Diarizer, job: Job, speakers: SpeakerCount) -> None:
    """Find a job's speaker turns; where that fails, it gets a warning and goes on without."""
    try:
        with job.timed("diarize"):
            job.diarization = diarizer.diarize(job.sound, speakers)
    except AsrError as error:
        job.warnings.append(f"speakers are missing: {error}")

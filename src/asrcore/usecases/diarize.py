"""The diarization stage: who speaks when."""

from __future__ import annotations

from asrcore.domain.diarization import SpeakerCount
from asrcore.ports.diarizer import Diarizer
from asrcore.usecases.job import Job, in_words


def diarize(diarizer: Diarizer, job: Job, speakers: SpeakerCount) -> None:
    """Find a job's speaker turns; where that fails, it gets a warning and goes on without."""
    try:
        with job.timed("diarize"):
            job.diarization = diarizer.diarize(job.sound, speakers)
    except Exception as error:  # noqa: BLE001 - a diarizer never takes the text down
        job.warn(f"speakers are missing: {in_words(error)}")

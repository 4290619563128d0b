"""The end of a job: what is told of it, and its outcome."""

from __future__ import annotations

from collections.abc import Callable

from asrcore.domain.events import RecordingFailed, RecordingFinished, Warned
from asrcore.domain.outcome import Outcome
from asrcore.domain.transcript import Transcript
from asrcore.ports.progress import Progress
from asrcore.usecases.job import Job


def settle(job: Job, transcript: Callable[[Job], Transcript], notify: Progress) -> Outcome:
    """Tell a job's warnings and its end.

    Args:
        job: nothing runs for it any more.
        transcript: makes its transcript, unless it failed.
        notify: hears of it.
    """
    for message in job.warnings:
        notify(Warned(job.recording, message))
    if job.error is not None:
        notify(RecordingFailed(job.recording, job.error))
        return Outcome(job.recording, error=job.error)
    made = transcript(job)
    notify(RecordingFinished(job.recording, made))
    return Outcome(job.recording, made)

"""Who speaks when in recordings of which no word is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from asrcore.domain.events import RecordingStarted
from asrcore.domain.outcome import Outcome
from asrcore.domain.recording import Recording
from asrcore.domain.request import Instructions
from asrcore.domain.transcript import Transcript
from asrcore.ports.audio_source import AudioSource
from asrcore.ports.diarizer import Diarizer
from asrcore.ports.progress import Progress
from asrcore.usecases.diarize import SpeakerOptions, diarize_alone, refuse_speaker_options
from asrcore.usecases.job import Job
from asrcore.usecases.load import load_audio
from asrcore.usecases.settle import settle


class DiarizeRecordings:
    """Run a diarizer over recordings, one after the other.

    Raises:
        UnsupportedError: the diarizer would ignore an option.
    """

    def __init__(
        self,
        source: AudioSource,
        diarizer: Diarizer,
        wanted: SpeakerOptions,
        progress: Progress,
    ) -> None:
        refuse_speaker_options(diarizer, wanted)
        self._source = source
        self._diarizer = diarizer
        self._wanted = wanted
        self._notify = progress

    def run(self, recordings: Iterable[Recording]) -> Iterator[Outcome]:
        """Each recording's outcome: a transcript without text, its `diarization` told."""
        for recording in recordings:
            self._notify(RecordingStarted(recording))
            job = Job(recording, Instructions())
            with job.guarded("decoding"), job.timed("decode"):
                job.audio = load_audio(self._source, recording, job.warn)
            if job.error is None:
                diarize_alone(self._diarizer, job, self._wanted, self._notify)
            yield settle(job, _transcript, self._notify)


def _transcript(job: Job) -> Transcript:
    """One without text."""
    return Transcript(
        duration=job.sound.duration,
        diarization=job.diarization,
        name=job.recording.stem,
        warnings=tuple(job.warnings),
        timings=dict(job.timings),
    )

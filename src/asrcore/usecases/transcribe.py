"""The main job: recordings in, transcripts out.

One thread decodes ahead, the caller's transcribes, one aligns and one diarizes, so that each
engine works on one thing at a time while none waits for another. Chunks of all recordings share
one queue, so that batches are full even where recordings are short, and of about one length.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import groupby
from queue import SimpleQueue

from asrcore.domain.attribution import attribute
from asrcore.domain.batching import WINDOW, similar
from asrcore.domain.diarization import Diarization
from asrcore.domain.events import (
    ChunkTranscribed,
    Event,
    RecordingStarted,
    SpeechFound,
)
from asrcore.domain.outcome import Outcome
from asrcore.domain.recording import Recording
from asrcore.domain.request import ChunkResult
from asrcore.domain.transcript import Transcript
from asrcore.errors import EngineError
from asrcore.ports.diarizer import Diarizer
from asrcore.ports.progress import Progress
from asrcore.usecases.ahead import JobsAhead
from asrcore.usecases.align import AlignerLine, align_chunks
from asrcore.usecases.diarize import diarize
from asrcore.usecases.job import Job, in_words
from asrcore.usecases.language import detect_language
from asrcore.usecases.prepare import prepare
from asrcore.usecases.sentences import sentences
from asrcore.usecases.settle import settle
from asrcore.usecases.stages import RunOptions, Stages, refuse_unsupported

BACKLOG = 2
"""Recordings that may wait for their aligner or diarizer while the next is transcribed."""
NEWS = 0.2
"""Seconds after which who waits for a worker passes on what that has told meanwhile."""


_Item = tuple[Job, int]


class TranscribeRecordings:
    """Run the stages over recordings.

    Raises:
        UnsupportedError: the transcriber would ignore an instruction.
    """

    def __init__(self, stages: Stages, options: RunOptions, progress: Progress) -> None:
        self._stages = stages
        self._options = options
        self._limits = replace(
            options.limits,
            max_duration=min(
                options.limits.max_duration, stages.transcriber.capabilities.max_chunk
            ),
        )
        self._notify = progress
        self._told: SimpleQueue[Event] = SimpleQueue()
        # What is translated is not what is said: nothing in the sound would fit it.
        translated = options.instructions.task == "translate"
        self._aligners = AlignerLine({} if translated else stages.aligners)
        refuse_unsupported(stages, options)

    def run(self, recordings: Iterable[Recording]) -> Iterator[Outcome]:
        """Transcribe recordings; each outcome is yielded the moment it is known.

        A recording that fails yields its error, and the others go on.
        """
        with _workers("prepare", "align", "diarize") as (preparing, aligning, diarizing):
            waiting: list[Job] = []
            start = partial(self._start, executor=preparing)
            jobs = JobsAhead(recordings, start, self._options.batch_size)
            for batch in self._batches(jobs, waiting, diarizing):
                self._transcribe_batch(batch, aligning)
                yield from self._outcomes(waiting, BACKLOG)
            yield from self._outcomes(waiting, 0)

    def _batches(
        self, jobs: JobsAhead, waiting: list[Job], diarizing: ThreadPoolExecutor
    ) -> Iterator[Sequence[_Item]]:
        """Batches as soon as one is full; an empty one for each job that comes, to tell its end.

        Jobs that are ready are admitted first, up to a window, so that chunks of one length meet;
        but not before the first batch, so that a first result does not wait.
        """
        size = self._options.batch_size
        queue: deque[_Item] = deque()
        planned: deque[list[_Item]] = deque()
        enough = size
        for job in jobs:
            waiting.append(job)
            queue.extend(self._admit(job, diarizing))
            yield ()
            while (planned or len(queue) >= size) and (len(queue) >= enough or not jobs.ready):
                yield _next_batch(planned, queue, size)
                enough = WINDOW * size
        while queue:
            yield _next_batch(planned, queue, size)

    def _start(self, recording: Recording, executor: ThreadPoolExecutor) -> Future[Job]:
        self._notify(RecordingStarted(recording))
        return executor.submit(self._prepare, Job(recording, self._options.instructions))

    def _prepare(self, job: Job) -> Job:
        return prepare(job, self._stages.audio_source, self._stages.voice_activity, self._limits)

    def _admit(self, job: Job, diarizing: ThreadPoolExecutor) -> list[_Item]:
        """Tell that a job is prepared, start what needs no text, and queue its chunks."""
        if job.error is not None:
            return []
        self._notify(SpeechFound(job.recording, job.sound.duration, job.speech))
        if self._stages.diarizer is not None:
            self._start_diarizing(self._stages.diarizer, job, diarizing)
        if not self._options.multilingual:
            with job.guarded("detecting the language of"):
                detect_language(self._stages.transcriber, job)
        return _items(job)

    def _start_diarizing(self, diarizer: Diarizer, job: Job, diarizing: ThreadPoolExecutor) -> None:
        if not job.chunks:  # nobody speaks
            job.diarization = Diarization()
            return
        told = self._told.put
        work = diarizing.submit(diarize, diarizer, job, self._options.speakers, told)
        job.pending.append(work)

    def _transcribe_batch(self, batch: Sequence[_Item], aligning: ThreadPoolExecutor) -> None:
        batch = [item for item in batch if item[0].error is None]
        self._hear(batch)
        for job, items in groupby(batch, key=lambda item: item[0]):
            if job.error is None:
                self._after_batch(job, [index for _, index in items], aligning)

    def _hear(self, batch: Sequence[_Item]) -> None:
        """Transcribe a batch; where it fails as a whole, chunk by chunk to find the culprit."""
        if len(batch) > 1 and self._hear_together(batch):
            return
        for job, index in batch:
            if job.error is None:
                with job.guarded("transcribing"):
                    (job.results[index],) = self._listen([(job, index)])

    def _hear_together(self, batch: Sequence[_Item]) -> bool:
        try:
            results = self._listen(batch)
        except Exception as error:  # noqa: BLE001 - comes again, and is kept, for its chunk
            for job in {job for job, _ in batch}:
                job.warn(f"a batch failed and was tried chunk by chunk: {in_words(error)}")
            return False
        for (job, index), result in zip(batch, results, strict=True):
            job.results[index] = result
        return True

    def _listen(self, batch: Sequence[_Item]) -> Sequence[ChunkResult]:
        total = sum(job.chunks[index].duration for job, index in batch)
        with ExitStack() as stack:
            # Each recording pays for its share of the batch.
            for job, index in batch:
                share = job.chunks[index].duration / total
                stack.enter_context(job.timed("transcribe", share))
            requests = [job.request(index) for job, index in batch]
            results = self._stages.transcriber.transcribe(requests)
        if len(results) != len(batch):
            raise EngineError(
                f"the transcriber gave {len(results)} results for {len(batch)} chunks"
            )
        return results

    def _after_batch(self, job: Job, indices: Sequence[int], aligning: ThreadPoolExecutor) -> None:
        for index in indices:
            text = " ".join(segment.text for segment in job.results[index].segments)
            done = job.chunks[index].duration
            job.heard += done
            self._notify(ChunkTranscribed(job.recording, job.heard, job.speech, text))
        if self._aligners:
            align = partial(align_chunks, characters=self._options.characters)
            job.pending.append(aligning.submit(align, self._aligners, job, indices))

    def _outcomes(self, waiting: list[Job], backlog: int) -> Iterator[Outcome]:
        """Outcomes of finished jobs; where too many transcribed ones wait, wait for the oldest."""
        late = [job for job in waiting if job.transcribed and not job.finished]
        for job in late[: max(0, len(late) - backlog)]:
            while wait(job.pending, timeout=NEWS).not_done:
                self._pass_on()
        finished = [job for job in waiting if job.finished]
        self._pass_on()  # after that look: all that was told of them comes before their outcome
        for job in finished:
            waiting.remove(job)
            yield settle(job, partial(_transcript, stages=self._stages), self._notify)

    def _pass_on(self) -> None:
        """Tell, in the thread of the run, what was told in others."""
        while not self._told.empty():
            self._notify(self._told.get())


def _items(job: Job) -> list[_Item]:
    return [] if job.error is not None else [(job, index) for index in range(len(job.chunks))]


def _next_batch(planned: deque[list[_Item]], queue: deque[_Item], size: int) -> list[_Item]:
    """The next of the batches that are planned; once there is none, more are, from the queue."""
    if not planned:
        full = len(queue) // size * size
        window = [queue.popleft() for _ in range(min(full or len(queue), WINDOW * size))]
        lengths = [job.chunks[index].duration for job, index in window]
        planned.extend([window[place] for place in batch] for batch in similar(lengths, size))
    return planned.popleft()


def _transcript(job: Job, stages: Stages) -> Transcript:
    segments = tuple(job.segments())
    if stages.sentence_splitter is not None:
        segments = sentences(job, segments, stages.sentence_splitter)
    if job.diarization is not None:
        with job.timed("attribute"):
            segments = attribute(segments, job.diarization, job.language())
    return Transcript(
        segments,
        job.language(),
        job.language_probability,
        job.sound.duration,
        tuple(job.warnings),
        dict(job.timings),
        job.diarization,
        job.recording.stem,
    )


@contextmanager
def _workers(*names: str) -> Iterator[tuple[ThreadPoolExecutor, ...]]:
    """A thread per stage; when the run is left early, what has not begun is dropped."""
    executors = tuple(ThreadPoolExecutor(1, f"asrcore-{name}") for name in names)
    try:
        yield executors
    finally:
        for executor in executors:
            executor.shutdown(wait=False, cancel_futures=True)

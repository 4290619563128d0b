"""Jobs that are prepared while others are transcribed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future

from asrcore.domain.recording import Recording
from asrcore.usecases.job import Job


class JobsAhead:
    """Prepared jobs in order, some ahead of who takes them.

    As many recordings as make two batches are ahead, so that more are there after a batch than it
    took. That goes by the longest so far, and never are more ahead than were taken: sound of long
    recordings fills a disk.

    Args:
        recordings: taken one by one, no sooner than needed.
        start: begins to prepare one.
        batch_size: chunks in a batch.
    """

    def __init__(
        self,
        recordings: Iterable[Recording],
        start: Callable[[Recording], Future[Job]],
        batch_size: int,
    ) -> None:
        self._started = map(start, recordings)
        self._batch_size = batch_size
        self._taken = 0
        self._longest = 1
        self._ahead: deque[Future[Job]] = deque()

    def __iter__(self) -> Iterator[Job]:
        while self._begin():
            job = self._ahead.popleft().result()
            self._taken += 1
            self._longest = max(self._longest, len(job.chunks))
            yield job

    @property
    def ready(self) -> bool:
        """Whether the next job is there already."""
        return bool(self._ahead) and self._ahead[0].done()

    def _begin(self) -> bool:
        """Start what is to be ahead, and the next; whether there is a next."""
        two_batches = 2 * self._batch_size // self._longest
        while len(self._ahead) <= max(1, min(two_batches, self._taken)):
            started = next(self._started, None)
            if started is None:
                break
            self._ahead.append(started)
        return bool(self._ahead)

"""How many recordings are prepared before they are asked for."""

from collections.abc import Iterator
from concurrent.futures import Future
from itertools import islice

import pytest

from asrcore.domain.chunking import Chunk
from asrcore.domain.recording import Recording
from asrcore.domain.request import Instructions
from asrcore.domain.timespan import TimeSpan
from asrcore.usecases.ahead import JobsAhead
from asrcore.usecases.job import Job


class Preparing:
    """Prepares at once; a recording called `<n>` has n chunks, and one called `later` waits.

    Attributes:
        started: the names of recordings that were begun, in order.
    """

    def __init__(self) -> None:
        self.started: list[str] = []

    def __call__(self, recording: Recording) -> Future[Job]:
        self.started.append(recording.name)
        future: Future[Job] = Future()
        if recording.name != "later":
            chunks = [Chunk((TimeSpan(0.0, 1.0),))] * int(recording.name)
            future.set_result(Job(recording, Instructions(), chunks=chunks))
        return future


def ahead(*names: str, batch_size: int = 8) -> tuple[JobsAhead, Iterator[Job], Preparing]:
    preparing = Preparing()
    jobs = JobsAhead(map(Recording.of, names), preparing, batch_size)
    return jobs, iter(jobs), preparing


def test_all_come_in_order() -> None:
    _, taken, _ = ahead("3", "0", "1", "2")
    assert [job.recording.name for job in taken] == ["3", "0", "1", "2"]
    assert list(ahead()[1]) == []


@pytest.mark.parametrize(
    ("names", "begun"),
    [
        # Ahead are no more than were taken before, and two batches at most.
        ("1" * 30, [2, 3, 5, 7, 9, 11, 13, 14]),
        ("0" * 30, [2, 3, 5, 7, 9, 11, 13, 14]),
        ("2" * 30, [2, 3, 5, 7, 8, 9, 10, 11]),
        ("6" * 30, [2, 3, 4, 5, 6, 7, 8, 9]),
        # There was a long one, and there may be more.
        ("11161111111111", [2, 3, 5, 7, 7, 7, 8, 9]),
    ],
)
def test_as_many_are_ahead_as_make_two_batches(names: str, begun: list[int]) -> None:
    _, taken, preparing = ahead(*names, batch_size=3)
    assert [len(preparing.started) for _ in islice(taken, 8)] == begun


def test_one_that_takes_time_is_not_ready() -> None:
    jobs, taken, _ = ahead("1", "1", "later")
    assert not jobs.ready, "nothing was begun"
    next(taken)
    assert jobs.ready
    next(taken)
    assert not jobs.ready
    exhausted, taken, _ = ahead("1")
    next(taken)
    assert not exhausted.ready, "there is no next"

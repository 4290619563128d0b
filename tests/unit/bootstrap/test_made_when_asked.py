"""Aligners that are made when somebody needs them."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from asrcore.bootstrap.aligners import MadeWhenAsked
from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.request import AlignRequest
from asrcore.errors import ModelError
from asrcore.testing import FakeAligner, tone

REQUEST = AlignRequest(tone(2.0), ("big world",), "en")


def test_answers_like_what_it_makes() -> None:
    told = AlignerCapabilities(frozenset({"en"}), characters=True)
    aligner = MadeWhenAsked(lambda: FakeAligner(capabilities=told))
    assert aligner.capabilities is told
    assert aligner.align([REQUEST]) == FakeAligner().align([REQUEST])


def test_is_made_at_the_first_use_and_only_then() -> None:
    calls: list[FakeAligner] = []

    def make() -> FakeAligner:
        calls.append(FakeAligner())
        return calls[-1]

    aligner = MadeWhenAsked(make)
    assert calls == []
    for _ in range(2):
        assert aligner.capabilities == AlignerCapabilities()
        aligner.align([REQUEST])
    assert [len(each.batches) for each in calls] == [2]


def test_is_made_once_where_two_threads_ask() -> None:
    both = Barrier(2)
    calls: list[FakeAligner] = []

    def make() -> FakeAligner:
        calls.append(FakeAligner())
        with suppress(BrokenBarrierError):  # nobody else comes in
            both.wait(timeout=0.3)
        return calls[-1]

    aligner = MadeWhenAsked(make)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(aligner.align, [[REQUEST], [REQUEST]]))
    assert [len(each.batches) for each in calls] == [2]


def test_tells_each_time_that_it_cannot_be_made_until_it_can() -> None:
    results = iter([ModelError("first"), ModelError("second"), FakeAligner()])

    def make() -> FakeAligner:
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    aligner = MadeWhenAsked(make)
    with pytest.raises(ModelError, match="first"):
        assert aligner.capabilities
    with pytest.raises(ModelError, match="second"):
        aligner.align([REQUEST])
    assert len(aligner.align([REQUEST])) == 1


def test_leaves_closing_to_who_makes() -> None:
    mine = FakeAligner()
    aligner = MadeWhenAsked(lambda: mine)
    aligner.align([REQUEST])
    aligner.close()
    assert mine.closed == 0


def test_is_not_made_to_be_closed() -> None:
    MadeWhenAsked(lambda: pytest.fail("nobody asked")).close()

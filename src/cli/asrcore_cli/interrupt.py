"""Ctrl-C, heard at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def interruptible(work: Callable[[], T]) -> T:
    """Do some work in another thread and give what it returns or raises.

    Python hears of Ctrl-C between two steps of its main thread, and an engine may compute for a
    minute in one step. After a KeyboardInterrupt the work still goes on: leave the process.
    """
    future: Future[T] = Future()
    Thread(target=_settle, args=(future, work), daemon=True).start()
    while not future.done():
        wait([future], timeout=0.1)  # not forever: on Windows an endless wait is deaf as well
    return future.result()


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - raised again by `result`
        future.set_exception(error)

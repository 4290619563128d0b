"""The threads in which MLX computes: their answers, their failures, and their end."""

import gc
import subprocess
import sys
import threading
import time
from functools import partial

import pytest

pytest.importorskip("mlx.core")
pytestmark = pytest.mark.integration

import mlx.core as mx  # noqa: E402 - behind what skips

from asrcore_adapters.common.mlx_lanes import Lanes  # noqa: E402


@pytest.fixture
def lanes():
    made = Lanes(mx.cpu, 2)
    yield made
    made.close()


def test_answers_come_in_the_order_of_the_rows(lanes):
    rows = list(range(7))
    parts = []
    found = lanes.share(rows, lambda part: parts.append(list(part)) or [10 * each for each in part])
    assert found == [10 * row for row in rows]
    assert sorted(parts) == [[0, 2, 4, 6], [1, 3, 5]]
    assert lanes.share([], lambda part: part) == []


def test_a_device_that_cannot_be_had_is_no_endless_wait(monkeypatch):
    def absent(_):
        raise ValueError("no such device")

    lanes = Lanes(mx.cpu, 1)
    with monkeypatch.context() as patched:
        patched.setattr(mx, "stream", absent)
        with pytest.raises(ValueError, match="no such device"):
            lanes.run(lambda: 1)
    assert lanes.run(lambda: 1) == 1
    lanes.close()


def test_threads_end_with_the_last_who_knows_them():
    before = threading.active_count()
    lanes = Lanes(mx.cpu, 2)
    assert lanes.run(lambda: 1) == 1
    assert threading.active_count() == before + 2
    del lanes
    assert threading.active_count() == before


def test_a_thread_may_be_the_last_who_knows_its_lanes():
    before = threading.active_count()
    started, go = threading.Event(), threading.Event()

    def work(lanes):
        started.set()
        go.wait(10)

    lanes = Lanes(mx.cpu, 2)
    lanes._started(partial(work, lanes))
    del lanes
    started.wait(10)
    go.set()
    for _ in range(100):
        if threading.active_count() == before:
            break
        time.sleep(0.05)
    assert threading.active_count() == before


def test_what_failed_is_forgotten_at_once(lanes):
    """Who has too little memory tries again with less, and cannot wait for the collector."""

    def fail():
        large = mx.ones(1_000_000)
        mx.eval(large)
        raise RuntimeError(str(large.size))

    before = mx.get_active_memory()
    gc.disable()
    try:
        with pytest.raises(RuntimeError, match="1000000"):
            lanes.run(fail)
        assert mx.get_active_memory() == before
    finally:
        gc.enable()


@pytest.mark.parametrize("seconds", [0, 0.6])
def test_threads_that_nobody_ends_do_not_abort_the_process(seconds):
    """Neither those that wait, nor those that compute when everything else ends."""
    code = """
import sys, time, threading, mlx.core as mx
from asrcore_adapters.common.mlx_lanes import Lanes
def work(rows):
    end = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < end:
        large = mx.random.normal((300, 300))
        mx.eval(large @ large)
    return rows
lanes = Lanes(mx.cpu, 4)
lanes.share(range(4), lambda rows: [mx.eval(mx.ones(9) + 1) for _ in rows])
threading.Thread(target=lanes.share, args=(range(4), work), daemon=True).start()
time.sleep(0.1)
"""
    for _ in range(3):
        command = [sys.executable, "-c", code, str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")

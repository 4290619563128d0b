"""The sherpa-onnx diarizer with its real engine, on models that hear two pitches."""

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.diarization import SpeakerCount
from asrcore.errors import EngineError, MissingEngineError, OutOfMemoryError
from asrcore.plugin import Placement
from asrcore.testing import DiarizerContract, silence
from asrcore_adapters.sherpa import SherpaOptions, process
from asrcore_adapters.sherpa.diarizer import SherpaDiarizer
from tests.integration.tiny_onnx import HIGH, LOW, WINDOW, save_embedding, save_segmentation, voice

pytestmark = pytest.mark.integration

ONE_OF_THEM, BOTH = voice(3.0, LOW), voice(2.0, LOW) + voice(2.0, HIGH)
TALK = np.concatenate([ONE_OF_THEM, silence(1.0), voice(4.0, HIGH), BOTH])
FRAME = 0.04
"""Seconds that the edge of a turn may be off: a frame, and half of what it hears."""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Options with the two models."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "segmentation": str(save_segmentation(folder / "segmentation.onnx")),
        "embedding": str(save_embedding(folder / "embedding.onnx")),
        "threads": 1,
    }


@pytest.fixture(scope="module")
def sherpa(models):
    diarizer = SherpaDiarizer(SherpaOptions(**models), Placement())
    yield diarizer
    diarizer.close()


@pytest.fixture
def own(models):
    """A diarizer that a test may break."""
    diarizer = SherpaDiarizer(SherpaOptions(**models), Placement())
    yield diarizer
    diarizer.close()


class TestContract(DiarizerContract):
    @pytest.fixture
    def diarizer(self, sherpa):
        return sherpa

    @pytest.fixture
    def conversation(self):
        return Audio(TALK)


def heard(diarizer, samples, *count, **options):
    return diarizer.diarize(Audio(samples), SpeakerCount(*count), **options)


def times(found):
    return [(turn.span.start, turn.span.end) for turn in found.turns]


def test_turns_are_where_somebody_speaks_and_may_overlap(sherpa):
    found = heard(sherpa, TALK)
    assert np.array(times(found)) == pytest.approx(np.array([(0, 3), (4, 10), (8, 10)]), abs=FRAME)
    first, second, again = (turn.speaker for turn in found.turns)
    assert first == again != second


def test_a_voice_that_comes_back_after_minutes_is_known_again(sherpa):
    found = heard(sherpa, np.concatenate([TALK, silence(100.0), TALK]))
    assert len(found.speakers) == 2
    assert [turn.speaker for turn in found.turns[:3]] == [turn.speaker for turn in found.turns[3:]]


@pytest.mark.parametrize("seconds", [2.0, 10.0, 40.0])
@pytest.mark.parametrize(
    ("count", "speakers"),
    [((1, 1), 1), ((2, 2), 2), ((None, 1), 1), ((2, 5), 2), ((None, None), 2), ((1, 3), 2)],
)
def test_the_number_of_speakers_is_heeded_in_recordings_of_any_length(
    sherpa, seconds, count, speakers
):
    """Of one window, too, where sherpa by itself takes no notice of it."""
    half = round(seconds / 2)
    samples = np.concatenate([voice(half, LOW), voice(half, HIGH)])
    assert len(heard(sherpa, samples, *count).speakers) == speakers


def test_too_few_speakers_by_the_threshold_are_heard_again_by_the_bound(models):
    """The threshold takes everybody for one."""
    options = SherpaOptions(**models, threshold=1.9)
    diarizer = SherpaDiarizer(options, Placement())
    assert len(heard(diarizer, TALK).speakers) == 1
    progress = []
    assert len(heard(diarizer, TALK, 2, None, progress=progress.append).speakers) == 2
    assert progress == sorted(progress)
    assert max(step for step in progress if step <= 0.5) == 0.5
    diarizer.close()


@pytest.mark.parametrize("extra", [-1, 0, 1, SAMPLE_RATE, SAMPLE_RATE + 1])
def test_recordings_of_one_window_and_about(sherpa, extra):
    samples = voice(12.0, LOW)[: WINDOW + extra]
    found = heard(sherpa, samples, embeddings=True)
    assert times(found) == [pytest.approx((0, len(samples) / SAMPLE_RATE), abs=FRAME)]
    assert found.turns[0].span.end <= len(samples) / SAMPLE_RATE


def test_each_voice_is_a_direction_of_its_own(sherpa):
    found = heard(sherpa, TALK[: 8 * SAMPLE_RATE], embeddings=True)
    again = heard(sherpa, np.tile(TALK[: 8 * SAMPLE_RATE], 2), embeddings=True)
    voices = np.array([found.embeddings[speaker] for speaker in found.speakers])
    others = np.array([again.embeddings[speaker] for speaker in again.speakers])
    assert np.linalg.norm(voices, axis=1) == pytest.approx(1)
    alike = voices @ others.T
    assert min(alike.diagonal()) > 0.9
    assert max(alike[0, 1], alike[1, 0]) < 0.5


def test_what_an_option_asks_for_is_done(models):
    def turns(samples, **options):
        diarizer = SherpaDiarizer(SherpaOptions(**models, **options), Placement())
        found = heard(diarizer, samples)
        diarizer.close()
        return len(found.turns)

    brief = np.concatenate([ONE_OF_THEM, silence(2.0), voice(0.7, HIGH), silence(2.0)])
    assert [turns(brief), turns(brief, min_duration_on=0.8)] == [2, 1]
    pause = np.concatenate([ONE_OF_THEM, silence(0.8), ONE_OF_THEM])
    assert [turns(pause), turns(pause, min_duration_off=1.0)] == [2, 1]


def test_a_memory_map_is_a_recording(sherpa, tmp_path):
    TALK.tofile(tmp_path / "talk.raw")
    mapped = np.memmap(tmp_path / "talk.raw", dtype=np.float32, mode="r")
    assert heard(sherpa, mapped) == heard(sherpa, TALK)


@pytest.mark.parametrize("wrong", [[np.nan], [np.inf], [-np.inf, np.inf]])
def test_a_sound_of_what_is_no_number_is_refused(sherpa, wrong):
    """By sherpa itself one NaN costs all turns before it."""
    samples = TALK.copy()
    samples[-len(wrong) :] = wrong
    with pytest.raises(EngineError, match="samples that are no numbers") as caught:
        heard(sherpa, samples)
    assert "ffmpeg" in caught.value.hint
    assert len(heard(sherpa, TALK).turns) == 3


def test_other_threads_go_on_meanwhile(sherpa):
    """The engine keeps the interpreter's lock to itself all the time, in its own process."""
    beats, over = [], Event()

    def beat():
        while not over.is_set():
            beats.append(time.monotonic())
            time.sleep(0.005)

    thread = Thread(target=beat)
    thread.start()
    started = time.monotonic()
    heard(sherpa, np.tile(TALK, 30))
    took = time.monotonic() - started
    over.set()
    thread.join()
    longest = max(np.diff([each for each in beats if each >= started]))
    print(f"{took:.2f} s of work, the longest pause {longest:.3f} s")
    assert took > 0.5
    assert longest < took / 4


def test_several_threads_take_turns(sherpa):
    expected = heard(sherpa, TALK)
    found = []
    threads = [Thread(target=lambda: found.append(heard(sherpa, TALK))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 3


def test_nothing_is_written_to_the_terminal(models):
    """sherpa says on stderr that it heard nobody, and what it thinks of short sounds."""
    code = """
import sys
import numpy as np
from asrcore.domain.audio import Audio
from asrcore.domain.diarization import SpeakerCount
from asrcore.plugin import Placement
from asrcore_adapters.sherpa import SherpaOptions
from asrcore_adapters.sherpa.diarizer import SherpaDiarizer
options = SherpaOptions(segmentation=sys.argv[1], embedding=sys.argv[2])
diarizer = SherpaDiarizer(options, Placement())
for length in (0, 1, 5_000, 64_000):
    diarizer.diarize(Audio(np.zeros(length, np.float32)), SpeakerCount(), embeddings=True)
print("ours", file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, models["segmentation"], models["embedding"]],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "ours\n")


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def pid_of(diarizer):
    return diarizer._worker._process.pid


def test_closing_it_ends_its_process(own):
    pid = pid_of(own)
    assert is_there(pid)
    own.close()
    assert not is_there(pid)


def test_one_that_is_forgotten_leaves_no_process(models):
    diarizer = SherpaDiarizer(SherpaOptions(**models), Placement())
    pid = pid_of(diarizer)
    del diarizer
    gc.collect()
    assert not is_there(pid)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("sent", "error"), [(signal.SIGSEGV, EngineError), (signal.SIGKILL, OutOfMemoryError)]
)
def test_a_process_that_dies_costs_its_recording_alone(own, sent, error):
    """By SIGKILL a system ends what takes too much memory."""

    def kill(_):
        os.kill(pid_of(own), sent)
        time.sleep(0.2)

    with pytest.raises(error) as caught:
        heard(own, np.tile(TALK, 20), progress=kill)
    assert type(caught.value) is error
    assert caught.value.hint
    assert len(heard(own, TALK).turns) == 3


def test_who_listens_to_its_progress_may_stop_it(own):
    def stop(_):
        raise KeyboardInterrupt

    pid = pid_of(own)
    with pytest.raises(KeyboardInterrupt):
        heard(own, TALK, progress=stop)
    assert not is_there(pid)
    assert len(heard(own, TALK).turns) == 3


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc here")
def test_a_recording_is_kept_no_longer_than_needed(own):
    """A quarter of an hour is 58 MB, of which sherpa makes a copy."""

    def megabytes():
        pages = int(Path(f"/proc/{pid_of(own)}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6

    before = megabytes()
    heard(own, silence(900.0))
    assert megabytes() - before < 30


def test_an_engine_that_cannot_be_imported_says_how_to_install_it(models, monkeypatch, tmp_path):
    (tmp_path / "sherpa_onnx.py").write_text("raise ImportError('no such library')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingEngineError, match="no such library") as caught:
        SherpaDiarizer(SherpaOptions(**models), Placement())
    assert caught.value.hint == process.REINSTALL


def test_what_the_engine_says_of_a_failure_is_told(own):
    with pytest.raises(EngineError, match=r"sherpa-onnx failed: .+") as caught:
        own._worker.embed([("not", "samples")])
    assert "--set diarizer.backend=pyannote" in caught.value.hint


def test_where_no_process_can_be_started_that_is_said(models, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(EngineError, match="process of its own") as caught:
        SherpaDiarizer(SherpaOptions(**models), Placement())
    assert "--set diarizer.backend=pyannote" in caught.value.hint

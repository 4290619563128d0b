"""The side of the conversation with `worker.py` that the program is on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from asrcore.domain.audio import Samples
from asrcore.errors import AsrError, EngineError, MissingEngineError, ModelError, OutOfMemoryError

WORKER = Path(__file__).with_name("worker.py")
REINSTALL = "run: pip install --force-reinstall 'asrcore[speakers]'"
LESS = "diarize it in parts, or free some memory"
OTHERWISE = "run it again, or try another recording; else take --set diarizer.backend=pyannote"
PUBLISHED = (
    "take models that sherpa-onnx published: leave out diarizer.options.segmentation and .embedding"
)
NO_PROCESS = "end other programs and run it again, or take --set diarizer.backend=pyannote"


class Worker:
    """A running worker; whatever goes wrong ends it.

    Raises:
        MissingEngineError: sherpa-onnx cannot be imported there.
        ModelError: it cannot load a model.
        EngineError: no process could be started, or it ended at once.
    """

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._process, self._stderr = _started()
        self._end = weakref.finalize(self, _end, self._process, self._stderr)
        self._ready = False
        self._talk(settings)
        self._ready = True

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._end.alive and self._process.poll() is None

    def hear(self, samples: Samples, room: int) -> None:
        """Give it a recording, which it keeps until the next, and fill up with silence.

        Args:
            samples: shape (n,).
            room: samples of both.
        """
        request = {"do": "hear", "samples": len(samples), "room": room}
        self._talk(request, np.ascontiguousarray(samples))

    def forget(self) -> None:
        """Have it free the recording's memory."""
        self.hear(np.zeros(0, np.float32), 0)

    def diarize(
        self, speakers: int, progress: Callable[[float], None]
    ) -> list[tuple[float, float, int]]:
        """Start, end and speaker of each turn; -1 speakers are as many as the threshold makes."""
        found: list[tuple[float, float, int]] = self._talk(
            {"do": "diarize", "speakers": speakers}, progress=progress
        )
        return found

    def embed(self, stretches: list[tuple[int, int]]) -> list[float] | None:
        """The voice in some stretches of samples together; None where they are too short."""
        voice: list[float] | None = self._talk({"do": "embed", "stretches": stretches})
        return voice

    def end(self) -> None:
        """End it, whatever it is at."""
        self._end()

    def _talk(
        self,
        request: Mapping[str, object],
        payload: Samples | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Any:
        try:
            self._send(request, payload)
            return self._receive(progress)
        except BaseException:
            self.end()
            raise

    def _send(self, request: Mapping[str, object], payload: Samples | None) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        with suppress(OSError):  # it ended; what it said before is read next
            pipe.write(json.dumps(request).encode() + b"\n")
            if payload is not None:
                pipe.write(payload.view(np.uint8).data)
            pipe.flush()

    def _receive(self, progress: Callable[[float], None] | None) -> Any:
        pipe = self._process.stdout
        assert pipe is not None
        for line in pipe:
            message = json.loads(line)
            if "error" in message:
                raise _failure(message["error"], message["kind"], ready=self._ready)
            if "done" not in message:
                return message.get("answer")
            if progress is not None:
                progress(message["done"] / message["of"])
        raise self._ended()

    def _ended(self) -> AsrError:
        """Why there is nobody to talk to any more."""
        status = self._process.wait()
        if status == -getattr(signal, "SIGKILL", 9):
            return OutOfMemoryError("sherpa-onnx was killed, as it took too much memory", LESS)
        said = _last_line(self._stderr) or f"its process ended with status {status}"
        return _failure(said, "", ready=self._ready)


def _started() -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Python again, by the same search path, which a program may have changed; and its stderr."""
    path = os.pathsep.join(folder for folder in sys.path if folder)
    with ExitStack() as undo:
        stderr = undo.enter_context(tempfile.TemporaryFile())
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**os.environ, "PYTHONPATH": path},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise EngineError(
                f"sherpa-onnx needs a process of its own: {error}", NO_PROCESS
            ) from error
        undo.pop_all()
        return process, stderr


def _failure(said: str, kind: str, *, ready: bool) -> AsrError:
    if kind in ("ImportError", "ModuleNotFoundError"):
        return MissingEngineError(f"sherpa-onnx cannot be used here: {said}", REINSTALL)
    if kind == "MemoryError":
        return OutOfMemoryError(f"sherpa-onnx ran out of memory: {said}", LESS)
    if not ready:
        return ModelError(f"sherpa-onnx cannot load its models: {said}", PUBLISHED)
    return EngineError(f"sherpa-onnx failed: {said}", OTHERWISE)


def _last_line(stderr: IO[bytes]) -> str:
    stderr.seek(0)
    lines = stderr.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _end(process: subprocess.Popen[bytes], stderr: IO[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, stderr):
        assert pipe is not None
        with suppress(OSError):  # what was not sent yet concerns nobody any more
            pipe.close()

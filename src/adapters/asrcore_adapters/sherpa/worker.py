"""The process in which sherpa-onnx works; `process.py` starts it and talks to it.

Its Python binding keeps the interpreter's lock from the first sample to the last, so that nothing
else of a program would go on meanwhile; it ends the process at what it does not expect, and it
writes to stderr as it likes. In a process of its own all three concern nobody.

A conversation over stdin and stdout, one JSON object a line: first the settings, which are
answered by `{"ready": true}`; then requests, see `Requests`, each answered by any number of
`{"done": k, "of": n}` and one `{"answer": ...}`. A failure is `{"error": ..., "kind": ...}`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

SHIFT = 0.1
"""Of a window, by which sherpa moves it on."""


def padded_length(samples: int, window: int) -> int:
    """Samples of a recording with the silence behind it that makes its windows whole.

    Two windows at least: what sherpa hears in one alone it does not cluster, whatever number of
    speakers it was told. And no part of one: speech that it imagines behind the last sample has
    no sound, and no sound is the end of its process.

    Args:
        samples: of the recording.
        window: samples that the segmentation model hears at once.
    """
    shift = max(1, int(SHIFT * window))
    moves = max(1, -(-(samples - window) // shift))
    return window + moves * shift


class Requests:
    """What can be asked for; each method is one.

    Args:
        settings: `segmentation`, `embedding`: files; `threads`, `threshold`, `min_duration_on`,
            `min_duration_off`; `sample_rate`.
    """

    def __init__(self, settings: Mapping[str, Any], talk: Conversation) -> None:
        import numpy  # noqa: PLC0415 - where it is missing, that is an answer, too
        import sherpa_onnx  # noqa: PLC0415

        self._numpy, self._sherpa = numpy, sherpa_onnx
        self._settings = settings
        self._talk = talk
        self._diarization = sherpa_onnx.OfflineSpeakerDiarization(self._config(-1))
        self._extractor: Any = None
        self._samples = numpy.zeros(0, numpy.float32)

    def hear(self, samples: int, room: int) -> None:
        """Take the recording that the other requests are about: raw float32 follows the line.

        Args:
            samples: that follow.
            room: samples with the silence behind them.
        """
        self._samples = self._numpy.zeros(room, self._numpy.float32)
        self._talk.read_into(self._samples[:samples].view(self._numpy.uint8).data)

    def diarize(self, speakers: int) -> list[tuple[float, float, int]]:
        """Start, end and speaker of each turn.

        Args:
            speakers: how many there are; -1 leaves it to the threshold.
        """
        self._diarization.set_config(self._config(speakers))
        found = self._diarization.process(self._samples, callback=self._talk.progress)
        return [(turn.start, turn.end, turn.speaker) for turn in found.sort_by_start_time()]

    def embed(self, stretches: list[tuple[int, int]]) -> list[float] | None:
        """The voice in some stretches of the recording together; None where they are too short.

        Args:
            stretches: first sample, and the one behind the last.
        """
        if self._extractor is None:
            self._extractor = self._sherpa.SpeakerEmbeddingExtractor(self._embedding())
        stream = self._extractor.create_stream()
        for start, end in stretches:
            stream.accept_waveform(self._settings["sample_rate"], self._samples[start:end])
        stream.input_finished()
        ready = self._extractor.is_ready(stream)
        return list(map(float, self._extractor.compute(stream))) if ready else None

    def _config(self, speakers: int) -> Any:
        sherpa, settings = self._sherpa, self._settings
        pyannote = sherpa.OfflineSpeakerSegmentationPyannoteModelConfig(settings["segmentation"])
        return sherpa.OfflineSpeakerDiarizationConfig(
            segmentation=sherpa.OfflineSpeakerSegmentationModelConfig(
                pyannote=pyannote, num_threads=settings["threads"]
            ),
            embedding=self._embedding(),
            clustering=sherpa.FastClusteringConfig(
                num_clusters=speakers, threshold=settings["threshold"]
            ),
            min_duration_on=settings["min_duration_on"],
            min_duration_off=settings["min_duration_off"],
        )

    def _embedding(self) -> Any:
        return self._sherpa.SpeakerEmbeddingExtractorConfig(
            model=self._settings["embedding"], num_threads=self._settings["threads"]
        )


class Conversation:
    """The two pipes; whatever a library prints to stdout goes to stderr instead."""

    def __init__(self) -> None:
        self._input: BinaryIO = sys.stdin.buffer
        self._output = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def ask(self) -> dict[str, Any] | None:
        """The next line; None at the end."""
        line = self._input.readline()
        return json.loads(line) if line else None

    def say(self, **message: object) -> None:
        """Write a line."""
        print(json.dumps(message), file=self._output, flush=True)

    def read_into(self, room: memoryview) -> None:
        """Fill memory with the bytes that follow a line."""
        if self._input.readinto(room) < len(room):  # type: ignore[attr-defined]  # a BufferedReader
            raise EOFError("the recording broke off")

    def progress(self, done: int, of: int) -> int:
        """Say how far the embeddings are; sherpa goes on where this is 0."""
        self.say(done=done, of=of)
        return 0


def main() -> None:
    """Answer until there are no more questions."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    talk = Conversation()
    try:
        requests = Requests(talk.ask() or {}, talk)
        talk.say(ready=True)
        while (request := talk.ask()) is not None:
            answer = getattr(requests, request.pop("do"))(**request)
            talk.say(answer=answer)
    except BrokenPipeError:
        return
    except Exception as error:  # noqa: BLE001 - it is told to who asked
        talk.say(error=str(error), kind=type(error).__name__)


if __name__ == "__main__":
    main()

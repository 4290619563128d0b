"""The diarizer over sherpa-onnx: pyannote's segmentation, embeddings, complete-linkage clusters."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from asrcore.domain.audio import SAMPLE_RATE, Audio
from asrcore.domain.capabilities import DiarizerCapabilities
from asrcore.domain.diarization import Diarization, Embedding, SpeakerCount, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import EngineError
from asrcore.plugin import Placement
from asrcore.ports.diarizer import Heard, unheard
from asrcore_adapters.common.machine import cores
from asrcore_adapters.sherpa import SherpaOptions
from asrcore_adapters.sherpa.checking import check_embedding, check_segmentation
from asrcore_adapters.sherpa.models import locate_model
from asrcore_adapters.sherpa.process import Worker
from asrcore_adapters.sherpa.voices import stretches_of, unit
from asrcore_adapters.sherpa.worker import padded_length

UNKNOWN = -1
"""The number of speakers by which sherpa goes by its threshold."""


class SherpaDiarizer:
    """sherpa-onnx in a process of its own, see `worker.py`; one recording at a time.

    A worker that ended is replaced for the next recording.

    Raises:
        ModelError: a model cannot be had, or sherpa-onnx cannot use it.
    """

    def __init__(self, options: SherpaOptions, placement: Placement) -> None:
        segmentation = locate_model("segmentation", options)
        embedding = locate_model("embedding", options)
        self._window = check_segmentation(segmentation)
        check_embedding(embedding)
        self._settings = {
            **options.model_dump(include={"threshold", "min_duration_on", "min_duration_off"}),
            "segmentation": str(segmentation),
            "embedding": str(embedding),
            "threads": options.threads or cores(),
            "sample_rate": SAMPLE_RATE,
        }
        self._busy = Lock()
        self._worker = Worker(self._settings)

    @property
    def capabilities(self) -> DiarizerCapabilities:
        """A number of speakers, and voices."""
        return DiarizerCapabilities(speaker_count=True, embeddings=True)

    def diarize(
        self,
        audio: Audio,
        speakers: SpeakerCount,
        *,
        embeddings: bool = False,
        progress: Heard = unheard,
    ) -> Diarization:
        """Who speaks when; where a bound on the number is not kept, a second time by the bound.

        Raises:
            EngineError: it failed, or the sound holds samples that are no numbers.
            OutOfMemoryError: it needs more memory than there is.
        """
        if not audio.finite:  # sherpa would drop all turns before such a sample
            raise EngineError(
                "the sound holds samples that are no numbers", "convert it with ffmpeg first"
            )
        with self._busy:
            if not self._worker.alive:
                self._worker = Worker(self._settings)
            self._worker.hear(audio.samples, padded_length(len(audio.samples), self._window))
            found = self._within(speakers, audio, progress)
            if embeddings:
                found = Diarization(found.turns, embeddings=dict(self._voices(found)))
            self._worker.forget()
        progress(1.0)
        return found

    def close(self) -> None:
        """End the process."""
        self._worker.end()

    def _within(self, speakers: SpeakerCount, audio: Audio, progress: Heard) -> Diarization:
        if speakers.unknown:
            return self._heard(UNKNOWN, audio, progress)
        if speakers.exact is not None:
            return self._numbered(speakers.exact, audio, progress)
        found = self._heard(UNKNOWN, audio, lambda done: progress(done / 2))
        bound = missed_bound(speakers, len(found.speakers))
        if bound is None:
            return found
        return self._numbered(bound, audio, lambda done: progress((1 + done) / 2))

    def _numbered(self, count: int, audio: Audio, progress: Heard) -> Diarization:
        """So many speakers, or as near below as can be.

        sherpa may leave a speaker without any turn, and has one for all where it is asked for
        more than it can tell apart; then it is asked again, for more and for any number.
        """
        found = self._heard(count, audio, progress)
        missing = count - len(found.speakers)
        if missing <= 0 or not found.turns:
            return found
        others = (self._heard(asked, audio, unheard) for asked in (count + missing, UNKNOWN))
        fitting = [each for each in others if len(each.speakers) <= count]
        return max((found, *fitting), key=lambda each: len(each.speakers))

    def _heard(self, speakers: int, audio: Audio, progress: Heard) -> Diarization:
        return Diarization(turns_within(audio.duration, self._worker.diarize(speakers, progress)))

    def _voices(self, found: Diarization) -> Iterable[tuple[str, Embedding]]:
        for speaker in found.speakers:
            stretches = stretches_of(speaker, found)
            voice = unit(self._worker.embed(stretches)) if stretches else None
            if voice is not None:
                yield speaker, voice


def missed_bound(speakers: SpeakerCount, found: int) -> int | None:
    """The bound that a number of speakers lies outside of; None where it lies within.

    Nobody at all is within any: no number makes a sound speech.
    """
    if speakers.maximum is not None and found > speakers.maximum:
        return speakers.maximum
    if speakers.minimum is not None and 0 < found < speakers.minimum:
        return speakers.minimum
    return None


def turns_within(
    duration: float, turns: Iterable[tuple[float, float, int]]
) -> tuple[SpeakerTurn, ...]:
    """sherpa's turns as far as they are within the recording.

    Args:
        duration: of the recording, in seconds.
        turns: start and end in seconds, and speaker.
    """
    return tuple(
        SpeakerTurn(TimeSpan(max(0.0, start), min(end, duration)), str(speaker))
        for start, end, speaker in turns
        if start < duration and end > 0
    )

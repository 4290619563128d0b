"""The diarization stage: who speaks when, and under which name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from asrcore.domain.audio import Audio
from asrcore.domain.diarization import Diarization, Embedding, SpeakerCount
from asrcore.domain.events import Event, SpeakersSought
from asrcore.domain.known_speakers import identify
from asrcore.errors import UnsupportedError
from asrcore.ports.diarizer import Diarizer, Heard, unheard
from asrcore.usecases.job import Job, in_words


@dataclass(frozen=True)
class SpeakerOptions:
    """What is known of the speakers, and what is wanted.

    Attributes:
        count: how many are known to be there.
        embeddings: whether their voices are part of the result.
        known: name -> voice of those who are called by their name where they are heard.
        similarity: cosine from which a voice is a known one's; None leaves it to the diarizer.
    """

    count: SpeakerCount = SpeakerCount()
    embeddings: bool = False
    known: Mapping[str, Embedding] = field(default_factory=dict)
    similarity: float | None = None


def refuse_speaker_options(diarizer: Diarizer | None, wanted: SpeakerOptions) -> None:
    """Refuse, before any work, what nobody would heed.

    Raises:
        UnsupportedError: names it.
    """
    able = diarizer.capabilities if diarizer is not None else None
    asked = {
        "diarizer: the number of speakers": (not wanted.count.unknown, able and able.speaker_count),
        "diarizer.embeddings": (wanted.embeddings, able and able.embeddings),
        "diarizer.speakers": (bool(wanted.known), able and able.embeddings),
    }
    for what in (what for what, (wished, can) in asked.items() if wished and not can):
        if able is None:
            why, hint = "nobody looks for speakers", "add --diarize, or set diarizer.backend"
        else:
            why, hint = "this diarizer has no use for it", "asr backends lists the others"
        raise UnsupportedError(f"{what}: {why}", hint)


def find_speakers(
    diarizer: Diarizer, audio: Audio, wanted: SpeakerOptions, progress: Heard = unheard
) -> Diarization:
    """Who speaks when: known speakers by their names, others numbered by first appearance.

    Raises:
        EngineError: the diarizer failed.
    """
    voices = wanted.embeddings or bool(wanted.known)
    found = diarizer.diarize(audio, wanted.count, embeddings=voices, progress=progress)
    least = wanted.similarity
    least = diarizer.capabilities.similarity if least is None else least
    named = found.numbered(identify(found.embeddings, wanted.known, least))
    return named if wanted.embeddings else replace(named, embeddings={})


def diarize(
    diarizer: Diarizer, job: Job, wanted: SpeakerOptions, notify: Callable[[Event], None]
) -> None:
    """Find a job's speakers; where that fails, it gets a warning and goes on without."""
    try:
        _diarize(diarizer, job, wanted, notify)
    except Exception as error:  # noqa: BLE001 - a diarizer never takes the text down
        job.warn(f"speakers are missing: {in_words(error)}")


def diarize_alone(
    diarizer: Diarizer, job: Job, wanted: SpeakerOptions, notify: Callable[[Event], None]
) -> None:
    """Find a job's speakers; where that fails, the job does."""
    with job.guarded("diarizing"):
        _diarize(diarizer, job, wanted, notify)


def _diarize(
    diarizer: Diarizer, job: Job, wanted: SpeakerOptions, notify: Callable[[Event], None]
) -> None:
    last = -1.0

    def progress(done: float) -> None:
        nonlocal last
        if done > last:
            last = done
            notify(SpeakersSought(job.recording, done))

    progress(0.0)  # some diarizers tell nothing for a long while
    with job.timed("diarize"):
        job.diarization = find_speakers(diarizer, job.sound, wanted, progress)
    if message := _miscounted(len(job.diarization.speakers), wanted.count):
        job.warn(message)


def _miscounted(found: int, count: SpeakerCount) -> str:
    """What to say of a number of speakers other than the user's, or of none at all."""
    if found == 0 and count.unknown:
        return "nobody is heard speaking in it"
    if (count.minimum or 0) <= found <= (count.maximum or found):
        return ""
    heard = "1 speaker was" if found == 1 else f"{found} speakers were"
    return f"{heard} told apart, though there should be {count}"

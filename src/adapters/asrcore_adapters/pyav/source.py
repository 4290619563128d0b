"""Decodes recordings with PyAV.

opening     a recording -> a seekable file
decoding    its best audio track -> frames, holes filled with silence
resampling  frames -> 16 kHz mono float32
headers     how long a file says that it lasts
findings    what was wrong with it, in words
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

import av
from av import AudioFrame
from av.container import InputContainer
from av.error import FFmpegError

from asrcore.domain.audio import SAMPLE_RATE, Audio, Samples, Waveform
from asrcore.domain.recording import Recording
from asrcore.errors import AsrError, AudioDecodeError, InputError, translate
from asrcore.plugin import Options, Placement
from asrcore_adapters.pyav.decoding import best_track, decoded
from asrcore_adapters.pyav.findings import TRY_ELSEWHERE, Findings, reason
from asrcore_adapters.pyav.headers import stated_duration
from asrcore_adapters.pyav.opening import SeekableBytes, opened
from asrcore_adapters.pyav.resampling import resampled, waveform_frames


class PyavAudioSource:
    """Decodes whatever FFmpeg can; channels are averaged.

    The average is taken for every layout, 5.1 too: nothing can clip, and no channel of a
    many-microphone recording is lost, as it would be in FFmpeg's own downmix of 5.1 (it drops
    the fourth). A file object is read from its beginning and left open.
    """

    def __init__(self, options: Options, placement: Placement) -> None:
        """Options are none, and the place is the processor."""

    def blocks(self, recording: Recording, warn: Callable[[str], None]) -> Iterator[Samples]:
        """Decode a recording in blocks of about ten seconds; see `AudioSource`."""
        findings = Findings()
        length = 0
        with _said_plainly(recording.name), _frames(recording, findings) as frames:
            for block in resampled(frames, findings):
                length += len(block)
                yield block
        if not length:
            raise findings.nothing_decoded(recording.name)
        for sentence in findings.sentences(length / SAMPLE_RATE):
            warn(sentence)


@contextmanager
def _frames(recording: Recording, findings: Findings) -> Iterator[Iterable[AudioFrame]]:
    source = recording.source
    if isinstance(source, Audio):
        source = Waveform(source.samples)
    if isinstance(source, Waveform):
        yield waveform_frames(source)
        return
    with opened(source, recording.name) as file, _container(file) as container:
        track = best_track(container, recording.name)
        findings.stated = stated_duration(container, track, file)
        yield decoded(container, track, findings)


def _container(file: SeekableBytes) -> InputContainer:
    return av.open(
        file,
        mode="r",
        metadata_errors="replace",
        # A playlist must not make us read other files.
        container_options={"protocol_whitelist": "none"},
    )


def _said_plainly(name: str) -> AbstractContextManager[None]:
    def undecodable(error: Exception) -> AsrError:
        cause = "it is damaged, or neither audio nor video"
        return AudioDecodeError(f"{name}: no sound can be decoded from it: {cause}", TRY_ELSEWHERE)

    def unreadable(error: Exception) -> AsrError:
        hint = "copy it to another place and try that" if isinstance(error, OSError) else ""
        return InputError(f"{name}: it cannot be read: {reason(error)}", hint)

    return translate({FFmpegError: undecodable, OSError: unreadable, ValueError: unreadable})

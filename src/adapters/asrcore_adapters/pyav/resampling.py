"""Frames of any rate, format and channel count -> 16 kHz mono float32, by FFmpeg's filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby
from typing import NamedTuple, TypeAlias

import numpy as np
from av import AudioFrame
from av.filter import Graph

from asrcore.domain.audio import SAMPLE_RATE, Samples, Waveform
from asrcore_adapters.pyav.findings import Findings

BLOCK = 10 * SAMPLE_RATE
"""Samples of a block at most; only the last is shorter."""

STEP = 16_384
"""Samples that are handled at a time before they are resampled."""

LOUDEST = 2.0**31
"""Even for float samples with the scale of integers."""

RESAMPLER = f"{SAMPLE_RATE}:filter_size=128:cutoff=0.96"
"""libswresample: flat to 7.4 kHz, 96 dB down at 8.2 kHz (by default -2 dB and -15 dB)."""


class Form(NamedTuple):
    """What frames of one chain of filters have in common."""

    sample_format: str
    layout: str
    channels: int
    rate: int

    @classmethod
    def of(cls, frame: AudioFrame) -> Form:
        """The form of a frame."""
        layout = frame.layout
        return cls(frame.format.name, layout.name, layout.nb_channels, frame.sample_rate)


Filters: TypeAlias = Callable[[Form], list[tuple[str, str]]]
"""The names and arguments of filters for frames of one form."""


def resampled(frames: Iterable[AudioFrame], findings: Findings) -> Iterator[Samples]:
    """The mean of the channels at 16 kHz; form may change from frame to frame."""
    for frame in _filtered(_sound_only(_filtered(frames, _to_mono), findings), _to_blocks):
        yield _samples(frame)


def waveform_frames(waveform: Waveform) -> Iterator[AudioFrame]:
    """A waveform cut into mono frames: the mean of its channels."""
    for start in range(0, waveform.samples.shape[-1], STEP):
        part = Waveform(waveform.samples[..., start : start + STEP], waveform.sample_rate)
        yield mono_frame(part.planar().mean(axis=0), waveform.sample_rate)


def mono_frame(samples: Samples, rate: int) -> AudioFrame:
    """A frame of float samples, shape (n,)."""
    frame = AudioFrame.from_ndarray(samples[np.newaxis], format="fltp", layout="mono")
    frame.sample_rate = rate
    return frame


def _to_mono(form: Form) -> list[tuple[str, str]]:
    channels = "+".join(f"c{channel}" for channel in range(form.channels))
    return [
        ("aformat", "sample_fmts=fltp"),
        ("pan", f"mono|c0<{channels}"),  # `<` scales the sum of the gains to 1: the mean
        ("asetnsamples", f"{STEP}:pad=0"),
    ]


def _to_blocks(form: Form) -> list[tuple[str, str]]:
    return [
        ("aresample", RESAMPLER),
        ("aformat", "sample_fmts=fltp"),
        ("asetnsamples", f"{BLOCK}:pad=0"),
    ]


def _sound_only(frames: Iterable[AudioFrame], findings: Findings) -> Iterator[AudioFrame]:
    # Before resampling: its filter would smear one NaN over its whole length.
    for frame in frames:
        samples = _samples(frame)
        level = np.abs(samples)
        sound = level < LOUDEST  # false for NaN too
        findings.loudest = max(findings.loudest, float(level[sound].max(initial=0.0)))
        if sound.all():
            yield frame
        else:
            findings.not_sound += np.count_nonzero(~sound)
            yield mono_frame(np.where(sound, samples, np.float32(0)), frame.sample_rate)


def _samples(frame: AudioFrame) -> Samples:
    # Only ever of mono frames: PyAV reads past the planes of one with 8 channels or more.
    return np.asarray(frame.to_ndarray()[0], dtype=np.float32)


def _filtered(frames: Iterable[AudioFrame], filters: Filters) -> Iterator[AudioFrame]:
    for form, run in groupby(frames, key=Form.of):
        graph = _graph(form, filters(form))
        for frame in chain(run, (None,)):  # None: the end
            graph.push(frame)
            yield from _ready(graph)


def _graph(form: Form, filters: list[tuple[str, str]]) -> Graph:
    graph = Graph()
    source = graph.add(
        "abuffer",
        sample_rate=str(form.rate),
        sample_fmt=form.sample_format,
        channel_layout=form.layout,
        time_base=f"1/{form.rate}",
    )
    steps = [graph.add(name, arguments) for name, arguments in filters]
    graph.link_nodes(source, *steps, graph.add("abuffersink"))
    graph.configure()
    return graph


def _ready(graph: Graph) -> Iterator[AudioFrame]:
    try:
        while True:
            frame = graph.pull()
            assert isinstance(frame, AudioFrame)
            yield frame
    except (BlockingIOError, EOFError):  # it wants more input, or is at its end
        return

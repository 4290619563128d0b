"""Sound files: FLAC keeps every sample, Opus keeps what one hears in a tenth of the space."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream

from tools.synthetic.effects import Samples
from tools.synthetic.speech import SAMPLE_RATE

OPUS_BIT_RATE = 32_000
"""Bits per second; one voice is transparent at 24000."""

CODECS = {".flac": "flac", ".opus": "libopus"}
"""By the ending of the file's name."""

BLOCK = 65_536
"""Samples handed over at a time."""


def write(path: Path, samples: Samples) -> None:
    """Write 16 kHz mono, 16 bits; the same samples give the same file.

    Args:
        path: ends in `.flac` or `.opus`.
        samples: shape (n,), float32, full scale at -1 and 1.
    """
    pcm = np.round(np.clip(samples, -1.0, 1.0) * 32_767).astype(np.int16)
    form = "ogg" if path.suffix == ".opus" else "flac"
    with av.open(str(path), "w", format=form, options={"fflags": "+bitexact"}) as container:
        stream = cast(
            "AudioStream",
            container.add_stream(CODECS[path.suffix], rate=SAMPLE_RATE, layout="mono"),
        )
        if path.suffix == ".opus":
            stream.bit_rate = OPUS_BIT_RATE
        for start in range(0, len(pcm), BLOCK):
            frame = av.AudioFrame.from_ndarray(
                pcm[np.newaxis, start : start + BLOCK], format="s16", layout="mono"
            )
            frame.sample_rate = SAMPLE_RATE
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

"""Speech whose word times are known, from which a CTC model's lag is estimated.

`calibration.npz` holds a few sentences by voices of speech synthesisers, made by
`python -m tools.calibration`; their word times are the synthesisers' own.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from asrcore.domain.alignment.lag import KnownSpeech
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word


@cache
def known_speech() -> tuple[KnownSpeech, ...]:
    """The bundled speech."""
    with (
        files("asrcore.bootstrap").joinpath("calibration.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as stored,
    ):
        return tuple(_speech(stored, index) for index in range(int(stored["clips"])))


def _speech(stored: np.lib.npyio.NpzFile, index: int) -> KnownSpeech:
    samples = stored[f"samples{index}"].astype(np.float32) / 2**15
    words = zip(stored[f"words{index}"].tolist(), stored[f"times{index}"].tolist(), strict=True)
    return KnownSpeech(
        samples, tuple(Word(text, TimeSpan(start, end)) for text, (start, end) in words)
    )

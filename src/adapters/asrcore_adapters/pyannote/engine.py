"""What is used of pyannote.audio, imported without the noise that comes with it."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

UNUSED = ("speechbrain", "nemo")
"""What pyannote.audio imports where it is installed, for models that are refused here. It takes
seconds, and speechbrain leaves modules behind that break whoever looks through `sys.modules`."""


@contextmanager
def _without(*packages: str) -> Iterator[None]:
    """As if these were not installed, unless somebody uses them already."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is "not there"
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with warnings.catch_warnings(), _without(*UNUSED):
    warnings.simplefilter("ignore")  # of torchaudio's end, and of Python's syntax in old modules
    from pyannote.audio.core.model import Model
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding import (
        WeSpeakerResNet34,
        WeSpeakerResNet152,
        WeSpeakerResNet221,
        WeSpeakerResNet293,
        XVectorMFCC,
        XVectorSincNet,
    )
    from pyannote.audio.models.segmentation import PyanNet, SSeRiouSS
    from pyannote.audio.pipelines import SpeakerDiarization, clustering

__all__ = [
    "Model",
    "Problem",
    "PyanNet",
    "Resolution",
    "SSeRiouSS",
    "SpeakerDiarization",
    "Specifications",
    "WeSpeakerResNet34",
    "WeSpeakerResNet152",
    "WeSpeakerResNet221",
    "WeSpeakerResNet293",
    "XVectorMFCC",
    "XVectorSincNet",
    "quiet",
]

NOISY = r"(pyannote|torchaudio|torch|pytorch_lightning|lightning\w*|torchmetrics)(\.|$)"
"""The modules whose warnings users can do nothing about."""


def _say_nothing(*_: Any, **__: Any) -> None:
    """In place of `print`."""


clustering.print = _say_nothing
"""pyannote.audio's clustering prints on standard output, where results go."""


@contextmanager
def quiet() -> Iterator[None]:
    """Without the engine's warnings; those of others go on."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=NOISY)
        yield

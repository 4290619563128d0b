"""Text as it is compared."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from warnings import catch_warnings, filterwarnings

from asrcore_adapters.metrics import Normalizer

with catch_warnings():  # compiling the package warns of a backslash in one of its docstrings
    filterwarnings("ignore", ".*invalid escape sequence")
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer

Normalize = Callable[[str], str]


@cache
def normalize_by(name: Normalizer) -> Normalize:
    """A normalizer; words go in and come out with single spaces between them.

    Whisper's patterns look for spaces: a line break must not hide "it's gone" from them.
    Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022),
    appendix C, for Whisper's two.
    """
    kinds: dict[Normalizer, Callable[[], Normalize]] = {
        "whisper-english": EnglishTextNormalizer,
        "whisper-basic": BasicTextNormalizer,
        "none": lambda: str,
    }
    normalize = kinds[name]()
    return lambda text: _spaced(normalize(_spaced(text)))


def _spaced(text: str) -> str:
    return " ".join(text.split())

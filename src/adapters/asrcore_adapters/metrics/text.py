"""Text as it is compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from warnings import catch_warnings, filterwarnings

from asrcore_adapters.metrics import Normalizer

with catch_warnings():  # compiling the package warns of a backslash in one of its docstrings
    filterwarnings("ignore", ".*invalid escape sequence")
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer

Normalize = Callable[[str], str]

BRACKETED = (re.compile(r"[<\[][^>\]]*[>\]]"), re.compile(r"\([^)]+?\)"))
"""What Whisper's normalizers take for no speech."""

OPENING = re.compile(r"[<\[(]")


@cache
def normalize_by(name: Normalizer) -> Normalize:
    """A normalizer; lines go in, and words come out with single spaces between them.

    Whisper's patterns look for spaces: a line break must not hide "it's gone" from them. What
    stands in brackets is taken away line by line, so that one left open swallows no other line.
    Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022),
    appendix C, for Whisper's two.
    """
    kinds: dict[Normalizer, Callable[[], Normalize]] = {
        "whisper-english": EnglishTextNormalizer,
        "whisper-basic": BasicTextNormalizer,
    }
    if name == "none":
        return _spaced
    normalize = kinds[name]()
    return lambda text: _spaced(normalize(_spaced(_unbracketed(text))))


def _unbracketed(text: str) -> str:
    return "\n".join(_line_unbracketed(line) for line in text.split("\n"))


def _line_unbracketed(line: str) -> str:
    for bracketed in BRACKETED:
        line = bracketed.sub("", line)
    return OPENING.sub(" ", line)


def _spaced(text: str) -> str:
    return " ".join(text.split())

"""Prose as printed -> sentences in the notation of the text files, where that is safe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from tools.small_models.text.numbers import cardinal, marked, ordinal, spoken

MOST_WORDS = 22
MOST_CHARACTERS = 139

_REPAIRS = (
    (re.compile(r"[\u2018\u2019`]"), "'"),
    (re.compile(r"[“”\"_]"), ""),
    (re.compile(r"\s+"), " "),
    (re.compile(r"(?<=\w)\s*(?:--+|—)\s*(?=\w)"), ", "),
    (re.compile(r"\s?[;:](?= )"), ","),
    (re.compile(r"([.?!])[.?!]+"), r"\1"),
    (re.compile(r"\b([Tt]o)-(day|night|morrow)\b"), r"\1\2"),
    (re.compile(r"\b([Gg])ood[- ]?bye?\b"), r"\1oodbye"),
    (re.compile(r"\b([Aa])lright\b"), r"\1ll right"),
    (
        re.compile(
            r"\b([A-Za-z]*(?:hon|hum|col|fav|vap|neighb|behavi|endeav|lab|parl|arm|harb))our"
        ),
        r"\1or",
    ),
    (re.compile(r"\b([Cc]o)-op"), r"\1op"),
    (re.compile(r"\b([Gg])rey\b"), r"\1ray"),
    (re.compile(r"\b((?:[Rr]ecogn|[Rr]eal|[Aa]polog))is(?=e|ing)"), r"\1iz"),
    (re.compile(r"\b([Cc])entre\b"), r"\1enter"),
    (re.compile(r"\b([Tt])heatre"), r"\1heater"),
    (re.compile(r"\b([Tt]ravel|[Cc]ancel)l(?=ed|ing|er)"), r"\1"),
)
_TITLES = {"Mr": "mister", "Mrs": "missus", "Dr": "doctor"}
_TITLE = re.compile(r"\b(Mr|Mrs|Dr)\b\.?")
_END = re.compile(r"(?<=[.?!]) (?=[A-Z0-9{])")
_PLAIN_WORD = re.compile(r"(?:[A-Z]?[a-z]+|I|A|O)(?:'[a-z]{1,5})?(?:-[A-Za-z]?[a-z]+)*(?:'s)?")
_STUTTER = re.compile(r"St|(?:.*-)?[A-Za-z](?:-.*)|.*-[A-Za-z]")
_CAPITALS = re.compile(r"[A-Z]{2,}")
_TOKEN = re.compile(r"(?P<core>.*?)(?P<point>[,.?!]?)")
_DIGITS_OR_LARGE = re.compile(
    r"\{\d|(?:hundred|thousand|million|dozen|dollar|cent|point)s?\b|percent|per$"
)
_SHORT = 3
_TOGETHER = 14
_LETTER = len("A.")

_NUMERALS = {cardinal(number).replace(" ", "-"): str(number) for number in range(10, 100)}
_NUMERALS |= {ordinal(number).replace(" ", "-"): f"{number}th" for number in range(10, 20)}


def sentences(prose: str) -> Iterator[str]:
    """Yield what can be said, one sentence or a few very short ones a line."""
    for old, new in _REPAIRS:
        prose = old.sub(new, prose)
    prose = _TITLE.sub(lambda title: marked(title[1], _TITLES[title[1]]), prose.strip())
    line = ""
    for sentence in _END.split(prose):
        clean = _clean(sentence)
        together = f"{line} {clean}".strip()
        if clean and line and _length(line) <= _SHORT and _length(together) <= _TOGETHER:
            line = together
            continue
        if line:
            yield line
        line = clean
    if line:
        yield line


def _clean(sentence: str) -> str:
    tokens = [_notation(token) for token in sentence.split()]
    if not tokens or not all(tokens) or _two_numbers(tokens):
        return ""
    line = " ".join(tokens)
    line = f"{line.rstrip(',')}." if line[-1] not in ".?!" else line
    begins = line[0].isupper() or line[0] == "{"
    return line if begins and len(line) > _LETTER and fits(line) else ""


def fits(line: str) -> bool:
    """Tell whether a line is short enough."""
    return _length(line) <= MOST_WORDS and len(line) <= MOST_CHARACTERS


def _notation(token: str) -> str:
    """Return the token as the text files want it; empty if it cannot be said."""
    match = _TOKEN.fullmatch(token)
    core, point = (match["core"], match["point"]) if match else ("", "")
    if core.lower() in _NUMERALS:
        numeral = _NUMERALS[core.lower()]
        return marked(numeral) + point
    if _STUTTER.fullmatch(core):
        return ""
    if _PLAIN_WORD.fullmatch(core) or _CAPITALS.fullmatch(core) or core.startswith("{"):
        return token
    return _number(core) + point if core[:1].isdigit() else ""


def _number(core: str) -> str:
    """Return a number as it is said; three digits or a leading zero are too ambiguous."""
    if not re.fullmatch(r"[1-9]\d?(?:\.\d)?|[1-9]\d?(?:st|nd|rd|th)|[1-9]00", core):
        return "\x00"
    return spoken(core) if core in "123456789" else marked(core)


def _two_numbers(tokens: list[str]) -> bool:
    """Tell whether numbers follow each other, as in `five thousand`, which digits would spoil."""
    numeric = [bool(_DIGITS_OR_LARGE.match(token)) for token in tokens]
    return "\x00" in "".join(tokens) or any(a and b for a, b in pairwise(numeric))


def _length(line: str) -> int:
    return line.count(" ") + 1

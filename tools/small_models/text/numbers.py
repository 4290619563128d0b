"""How one says numbers: `3:30` is three thirty, `$25` is twenty five dollars.

>>> marked("$4.50")
'{$4.50|four dollars and fifty cents}'
"""

from __future__ import annotations

import re
from collections.abc import Callable

from num2words import num2words

_DIGITS = ("oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def marked(written: str, said: str | None = None) -> str:
    """Return the notation of the text files for something that is not said letter by letter."""
    return f"{{{written}|{spoken(written) if said is None else said}}}"


def spoken(written: str) -> str:
    """Say a written number; years and room numbers have their own functions.

    Raises:
        ValueError: this is no number, or none that has one obvious reading.
    """
    for form, say in _FORMS:
        if match := form.fullmatch(written):
            return say(*match.groups())
    raise ValueError(f"{written!r} is not a number that one can say")


def cardinal(number: int) -> str:
    """Say how many: 1250 is one thousand two hundred fifty."""
    return _plain(num2words(number))


def ordinal(number: int) -> str:
    """Say which one: 22 is twenty second."""
    return _plain(num2words(number, to="ordinal"))


def year(number: int) -> str:
    """Say a year: 2026 is twenty twenty six, 2005 is two thousand five."""
    return cardinal(number) if number // 10 % 100 == 0 else label(number)


def decade(number: int) -> str:
    """Say ten years: 1990 is nineteen nineties."""
    return f"{cardinal(number // 100)} {cardinal(number % 100)[:-1]}ies"


def label(number: int) -> str:
    """Say the number on a door or of a flight: 204 is two oh four, 482 is four eighty two."""
    front, back = divmod(number, 100)
    if back == 0:
        return f"{cardinal(front)} hundred"
    return f"{cardinal(front)} {_after_oh(back)}"


def digits(text: str) -> str:
    """Say every digit alone: 555-0142 is five five five oh one four two."""
    return " ".join(_DIGITS[int(digit)] for digit in text if digit.isdigit())


def _plain(said: str) -> str:
    return said.replace("-", " ").replace(",", "").replace(" and ", " ")


def _after_oh(number: int) -> str:
    return f"oh {cardinal(number)}" if number < 10 else cardinal(number)


def _whole(text: str) -> int:
    return int(text.replace(",", ""))


def _decimal(before: str, after: str) -> str:
    fraction = " ".join(cardinal(int(digit)) for digit in after)
    return f"{cardinal(_whole(before or '0'))} point {fraction}"


def _money(dollars: str, cents: str | None) -> str:
    whole = _whole(dollars)
    said = f"{cardinal(whole)} {'dollar' if whole == 1 else 'dollars'}"
    return said if cents is None else f"{said} and {cardinal(int(cents))} cents"


def _clock(hour: str, minute: str) -> str:
    tail = "o'clock" if minute == "00" else _after_oh(int(minute))
    return f"{cardinal(int(hour))} {tail}"


def _count(text: str) -> str:
    return cardinal(_whole(text))


_FORMS: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = (
    (re.compile(r"([1-9]\d{0,2}|[1-9]\d{0,2}(?:,\d{3})+)"), _count),
    (re.compile(r"0"), lambda: "zero"),
    (re.compile(r"(\d{0,3})\.(\d{1,3})"), _decimal),
    (re.compile(r"\$(\d{1,3}(?:,?\d{3})*)(?:\.(\d\d))?"), _money),
    (re.compile(r"\$(\d{1,3})\.(\d)"), _decimal),
    (re.compile(r"([\d.]+)%"), lambda number: f"{spoken(number)} percent"),
    (re.compile(r"([1-9]|1[0-2]):([0-5]\d)"), _clock),
    (re.compile(r"(\d+)(?:st|nd|rd|th)"), lambda number: ordinal(int(number))),
    (re.compile(r"(\d{3}(?:-\d{3})?-\d{4})"), digits),
    (re.compile(r"([1-9]\d?)-(\d\d?)"), lambda we, they: f"{_count(we)} to {_count(they)}"),
)

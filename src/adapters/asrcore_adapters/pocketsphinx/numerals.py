"""English numbers as they are said."""

from __future__ import annotations

from collections.abc import Iterator

from num2words import num2words

LONGEST = 12
"""Digits: what is longer is read digit by digit."""


def readings(digits: str) -> Iterator[list[str]]:
    """Ways to say digits (`1,999`, `8.9`, `2002`, `05`), the likeliest first."""
    whole, _, decimals = digits.replace(",", "").partition(".")
    if decimals:
        for reading in readings(whole or "0"):
            yield [*reading, "point", *one_by_one(decimals)]
        return
    if len(whole) <= LONGEST and not (len(whole) > 1 and whole.startswith("0")):
        yield cardinal(int(whole))
        if len(whole) == 4 and whole[1:3] != "00":
            yield from _in_pairs(whole)
    if len(whole) > 1:
        yield one_by_one(whole)
        yield ["oh" if word == "zero" else word for word in one_by_one(whole)]


def cardinal(number: int) -> list[str]:
    """`4150`: four thousand one hundred fifty."""
    return _words(num2words(number))


def ordinal(number: int) -> list[str]:
    """`9`: ninth; `20`: twentieth."""
    return _words(num2words(number, to="ordinal"))


def plural(words: list[str]) -> list[str]:
    """`ninety`: nineties."""
    last = words[-1]
    return [*words[:-1], f"{last[:-1]}ies" if last.endswith("y") else f"{last}s"]


def _words(said: str) -> list[str]:
    return [word for word in said.replace("-", " ").replace(",", " ").split() if word != "and"]


def one_by_one(digits: str) -> list[str]:
    """`370`: three seven zero."""
    return [word for digit in digits for word in cardinal(int(digit))]


def _in_pairs(digits: str) -> Iterator[list[str]]:
    """`1999`: nineteen ninety nine; `1905`: nineteen oh five; `1900`: nineteen hundred."""
    head, tail = int(digits[:2]), int(digits[2:])
    if head >= 10:
        rest = ["hundred"] if not tail else cardinal(tail)
        yield [*cardinal(head), *(["oh"] if 0 < tail < 10 else ()), *rest]

"""Random numbers for the grammar, written as a good transcript writes them.

One to nine are words; everything above, and whatever is measured, is digits.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tools.small_models.text.numbers import cardinal, decade, digits, label, marked, ordinal, year

_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}


def written_ordinal(number: int) -> str:
    """Return 22 as 22nd."""
    suffix = "th" if number % 100 in (11, 12, 13) else _SUFFIXES.get(number % 10, "th")
    return f"{number}{suffix}"


def count(number: int) -> str:
    """Return a plain number: three, but 14."""
    return cardinal(number) if number < 10 else marked(f"{number:,}")


def rank(number: int) -> str:
    """Return a place in a row: third, but 14th."""
    return ordinal(number) if number < 10 else marked(written_ordinal(number))


def _clock(rng: Random) -> str:
    minute = rng.choice([15, 30, 45, rng.randrange(5, 60, 5), rng.randrange(1, 60)])
    return marked(f"{rng.randint(1, 12)}:{minute:02}")


def _round(rng: Random) -> str:
    return marked(f"{rng.randint(2, 99) * rng.choice([50, 100, 125, 1000]):,}")


def _money(rng: Random) -> str:
    amount = rng.choice([rng.randint(2, 99), rng.randint(2, 19) * 5, rng.randint(10, 99) * 50])
    return marked(f"${amount:,}")


def _millions(rng: Random) -> str:
    written = f"${rng.randint(1, 40)}.{rng.randint(1, 9)}"
    return f"{marked(written)} " + rng.choice(
        ["{million|million dollars}", "{billion|billion dollars}"]
    )


def _percent(rng: Random) -> str:
    plain = f"{rng.choice([rng.randint(1, 99), rng.randint(1, 20) * 5])}%"
    return marked(rng.choice([plain, plain, f"{rng.randint(0, 19)}.{rng.randint(1, 9)}%"]))


def _year(rng: Random) -> str:
    number = rng.choice([rng.randint(1950, 1999), rng.randint(2001, 2035), rng.randint(2020, 2030)])
    return marked(str(number), year(number))


def _decade(rng: Random) -> str:
    number = rng.randrange(1920, 2000, 10)
    return marked(f"{number}s", decade(number))


def _label(low: int, high: int) -> Callable[[Random], str]:
    def draw(rng: Random) -> str:
        number = rng.randint(low, high)
        return marked(str(number), label(number))

    return draw


def _digits(length: int) -> Callable[[Random], str]:
    def draw(rng: Random) -> str:
        number = str(rng.randint(10 ** (length - 1), 10**length - 1))
        return marked(number, digits(number))

    return draw


def _phone(rng: Random) -> str:
    local = f"555-{rng.randint(0, 9999):04}"
    return marked(rng.choice([local, f"{rng.randint(201, 989)}-{local}"]))


def _gate(rng: Random) -> str:
    letter, number = rng.choice("BCDEF"), rng.randint(2, 48)
    return marked(f"{letter}{number}", f"{letter} {cardinal(number)}")


AMOUNTS: dict[str, Callable[[Random], str]] = {
    "few": lambda rng: cardinal(rng.randint(2, 9)),
    "count": lambda rng: count(rng.choice([rng.randint(2, 12), rng.randint(10, 99)])),
    "tens": lambda rng: count(rng.choice([rng.randint(1, 9) * 10, rng.randint(10, 99)])),
    "hundreds": lambda rng: marked(
        str(rng.choice([rng.randint(2, 19) * 50, rng.randint(101, 999)]))
    ),
    "thousands": _round,
    "money": _money,
    "price": lambda rng: marked(f"${rng.randint(1, 60)}.{rng.choice([25, 49, 50, 75, 95, 99])}"),
    "millions": _millions,
    "percent": _percent,
    "decimal": lambda rng: marked(f"{rng.randint(0, 24)}.{rng.randint(1, 9)}"),
    "time": _clock,
    "hour": lambda rng: f"{count(rng.randint(1, 12))} o'clock",
    "bare_hour": lambda rng: count(rng.randint(1, 12)),
    "digit_hour": lambda rng: marked(str(rng.randint(1, 12))),
    "day": lambda rng: marked(written_ordinal(rng.randint(1, 31))),
    "rank": lambda rng: rank(rng.choice([rng.randint(1, 9), rng.randint(10, 40)])),
    "year": _year,
    "decade": _decade,
    "room": _label(101, 989),
    "flight": _label(110, 2990),
    "order": _digits(5),
    "code": _digits(4),
    "phone": _phone,
    "gate": _gate,
    "score": lambda rng: marked(f"{rng.randint(1, 40)}-{rng.randint(1, 30)}"),
    "age": lambda rng: count(rng.randint(18, 90)),
}
"""A slot of the grammar, and how its next value is drawn."""

"""How written English sounds: the dictionary's word, a number's readings, or a guess."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product

from asrcore_adapters.pocketsphinx.numerals import ordinal, plural, readings

ANY_SPEECH = "+SPN+"
"""The acoustic model's sound for speech that no dictionary holds."""
MOST_READINGS = 6
CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros"}
SIGNS = {"%": "percent", "&": "and", "+": "plus", "@": "at", "°": "degrees", "=": "equals"}
PIECE = re.compile(
    r"(?P<currency>[$£€]?)(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)(?P<suffix>(?:st|nd|rd|th|s)\b)?"
    r"|(?P<letters>[a-z][a-z']*)|(?P<sign>[%&+@°=$£€])|(?P<other>[^\W\d_a-z]+)"
)
PAIRS = {
    **{"ai": "EY", "ar": "AA R", "au": "AO", "aw": "AO", "ay": "EY", "ch": "CH", "ck": "K"},
    **{"ea": "IY", "ee": "IY", "er": "ER", "gh": "G", "ie": "IY", "kn": "N", "ng": "NG"},
    **{"oi": "OY", "oo": "UW", "or": "AO R", "ou": "AW", "ow": "OW", "oy": "OY", "ph": "F"},
    **{"qu": "K W", "sh": "SH", "th": "TH", "wh": "W"},
}
LETTERS = {
    **{"a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH"},
    **{"i": "IH", "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "o": "OW", "p": "P"},
    **{"q": "K", "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W", "x": "K S"},
    **{"y": "IY", "z": "Z"},
}
MARK = re.compile(r"(<[^<>]*>|\[[^\[\]]*\]|\+\+\w+\+\+)[.,;:!?]*")
"""How transcripts write what nobody says: `<unk>`, `[NOISE]`, `++NOISE++`."""
GRAPHEME = re.compile("|".join((*PAIRS, r"([a-z])\1?")))
Lookup = Callable[[str], str | None]


def plain(word: str) -> str:
    """In the dictionary's spelling: lower case, no accents, straight apostrophes."""
    straight = word.replace("\u2019", "'").lower()
    decomposed = unicodedata.normalize("NFKD", straight)
    return "".join(each for each in decomposed if unicodedata.category(each)[0] != "M")


def is_mark(word: str) -> bool:
    """Whether a written word tells of the sound, and is not said."""
    return MARK.fullmatch(word) is not None


def pronunciations(word: str, lookup: Lookup) -> list[str]:
    """Ways in which a written word may sound, in ARPABET; none where it has no sound.

    Args:
        word: as written, with its punctuation.
        lookup: the dictionary: a word to its sounds, None where it is unknown.
    """
    pieces = [list(_sounds(piece, word, lookup)) for piece in PIECE.finditer(plain(word))]
    ways = islice(product(*pieces), MOST_READINGS) if pieces else ()
    return list(dict.fromkeys(" ".join(way) for way in ways))


def _sounds(piece: re.Match[str], word: str, lookup: Lookup) -> Iterator[str]:
    if piece["number"]:
        for said in _amounts(piece):
            yield " ".join(_word(each, lookup) for each in said)
    elif piece["letters"]:
        acronym = word.isupper() and lookup(piece["letters"]) is None
        yield _spelled(piece["letters"], lookup) if acronym else _word(piece["letters"], lookup)
    elif piece["sign"]:
        yield _word({**SIGNS, **CURRENCIES}[piece["sign"]], lookup)
    else:
        yield ANY_SPEECH


def _amounts(piece: re.Match[str]) -> Iterator[Sequence[str]]:
    """Ways to say a number with what is attached to it: `$56.50`, `9th`, `1990s`."""
    unit = CURRENCIES.get(piece["currency"])
    whole, _, cents = piece["number"].partition(".")
    if unit and len(cents) == 2:
        for head, tail in product(readings(whole), readings(cents)):
            yield [*head, unit, "and", *tail, "cents"]
            yield [*head, unit, *tail]
            yield [*head, *tail]
        return
    if piece["suffix"] not in (None, "", "s"):
        yield ordinal(int(whole.replace(",", "")))
        return
    for said in readings(piece["number"]):
        if piece["suffix"] == "s":
            yield plural(said)
        else:
            yield [*said, unit] if unit else said


def _word(word: str, lookup: Lookup) -> str:
    return lookup(word) or lookup(word.strip("'")) or _guess(word)


def _spelled(letters: str, lookup: Lookup) -> str:
    """The names of the letters: the dictionary has them with a full stop."""
    return " ".join(lookup(f"{each}.") or LETTERS[each] for each in letters if each in LETTERS)


def _guess(word: str) -> str:
    """Letter by letter: far from right, and near enough to be found among known neighbours."""
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    found = (each.group() for each in GRAPHEME.finditer(word))
    return " ".join(PAIRS.get(each) or LETTERS[each[0]] for each in found)

"""Modern conversation: `templates.txt` is what people say, `slots.toml` what fills the holes.

A template is a sentence with `<slot>` holes and `[one|another|]` choices, which may hold holes.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tools.small_models.text.amounts import AMOUNTS

_HERE = Path(__file__).parent
_HOLE = re.compile(r"<(?P<slot>\w+)>|\[(?P<choices>[^\[\]]*)\]")
_FIRST_LETTER = re.compile(r"^[a-z]")
_BEFORE_POINT = re.compile(r" (?=[,.?!])")
_MOST_REPEATS = 8
_PATIENCE = 60


@dataclass(frozen=True)
class Grammar:
    """Sentences with holes, and what may fill them.

    Attributes:
        templates: one sentence each.
        slots: name of a hole -> what may stand there.
    """

    templates: tuple[str, ...]
    slots: dict[str, tuple[str, ...]]

    @classmethod
    def read(cls, folder: Path = _HERE) -> Grammar:
        """Read `templates.txt` and `slots.toml`."""
        lines = (folder / "templates.txt").read_text(encoding="utf-8").splitlines()
        slots = tomllib.loads((folder / "slots.toml").read_text(encoding="utf-8"))
        return cls(
            templates=tuple(line for line in lines if line and not line.startswith("#")),
            slots={
                name: tuple(re.split(r",\s*", " ".join(text.split())))
                for name, text in slots.items()
            },
        )

    def expand(self, template: str, rng: Random) -> str:
        """Fill every hole of one template."""

        def fill(hole: re.Match[str]) -> str:
            if hole["slot"] is None:
                return rng.choice(hole["choices"].split("|"))
            if hole["slot"] in AMOUNTS:
                return AMOUNTS[hole["slot"]](rng)
            return rng.choice(self.slots[hole["slot"]])

        filled = template
        while _HOLE.search(filled):
            filled = _HOLE.sub(fill, filled)
        tidy = _BEFORE_POINT.sub("", " ".join(filled.split())).lstrip(", ")
        return _FIRST_LETTER.sub(lambda letter: letter.group().upper(), tidy)

    def sentences(self, rng: Random) -> Iterator[str]:
        """Yield sentences; no sentence comes more than eight times.

        The iterator ends when the templates have hardly anything new to say.
        """
        seen: Counter[str] = Counter()
        refused = 0
        while refused < _PATIENCE * len(self.templates):
            sentence = self.expand(rng.choice(self.templates), rng)
            refused = refused + 1 if seen[sentence] >= _MOST_REPEATS else 0
            if not refused:
                seen[sentence] += 1
                yield sentence

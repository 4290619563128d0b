"""JSON values that know where they stand, so that errors can say it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from asrcore.errors import InputError

T = TypeVar("T")

_NAMES: dict[type, str] = {dict: "an object", list: "a list", str: "a string"}


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its path, such as `segments[3].start`; the document's own path is empty."""

    value: Any
    path: str = ""

    def error(self, why: str, hint: str = "") -> InputError:
        """What is wrong with it."""
        return InputError(f"{self.path or 'the document'}: {why}", hint)

    def get(self, key: str) -> Node | None:
        """An object's value; null is as good as absent.

        Raises:
            InputError: it is no object.
        """
        value = self._a(dict).get(key)
        return None if value is None else Node(value, f"{self.path}.{key}".lstrip("."))

    def items(self) -> Iterator[Node]:
        """A list's values.

        Raises:
            InputError: it is no list.
        """
        for index, value in enumerate(self._a(list)):
            yield Node(value, f"{self.path}[{index}]")

    def text(self) -> str:
        """A string without spaces around it.

        Raises:
            InputError: it is none.
        """
        return self._a(str).strip()

    def number(self) -> float:
        """A finite number.

        Raises:
            InputError: it is none.
        """
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.error("it is not a number")
        try:
            number = float(self.value)
        except OverflowError as error:
            raise self.error("the number is too large") from error
        if not math.isfinite(number):
            raise self.error(f"{number} is no number", "what is unknown is left out")
        return number

    def check_numbers(self) -> None:
        """See that every number in it is finite, also those that nobody asks for.

        Raises:
            InputError: one is not.
        """
        match self.value:
            case dict():
                for key in self.value:
                    Node(self.value[key], f"{self.path}.{key}".lstrip(".")).check_numbers()
            case list():
                for node in self.items():
                    node.check_numbers()
            case float():
                self.number()

    def _a(self, kind: type[T]) -> T:
        if not isinstance(self.value, kind):
            raise self.error(f"it is not {_NAMES[kind]}")
        return self.value


def parse(text: str) -> Node:
    """A JSON document's value.

    Raises:
        InputError: it is no JSON, or one of its numbers is not finite.
    """
    try:
        document = Node(json.loads(text))
        document.check_numbers()
    except json.JSONDecodeError as error:
        raise _no_json(text, error) from error
    except (RecursionError, ValueError) as error:  # nested too deep, or thousands of digits
        raise InputError(f"it is no JSON of a transcript: {error}") from error
    return document


def _no_json(text: str, error: json.JSONDecodeError) -> InputError:
    if not text.strip():
        return InputError("it is empty")
    where = f"line {error.lineno}, column {error.colno}"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return InputError(f"{where}: the JSON ends too early", "the file may have been cut off")
    return InputError(f"{where}: it is no JSON: {error.msg}")

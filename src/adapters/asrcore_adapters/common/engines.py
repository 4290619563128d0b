"""Engines that are needed beside a backend's own."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from asrcore.errors import MissingEngineError


def refuse_missing(modules: Sequence[str], purpose: str, hint: str) -> None:
    """Make sure that top-level modules can be found; none is imported.

    Raises:
        MissingEngineError: names those that cannot, and what they are for.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise MissingEngineError(f"{purpose} needs {' and '.join(missing)}, not installed", hint)

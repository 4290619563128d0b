"""Which models' names are folders."""

from __future__ import annotations

import os.path
from pathlib import Path


def folder_of(name: str) -> Path:
    """Where a model lies if its name is a folder's; `~` is the user's home."""
    return Path(os.path.expanduser(name))  # noqa: PTH111  pathlib raises for a user it knows not


def is_path(name: str) -> bool:
    """Whether a name is written as only a path is, never a Hub id."""
    return name.startswith((".", "/", "~")) or "\\" in name

"""The Hub token: read from `.env` where the environment has none, and never shown."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

TOKEN = "HF_TOKEN"


def export_hub_token(folder: Path | None = None) -> None:
    """Give this process the `HF_TOKEN` of `folder/.env`; nothing else of that file is read.

    Meant for programs, not for libraries: it changes the environment.
    """
    if TOKEN not in os.environ:
        value = dotenv_values(stream=StringIO(_text((folder or Path()) / ".env"))).get(TOKEN)
        if value:
            os.environ[TOKEN] = value


def _text(path: Path) -> str:
    """A file that other programs may have written, in whatever encoding, or none at all."""
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""

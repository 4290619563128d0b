"""Files of JSON beside a model's weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_json(path: Path, *, optional: bool = False) -> dict[str, Any]:
    """The object in a file; an empty one where an optional file is absent.

    Raises:
        OSError: it cannot be read.
        ValueError: it holds no JSON object.
    """
    if optional and not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} holds no object")  # noqa: TRY004  of the file, not the call
    return content

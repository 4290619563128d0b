"""Files that are not what they were: copied in part, or never fetched."""

from __future__ import annotations

import zipfile
from pathlib import Path

from asrcore.errors import ModelError

AGAIN = "download the model again"
LFS = b"version https://git-lfs.github.com/spec/"
"""How a file begins that stands for one of Git's Large File Storage; see its specification."""
ZIP, PICKLE = b"PK", b"\x80"
"""How a checkpoint begins: torch's since 1.6 is a ZIP archive, one before it a pickle."""


def refuse_damaged(path: Path) -> None:
    """Look at a model's size and first bytes.

    Raises:
        ModelError: it is a pointer of Git LFS, or damaged.
    """
    with path.open("rb") as file:
        head = file.read(len(LFS))
    if head == LFS:
        raise ModelError(f"{path} is a Git LFS pointer, not the model", "run: git lfs pull")
    if not head:
        raise damaged(path, "it is empty")
    if path.suffix == ".safetensors":
        return
    if not head.startswith((ZIP, PICKLE)):
        raise damaged(path, "it begins as no checkpoint does")
    if head.startswith(ZIP) and not zipfile.is_zipfile(path):
        raise damaged(path, "its end is missing")


def damaged(path: Path, why: str) -> ModelError:
    """What to say of a file that is not whole."""
    return ModelError(f"{path} is damaged: {why}", AGAIN)

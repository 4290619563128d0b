"""Texts out of git repositories, bare ones too."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git(repository: Path, *arguments: str) -> bytes:
    """What a git command prints.

    Raises:
        subprocess.CalledProcessError: git refused.
    """
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout

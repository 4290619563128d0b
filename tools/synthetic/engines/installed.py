"""Finds the synthesisers' files: installed on this machine, or unpacked below SPEECH_ROOT."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

SYSTEM = Path("/")


class NotInstalledError(RuntimeError):
    """A synthesiser's files are not here; the message names the packages that hold them."""

    def __init__(self, engine: str, packages: str) -> None:
        super().__init__(
            f"{engine} is not installed below {root()}: apt-get install {packages}, "
            "or unpack these packages and all they need into a folder named by SPEECH_ROOT"
        )


def root() -> Path:
    """Folder below which the packages' files lie."""
    return Path(os.environ.get("SPEECH_ROOT", SYSTEM))


def library_folder() -> Path:
    """Folder of the shared libraries."""
    return root() / "usr/lib/x86_64-linux-gnu"


def library(name: str) -> ctypes.CDLL:
    """Load a shared library, its symbols open to the libraries loaded after it.

    Raises:
        OSError: it is not there, or it needs another that is not.
    """
    return ctypes.CDLL(str(library_folder() / name), mode=ctypes.RTLD_GLOBAL)


def environment() -> dict[str, str]:
    """Environment for a binary below the root, so that it finds its own libraries."""
    if root() == SYSTEM:
        return dict(os.environ)
    usual = library_folder()
    folders = (usual, usual / "pulseaudio", root() / "lib" / usual.name)
    inherited = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    paths = [*map(str, folders), *filter(None, inherited)]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(paths)}

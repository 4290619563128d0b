"""Where a pipeline's and its models' files are: in a folder, or in a repository of the Hub."""

from __future__ import annotations

import logging
import os.path
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

from huggingface_hub import hf_hub_download
from huggingface_hub.constants import HF_HUB_DISABLE_PROGRESS_BARS
from huggingface_hub.errors import EntryNotFoundError, HFValidationError, LocalEntryNotFoundError
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # documented, not exported
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)
from huggingface_hub.utils import logging as hub_log

from asrcore_adapters.pyannote import PyannoteOptions
from asrcore_adapters.pyannote.refusals import not_downloaded

_fetching = Lock()


class Source(Protocol):
    """Files that belong together."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def find(self, *names: str) -> Path | None:
        """The first of these files that is there.

        Raises:
            ModelError: it cannot be told, or not be downloaded.
        """
        ...


@dataclass(frozen=True)
class Folder:
    """A folder of this machine."""

    path: Path

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    def find(self, *names: str) -> Path | None:
        """The first of these files that is there."""
        paths = (self.path / name for name in names)
        return next((path for path in paths if path.is_file()), None)


@dataclass(frozen=True)
class Repository:
    """A repository of the Hub; what is on this machine already is not asked for again.

    The token is the Hub's own affair: HF_TOKEN, or the login of `hf auth login`.
    """

    name: str
    revision: str | None
    options: PyannoteOptions

    def find(self, *names: str) -> Path | None:
        """The first of these files that is in the Hub's cache, or else on the Hub.

        Raises:
            ModelError: says who refused it, and what to do.
        """
        return self._cached(names) or self._downloaded(names)

    def _cached(self, names: tuple[str, ...]) -> Path | None:
        for name in names:
            try:
                return self._fetch(name, offline=True)
            except (OSError, HFValidationError):
                continue
        return None

    def _downloaded(self, names: tuple[str, ...]) -> Path | None:
        for name in names:
            try:
                return self._fetch(name, offline=self.options.local_files_only)
            except LocalEntryNotFoundError as error:
                raise self._refused(error) from error
            except EntryNotFoundError:
                continue
            except Exception as error:
                raise self._refused(error) from error
        return None

    def _refused(self, error: Exception) -> Exception:
        return not_downloaded(
            self.name, self.revision, error, offline=self.options.local_files_only
        )

    def _fetch(self, name: str, *, offline: bool) -> Path:
        root = self.options.download_root
        with _quiet():
            return Path(
                hf_hub_download(
                    self.name,
                    name,
                    revision=self.revision,
                    cache_dir=None if root is None else expanded(str(root)),
                    local_files_only=offline,
                )
            )


def expanded(name: str) -> Path:
    """A path; `~` is the user's home."""
    return Path(os.path.expanduser(name))  # noqa: PTH111  pathlib raises for a user it knows not


def is_path(name: str) -> bool:
    """Whether a name is written as only a path is, never a Hub id."""
    return name.startswith((".", "/", "~")) or "\\" in name or name.count("/") != 1


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the Hub's log of what it retries, and without its progress bars.

    Both are settings of the process, so that fetches of several threads wait for each other.
    """
    with _fetching, _without_log(), _without_bars():
        yield


@contextmanager
def _without_log() -> Iterator[None]:
    """Without warnings; who asks for more than those, by HF_HUB_VERBOSITY, gets all."""
    before = hub_log.get_verbosity()
    if before == logging.WARNING:
        hub_log.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        hub_log.set_verbosity(before)


@contextmanager
def _without_bars() -> Iterator[None]:
    """Without progress bars, unless HF_HUB_DISABLE_PROGRESS_BARS=0 asks for them."""
    if HF_HUB_DISABLE_PROGRESS_BARS is False or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()

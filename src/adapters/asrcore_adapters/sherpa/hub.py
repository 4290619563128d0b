"""Models on the Hub: how one is named, and how its file comes here."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from huggingface_hub import hf_hub_download
from huggingface_hub.constants import HF_HUB_DISABLE_PROGRESS_BARS
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # documented, not exported
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)

from asrcore.errors import ModelError, translate
from asrcore_adapters.sherpa import SherpaOptions

Role = Literal["segmentation", "embedding"]

HUB_FILE = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[^:@]+))?:(?P<file>[^:]+)")
STORAGE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a repository on the Hub."""

    repository: str
    file: str
    revision: str | None = None

    @classmethod
    def of(cls, name: str) -> HubFile | None:
        """What `org/name@revision:file.onnx` names; None where it is not written so."""
        found = HUB_FILE.fullmatch(name)
        if found is None or not _is_inside(found["file"]):
            return None
        return cls(found["repository"], found["file"], found["revision"])


def _is_inside(file: str) -> bool:
    path = PurePosixPath(file)
    return path.suffix == ".onnx" and not path.is_absolute() and ".." not in path.parts


def cached(file: HubFile, options: SherpaOptions) -> Path | None:
    """The file where it is on this machine; None where it is not."""
    try:
        return _fetch(file, options, offline=True)
    except (OSError, HFValidationError):
        return None


def downloaded(file: HubFile, role: Role, options: SherpaOptions) -> Path:
    """The file, after a look at the Hub.

    Raises:
        ModelError: it cannot be had; each reason has its own words.
    """
    name, offline = f"{file.repository}:{file.file}", options.local_files_only
    elsewhere = f"name a local file with --set diarizer.options.{role}=FILE"
    with translate(
        {
            GatedRepoError: lambda _: ModelError(
                f"model {name} is gated: its conditions are not accepted with your token",
                "accept them on its Hub page and set HF_TOKEN",
            ),
            RevisionNotFoundError: lambda _: ModelError(
                f"model {file.repository} has no revision {file.revision}",
                f"name another with --set diarizer.options.{role}="
                f"{file.repository}@main:{file.file}",
            ),
            RepositoryNotFoundError: lambda _: ModelError(
                f"the Hub knows no model {file.repository} (or it is private)",
                "check the name; for a private model set HF_TOKEN",
            ),
            LocalEntryNotFoundError: lambda error: (
                _refused(name, elsewhere, error.__cause__)
                if _status(error.__cause__)
                else _absent(name, elsewhere, offline)
            ),
            EntryNotFoundError: lambda _: ModelError(
                f"model {file.repository} has no file {file.file}",
                f"its Hub page lists its files; name one with --set diarizer.options.{role}="
                f"{file.repository}:FILE",
            ),
            HfHubHTTPError: lambda error: _refused(name, elsewhere, error),
            HFValidationError: lambda _: ModelError(
                f"{name} is no name that a model can have", "write it org/name:file.onnx"
            ),
            OSError: lambda error: (
                _not_stored(name, error)
                if getattr(error, "errno", None) in STORAGE
                else _absent(name, elsewhere, offline)
            ),
            Exception: lambda error: ModelError(
                f"model {name} cannot be downloaded: {type(error).__name__}: {error}", elsewhere
            ),
        }
    ):
        return _fetch(file, options, offline=offline)


def _fetch(file: HubFile, options: SherpaOptions, *, offline: bool) -> Path:
    with _without_bars():
        return Path(
            hf_hub_download(
                file.repository,
                file.file,
                revision=file.revision,
                cache_dir=options.download_root,
                local_files_only=offline,
            )
        )


@contextmanager
def _without_bars() -> Iterator[None]:
    """Keep the Hub's progress bars from being drawn over ours, unless the user asked for them."""
    if HF_HUB_DISABLE_PROGRESS_BARS is False or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def _status(error: BaseException | None) -> int | None:
    """What the Hub answered, if it did."""
    return getattr(getattr(error, "response", None), "status_code", None)


def _refused(name: str, elsewhere: str, error: BaseException | None) -> ModelError:
    status = _status(error)
    if status in (401, 403):
        return ModelError(
            f"the Hub refuses to hand out model {name} (HTTP {status})",
            f"set HF_TOKEN to a token that may read it, or {elsewhere}",
        )
    why = f"HTTP {status}" if status else str(error).strip().partition("\n")[0]
    return ModelError(f"model {name} cannot be downloaded: {why}", elsewhere)


def _absent(name: str, elsewhere: str, offline: bool) -> ModelError:
    why = "may not be downloaded" if offline else "the model hub cannot be reached"
    return ModelError(f"model {name} is not on this machine, and {why}", elsewhere)


def _not_stored(name: str, error: Exception) -> ModelError:
    return ModelError(
        f"model {name} cannot be stored: {error}",
        "make room, or name another folder with --set diarizer.options.download_root=DIR",
    )

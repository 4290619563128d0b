"""Models on the Hub: how one is named, and how its file comes here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from huggingface_hub import hf_hub_download
from huggingface_hub.constants import HF_HUB_DISABLE_PROGRESS_BARS
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # documented, not exported
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
    logging,
)

from asrcore.errors import translate
from asrcore_adapters.sherpa import SherpaOptions
from asrcore_adapters.sherpa.refusals import Wanted, not_downloaded

Role = Literal["segmentation", "embedding"]

HUB_FILE = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[^:@]+))?:(?P<file>[^:]+)")


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

    The token is the Hub's own affair: HF_TOKEN, or the login of `hf auth login`.

    Raises:
        ModelError: it cannot be had; each reason has its own words.
    """
    setting, offline = f"diarizer.options.{role}", options.local_files_only
    wanted = Wanted(file.repository, file.file, file.revision, setting, offline)
    with translate({Exception: lambda error: not_downloaded(wanted, error)}):
        return _fetch(file, options, offline=offline)


def _fetch(file: HubFile, options: SherpaOptions, *, offline: bool) -> Path:
    with _quiet():
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
def _quiet() -> Iterator[None]:
    """Keep the Hub's retries and bars from being written over ours."""
    before = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        with _without_bars():
            yield
    finally:
        logging.set_verbosity(before)


@contextmanager
def _without_bars() -> Iterator[None]:
    """Without the Hub's progress bars, unless the user asked for them."""
    if HF_HUB_DISABLE_PROGRESS_BARS is False or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()

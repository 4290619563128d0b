"""From a model's name to a folder with its files: a local one, or a Hub id's."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.constants import HF_HUB_DISABLE_PROGRESS_BARS
from huggingface_hub.errors import (
    GatedRepoError,
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
from asrcore_adapters.common.options import HubOptions
from asrcore_adapters.common.paths import folder_of, is_path

STORAGE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}


@dataclass(frozen=True)
class ModelFiles:
    """What a kind of model consists of.

    Attributes:
        kind: what a model is called in messages: "wav2vec2 model of transformers".
        needed: names of files that it has beside its weights.
        weights: patterns of the layouts of weights that can be read, the best first; one is
            enough, and others are downloaded only where those before them are absent.
        settings: where its options are: `aligner.options`.
        others: patterns of what else is downloaded.
    """

    kind: str
    needed: tuple[str, ...]
    weights: tuple[str, ...]
    settings: str
    others: tuple[str, ...] = ("*.json",)

    def missing(self, folder: Path) -> str:
        """The first of the files that a folder lacks, or nothing."""
        for name in self.needed:
            if not (folder / name).is_file():
                return name
        stored = any(_whole(folder, pattern) for pattern in self.weights)
        return "" if stored else self.weights[0].replace("*", "")


def _whole(folder: Path, pattern: str) -> bool:
    """Whether a folder has weights of a layout, and all parts where an index names them."""
    stored = {path.name for path in folder.glob(pattern)}
    for index in folder.glob("*.index.json"):
        try:
            named = set(json.loads(index.read_text("utf-8"))["weight_map"].values())
        except (ValueError, LookupError, AttributeError):
            return False
        if any(fnmatch(name, pattern) for name in named):
            return stored.issuperset(named)
    return bool(stored)


def locate_model(name: str, files: ModelFiles, options: HubOptions) -> Path:
    """The folder with a model's files; downloaded where it is not on this machine yet.

    Args:
        name: of a folder, or a Hub id such as `org/model`.
        files: what must be in the folder.
        options: which revision, from where.

    Raises:
        ModelError: there is no such model, it cannot be downloaded, or the folder holds none.
    """
    folder = folder_of(name)
    with translate({OSError: lambda error: unreadable(folder, error)}):
        if folder.is_dir():
            return _checked(folder, files)
    if is_path(name) or name.count("/") != 1:
        raise ModelError(
            f"there is no folder {name}", "check the path, or name a Hub id such as org/model"
        )
    return _Download(name, files, options).folder()


def unreadable(folder: Path, error: Exception) -> ModelError:
    """The system does not let it be looked at."""
    why = getattr(error, "strerror", None) or error
    return ModelError(f"{folder} cannot be read: {why}", "check its permissions")


def _checked(folder: Path, files: ModelFiles) -> Path:
    if missing := files.missing(folder):
        raise ModelError(
            f"{folder} holds no {files.kind}: {missing} is missing",
            f"name another with --set {files.settings}.model=HUB_ID",
        )
    return folder


@dataclass(frozen=True)
class _Download:
    """A model of the Hub on its way here."""

    name: str
    files: ModelFiles
    options: HubOptions

    def folder(self) -> Path:
        """The network is asked only for what the cache does not have."""
        return self._cached() or _checked(self._downloaded(), self.files)

    def _cached(self) -> Path | None:
        try:
            folder = self._fetch(self.files.weights, offline=True)
        except (OSError, HFValidationError):
            return None
        return None if self.files.missing(folder) else folder

    def _downloaded(self) -> Path:
        with translate(
            {
                GatedRepoError: lambda _: ModelError(
                    f"model {self.name} is gated: its conditions are not accepted with your token",
                    "accept them on its Hub page and set HF_TOKEN",
                ),
                RevisionNotFoundError: lambda _: ModelError(
                    f"model {self.name} has no revision {self.options.revision}",
                    f"name another with --set {self.files.settings}.revision=main",
                ),
                RepositoryNotFoundError: lambda _: ModelError(
                    f"the Hub knows no model {self.name} (or it is private)",
                    "check the name; for a private model set HF_TOKEN",
                ),
                HFValidationError: lambda _: ModelError(
                    f"{self.name} is no name that a model can have",
                    "a Hub id looks like org/model",
                ),
                LocalEntryNotFoundError: lambda _: self._absent(),
                OSError: lambda error: (
                    self._not_stored(error)
                    if getattr(error, "errno", None) in STORAGE
                    else self._absent()
                ),
                Exception: lambda error: ModelError(
                    f"model {self.name} cannot be downloaded: {type(error).__name__}: {error}",
                    self._elsewhere,
                ),
            }
        ):
            return self._best_layout()

    def _best_layout(self) -> Path:
        for count in range(1, len(self.files.weights)):
            folder = self._fetch(self.files.weights[:count])
            if not self.files.missing(folder):
                return folder
        return self._fetch(self.files.weights)

    def _fetch(self, weights: tuple[str, ...], *, offline: bool = False) -> Path:
        with _quiet():
            return Path(
                snapshot_download(
                    self.name,
                    revision=self.options.revision,
                    cache_dir=self.options.download_root,
                    local_files_only=offline or self.options.local_files_only,
                    allow_patterns=[*self.files.others, *weights],
                )
            )

    @property
    def _elsewhere(self) -> str:
        return f"name a local folder with --set {self.files.settings}.model=DIR"

    def _absent(self) -> ModelError:
        forbidden = self.options.local_files_only
        why = "may not be downloaded" if forbidden else "the model hub cannot be reached"
        return ModelError(f"model {self.name} is not on this machine, and {why}", self._elsewhere)

    def _not_stored(self, error: Exception) -> ModelError:
        return ModelError(
            f"model {self.name} cannot be stored: {error}",
            f"make room, or name another folder with --set {self.files.settings}.download_root=DIR",
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the Hub's progress bars, which would be drawn over ours.

    Its `tqdm_class` concerns the bar of all files; each file's own bar knows this switch alone.
    Who asks for bars by HF_HUB_DISABLE_PROGRESS_BARS=0 has them.
    """
    if HF_HUB_DISABLE_PROGRESS_BARS is False or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()

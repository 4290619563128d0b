"""From a model's name to a folder with its files: a local one, or a Hub id's."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
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
from asrcore_adapters.wav2vec2 import Wav2Vec2Options
from asrcore_adapters.wav2vec2.paths import folder_of, is_path

DESCRIPTION = ("config.json", "preprocessor_config.json", "vocab.json")
"""What every model has beside its weights."""
WEIGHTS = ("model*.safetensors", "pytorch_model*.bin")
"""Layouts of weights, the better first: the other one is a pickle."""
STORAGE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}
ELSEWHERE = "name a local folder with --set aligner.options.model=DIR"


def locate_model(name: str, options: Wav2Vec2Options) -> Path:
    """The folder with a model's files; downloaded where it is not on this machine yet.

    Raises:
        ModelError: there is no such model, it cannot be downloaded, or the folder holds none.
    """
    folder = folder_of(name)
    if folder.is_dir():
        return _checked(folder)
    if is_path(name) or name.count("/") != 1:
        raise ModelError(
            f"there is no folder {name}", "check the path, or name a Hub id such as org/model"
        )
    return _cached(name, options) or _checked(_downloaded(name, options))


def _checked(folder: Path) -> Path:
    if missing := _missing(folder):
        raise ModelError(
            f"{folder} holds no wav2vec2 model of transformers: {missing} is missing",
            "name another with --set aligner.options.model=HUB_ID",
        )
    return folder


def _missing(folder: Path) -> str:
    """The first of the needed files that is not there, or nothing."""
    for name in DESCRIPTION:
        if not (folder / name).is_file():
            return name
    stored = any(path for pattern in WEIGHTS for path in folder.glob(pattern))
    return "" if stored else "model.safetensors"


def _cached(name: str, options: Wav2Vec2Options) -> Path | None:
    try:
        folder = _fetch(name, options, WEIGHTS, offline=True)
    except (OSError, HFValidationError):
        return None
    return None if _missing(folder) else folder


def _downloaded(name: str, options: Wav2Vec2Options) -> Path:
    offline = options.local_files_only
    with translate(
        {
            GatedRepoError: lambda _: ModelError(
                f"model {name} is gated: its conditions are not accepted with your token",
                "accept them on its Hub page and set HF_TOKEN",
            ),
            RevisionNotFoundError: lambda _: ModelError(
                f"model {name} has no revision {options.revision}",
                "name another with --set aligner.options.revision=main",
            ),
            RepositoryNotFoundError: lambda _: ModelError(
                f"the Hub knows no model {name} (or it is private)",
                "check the name; for a private model set HF_TOKEN",
            ),
            HFValidationError: lambda _: ModelError(
                f"{name} is no name that a model can have", "a Hub id looks like org/model"
            ),
            LocalEntryNotFoundError: lambda _: _absent(name, offline),
            OSError: lambda error: (
                _not_stored(name, error)
                if getattr(error, "errno", None) in STORAGE
                else _absent(name, offline)
            ),
            Exception: lambda error: ModelError(
                f"model {name} cannot be downloaded: {type(error).__name__}: {error}", ELSEWHERE
            ),
        }
    ):
        folder = _fetch(name, options, WEIGHTS[:1], offline=offline)
        return folder if not _missing(folder) else _fetch(name, options, WEIGHTS, offline=offline)


def _fetch(name: str, options: Wav2Vec2Options, weights: tuple[str, ...], *, offline: bool) -> Path:
    with _quiet():
        return Path(
            snapshot_download(
                name,
                revision=options.revision,
                cache_dir=options.download_root,
                local_files_only=offline,
                allow_patterns=["*.json", *weights],
            )
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


def _absent(name: str, offline: bool) -> ModelError:
    why = "may not be downloaded" if offline else "the model hub cannot be reached"
    return ModelError(f"model {name} is not on this machine, and {why}", ELSEWHERE)


def _not_stored(name: str, error: Exception) -> ModelError:
    return ModelError(
        f"model {name} cannot be stored: {error}",
        "make room, or name another folder with --set aligner.options.download_root=DIR",
    )

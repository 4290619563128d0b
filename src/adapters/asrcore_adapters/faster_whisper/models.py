"""From a model's name to its files: a local folder, a known size or a Hub id."""

from __future__ import annotations

import errno
import re
from pathlib import Path

from faster_whisper.utils import available_models, download_model
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from asrcore.errors import ModelError, did_you_mean, translate
from asrcore_adapters.faster_whisper import FasterWhisperOptions

WEIGHTS = "model.bin"
TOKENIZER = "tokenizer.json"
STORAGE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}
WITHOUT_MODEL = (
    "name a local folder with --model DIR, or use the offline engine: --profile offline "
    "(it needs: pip install 'asrcore[offline]')"
)


def locate_model(options: FasterWhisperOptions) -> Path:
    """The folder with a model's files; downloaded where it is not on this machine yet.

    Raises:
        ModelError: there is no such model, it cannot be downloaded, or the folder holds none.
    """
    folder = Path(options.model).expanduser()
    if folder.is_dir():
        return _checked(folder)
    _refuse_nonsense(options.model)
    if (cached := _cached(options)) is not None:
        return cached
    return _checked(_download(options, local_files_only=options.local_files_only))


def _checked(folder: Path) -> Path:
    missing = [name for name in (WEIGHTS, TOKENIZER) if not (folder / name).is_file()]
    if not missing:
        return folder
    if (folder / "model.safetensors").is_file() or (folder / "pytorch_model.bin").is_file():
        raise ModelError(
            f"{folder} is a transformers model; this engine reads CTranslate2 models",
            f"convert it: asr models convert {folder} --to ctranslate2",
        )
    if any(folder.glob("weights.*")):
        raise ModelError(
            f"{folder} is an MLX model; this engine reads CTranslate2's", "add --backend mlx"
        )
    raise ModelError(f"{folder} holds no CTranslate2 Whisper: {missing[0]} is missing")


def _refuse_nonsense(name: str) -> None:
    if name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name:
        raise ModelError(f"there is no folder {name}", "check the path given as the model")
    if "/" not in name and name not in available_models():
        guess = did_you_mean(name, available_models())
        raise ModelError(
            f"no model is called {name}",
            guess or f"known sizes: {', '.join(available_models())}; or a Hub id; or a folder",
        )


def _cached(options: FasterWhisperOptions) -> Path | None:
    try:
        folder = _download(options, local_files_only=True)
    except ModelError:
        return None
    return folder if (folder / WEIGHTS).is_file() and (folder / TOKENIZER).is_file() else None


def _download(options: FasterWhisperOptions, *, local_files_only: bool) -> Path:
    name = options.model
    with translate(
        {
            GatedRepoError: lambda _: ModelError(
                f"model {name} is gated: its conditions are not accepted with your token",
                "accept them on its Hub page and set HF_TOKEN",
            ),
            RevisionNotFoundError: lambda _: ModelError(
                f"model {name} has no revision {options.revision}"
            ),
            RepositoryNotFoundError: lambda _: ModelError(
                f"the Hub knows no model {name} (or it is private)",
                "check the name; for a private model set HF_TOKEN",
            ),
            LocalEntryNotFoundError: lambda _: _unreachable(name, local_files_only),
            HfHubHTTPError: lambda error: ModelError(
                f"model {name} cannot be downloaded: {_first_line(error)}", WITHOUT_MODEL
            ),
            HFValidationError: lambda _: ModelError(f"{name} is no name that a model can have"),
            OSError: lambda error: (
                _not_stored(name, error)
                if getattr(error, "errno", None) in STORAGE
                else _unreachable(name, local_files_only)
            ),
            Exception: lambda error: ModelError(
                f"model {name} cannot be downloaded: {type(error).__name__}: {_first_line(error)}",
                WITHOUT_MODEL,
            ),
        }
    ):
        root = options.download_root
        return Path(
            download_model(
                name,
                local_files_only=local_files_only,
                cache_dir=None if root is None else str(root),
                revision=options.revision,
            )
        )


def _unreachable(name: str, local_files_only: bool) -> ModelError:
    why = "may not be downloaded" if local_files_only else "the model hub cannot be reached"
    return ModelError(f"model {name} is not on this machine, and {why}", WITHOUT_MODEL)


def _not_stored(name: str, error: Exception) -> ModelError:
    return ModelError(
        f"model {name} cannot be stored: {error}",
        "make room, or name another folder with --set transcriber.options.download_root=DIR",
    )


def _first_line(error: Exception) -> str:
    return re.split(r"[\r\n]", str(error).strip())[0]

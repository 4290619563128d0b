"""Why a model could not be downloaded, in our words: who refused, and what to type or to open."""

from __future__ import annotations

import errno
import re

from huggingface_hub import get_token
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from asrcore.errors import ModelError, causes

STORAGE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}
ELSEWHERE = "name a local folder with --set diarizer.options.model=DIR"
NEW_TOKEN = (
    "make one at https://huggingface.co/settings/tokens and write HF_TOKEN=... into .env, "
    "or run: hf auth login"
)
UNAUTHORISED, FORBIDDEN, SERVER_FAILS = 401, 403, 500


def not_downloaded(
    name: str, revision: str | None, error: Exception, *, offline: bool
) -> ModelError:
    """What to say of a repository that could not be read; the token is wiped from `error`.

    Args:
        name: the repository's id.
        revision: which was asked for.
        error: of the Hub's client.
        offline: whether the network was not to be used.
    """
    for each in causes(error):
        each.args = tuple(without_tokens(a) if isinstance(a, str) else a for a in each.args)
    if isinstance(error, GatedRepoError):
        return _gated(name, _status(error))
    if isinstance(error, RevisionNotFoundError):
        return ModelError(
            f"model {name} has no revision {revision}",
            f"its revisions: https://huggingface.co/{name}/commits/main",
        )
    if isinstance(error, RepositoryNotFoundError):
        return _unknown(name)
    if isinstance(error, HFValidationError):
        return ModelError(
            f"{name} is no name that a model can have", "a Hub id looks like org/model"
        )
    return _unreached(name, error, offline)


def without_tokens(text: str) -> str:
    """A text in which no token of the Hub can be read."""
    token = get_token()
    hidden = text.replace(token, "(token)") if token else text
    return re.sub(r"hf_\w{6,}", "(token)", hidden)


def _gated(name: str, status: int | None) -> ModelError:
    page = f"https://huggingface.co/{name}"
    if get_token() is None:
        return ModelError(
            f"model {name} is gated, and you have no token of the Hub",
            f"accept its conditions at {page}; then {NEW_TOKEN}",
        )
    if status == UNAUTHORISED:
        return ModelError(
            f"model {name} is gated, and the Hub does not take your token",
            f"{NEW_TOKEN}; the conditions are at {page}",
        )
    return ModelError(
        f"model {name} is gated, and its conditions are not accepted by your account",
        f"accept them at {page}",
    )


def _unknown(name: str) -> ModelError:
    if get_token() is None:
        return ModelError(
            f"the Hub knows no model {name}, or it is private and you have no token",
            f"check the name: https://huggingface.co/{name}; for a private model {NEW_TOKEN}",
        )
    return ModelError(
        f"the Hub knows no model {name}, or it is private and your token may not read it",
        f"check the name: https://huggingface.co/{name}",
    )


def _unreached(name: str, error: Exception, offline: bool) -> ModelError:
    """The Hub answered something else, or not at all, or what it sent could not be stored."""
    if getattr(error, "errno", None) in STORAGE:
        return ModelError(
            f"model {name} cannot be stored: {without_tokens(str(error))}",
            "make room, or name another folder with --set diarizer.options.download_root=DIR",
        )
    if offline:
        return ModelError(
            f"model {name} is not on this machine, and may not be downloaded",
            f"allow it with --set diarizer.options.local_files_only=false, or {ELSEWHERE}",
        )
    status = next(filter(None, map(_status, causes(error))), None)
    if status == UNAUTHORISED:
        return ModelError(f"model {name}: the Hub does not take your token", NEW_TOKEN)
    if status == FORBIDDEN:
        return ModelError(
            f"model {name}: your token may not read gated repositories",
            "allow it at https://huggingface.co/settings/tokens (Read access to contents of all "
            "public gated repos you can access)",
        )
    return ModelError(f"model {name} is not on this machine, and {_why(error, status)}", ELSEWHERE)


def _why(error: Exception, status: int | None) -> str:
    if status is not None:
        return f"the Hub answers {status}" + (", try later" if status >= SERVER_FAILS else "")
    if any(isinstance(each, OfflineModeIsEnabled) for each in causes(error)):
        return "HF_HUB_OFFLINE forbids to download it"
    if isinstance(error, OSError):
        return "the Hub cannot be reached"
    return f"it cannot be downloaded: {type(error).__name__}: {without_tokens(str(error))}"


def _status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    return getattr(response, "status_code", None)

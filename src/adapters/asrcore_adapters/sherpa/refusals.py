"""Why a model of the Hub is not here, in our words: who refused, and what to open or to type."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from huggingface_hub import get_token
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from asrcore.errors import ModelError, causes

STORAGE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}
NEW_TOKEN = (
    "make one at https://huggingface.co/settings/tokens and write HF_TOKEN=... into the "
    "environment or .env, or run: hf auth login"
)
UNAUTHORISED, FORBIDDEN, SERVER_FAILS = 401, 403, 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that was asked for.

    Attributes:
        repository: the id of its repository.
        file: its path there.
        revision: which was asked for; the repository's own first where it is absent.
        setting: the option that names it.
        offline: whether the network was not to be used.
    """

    repository: str
    file: str
    revision: str | None
    setting: str
    offline: bool

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.repository}:{self.file}"

    @property
    def page(self) -> str:
        """Its repository, for a browser."""
        return f"https://huggingface.co/{self.repository}"

    @property
    def elsewhere(self) -> str:
        """How to do without the Hub."""
        return f"name a local file with --set {self.setting}=FILE"


def not_downloaded(wanted: Wanted, error: Exception) -> ModelError:
    """What to say of a file that could not be had; the token is wiped from `error` and its causes.

    Args:
        wanted: the file.
        error: of the Hub's client.
    """
    for each in causes(error):
        each.args = tuple(without_tokens(a) if isinstance(a, str) else a for a in each.args)
    for kind, say in REASONS.items():
        if isinstance(error, kind) and not isinstance(error, LocalEntryNotFoundError):
            return say(wanted, error)
    return _unreached(wanted, error)


def without_tokens(text: str) -> str:
    """A text in which no token of the Hub can be read."""
    token = get_token()
    hidden = text.replace(token, "(token)") if token else text
    return re.sub(r"hf_\w{6,}", "(token)", hidden)


def _gated(wanted: Wanted, error: Exception) -> ModelError:
    name, page = wanted.name, wanted.page
    if get_token() is None:
        return ModelError(
            f"model {name} is gated, and you have no token of the Hub",
            f"accept its conditions at {page}; then {NEW_TOKEN}",
        )
    if _status(error) == UNAUTHORISED:
        return ModelError(
            f"model {name} is gated, and the Hub does not take your token",
            f"{NEW_TOKEN}; the conditions are at {page}",
        )
    return ModelError(
        f"model {name} is gated, and its conditions are not accepted by your account",
        f"accept them at {page}",
    )


def _no_revision(wanted: Wanted, _: Exception) -> ModelError:
    return ModelError(
        f"model {wanted.repository} has no revision {wanted.revision}",
        f"name another with --set {wanted.setting}={wanted.repository}@main:{wanted.file}; "
        f"they are at {wanted.page}/commits/main",
    )


def _unknown(wanted: Wanted, _: Exception) -> ModelError:
    check = f"check the name: {wanted.page}"
    if get_token() is None:
        return ModelError(
            f"the Hub knows no model {wanted.repository}, or it is private and you have no token",
            f"{check}; for a private model {NEW_TOKEN}",
        )
    return ModelError(
        f"the Hub knows no model {wanted.repository}, or it is private and your token may not "
        "read it",
        check,
    )


def _no_file(wanted: Wanted, _: Exception) -> ModelError:
    return ModelError(
        f"model {wanted.repository} has no file {wanted.file}",
        f"its files are at {wanted.page}/tree/{wanted.revision or 'main'}; name one with "
        f"--set {wanted.setting}={wanted.repository}:FILE",
    )


def _no_name(wanted: Wanted, _: Exception) -> ModelError:
    return ModelError(
        f"{wanted.name} is no name that a model can have", "write it org/name:file.onnx"
    )


REASONS: Mapping[type[Exception], Callable[[Wanted, Exception], ModelError]] = {
    GatedRepoError: _gated,
    RevisionNotFoundError: _no_revision,
    RepositoryNotFoundError: _unknown,
    EntryNotFoundError: _no_file,
    HFValidationError: _no_name,
}
"""The first that fits counts: a gated repository's error is an unknown one's, too."""


def _unreached(wanted: Wanted, error: Exception) -> ModelError:
    """The Hub answered something else, or not at all, or what it sent could not be stored."""
    name = wanted.name
    if getattr(error, "errno", None) in STORAGE:
        return ModelError(
            f"model {name} cannot be stored: {without_tokens(str(error))}",
            "make room, or name another folder with --set diarizer.options.download_root=DIR",
        )
    if wanted.offline:
        return ModelError(
            f"model {name} is not on this machine, and may not be downloaded",
            f"allow it with --set diarizer.options.local_files_only=false, or {wanted.elsewhere}",
        )
    return _refused(wanted, error)


def _refused(wanted: Wanted, error: Exception) -> ModelError:
    status = next(filter(None, map(_status, causes(error))), None)
    if status == UNAUTHORISED:
        told = "does not take your token" if get_token() else "asks for a token"
        return ModelError(f"model {wanted.name}: the Hub {told}", NEW_TOKEN)
    if status == FORBIDDEN:
        return ModelError(
            f"model {wanted.name}: the Hub forbids you to read it",
            f"open {wanted.page}, and give your token leave for gated repositories at "
            "https://huggingface.co/settings/tokens",
        )
    return ModelError(
        f"model {wanted.name} is not on this machine, and {_why(error, status)}",
        wanted.elsewhere,
    )


def _why(error: Exception, status: int | None) -> str:
    if status is not None:
        return f"the Hub answers {status}" + (", try later" if status >= SERVER_FAILS else "")
    if any(isinstance(each, OfflineModeIsEnabled) for each in causes(error)):
        return "HF_HUB_OFFLINE forbids to download it"
    if isinstance(error, OSError):
        return "the Hub cannot be reached"
    return f"it cannot be downloaded: {type(error).__name__}: {without_tokens(str(error))}"


def _status(error: BaseException) -> int | None:
    """What the Hub answered, if it did."""
    return getattr(getattr(error, "response", None), "status_code", None)

"""Every error that asrcore raises.

    AsrError                      message, and a hint: what to type next
    |- ConfigError                (ValueError) a setting or an option is wrong
    |  |- UnknownBackendError     (LookupError) no backend of that name
    |  `- UnsupportedError        the backend cannot do what is asked
    |- MissingEngineError         (ImportError) a backend's package is not installed
    |- ModelError                 a model cannot be had or read
    |- InputError                 this recording cannot be used; the others can
    |  |- InputNotFoundError      (FileNotFoundError)
    |  `- AudioDecodeError        (ValueError) it holds no sound that can be decoded
    |- OutputError                (OSError) a result cannot be written
    `- EngineError                (RuntimeError) an engine failed while working
       `- OutOfMemoryError        (MemoryError)

The first four concern a whole run and come before any work; the others concern one recording.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches

TOO_LITTLE_MEMORY = (
    *("out of memory", "can't allocate memory", "not enough memory"),
    *("unable to allocate", "attempting to allocate", "insufficient memory"),
)
"""How torch says it and then MLX, in the middle of a longer text."""


class AsrError(Exception):
    """Base of all; `hint` says what to do about it, in one line, or is empty."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(AsrError, ValueError):
    """A setting or an option is wrong."""


class UnknownBackendError(ConfigError, LookupError):
    """No backend of that name is known."""


class UnsupportedError(ConfigError):
    """The backend cannot do what is asked, and says so instead of ignoring it."""


class MissingEngineError(AsrError, ImportError):
    """The package that a backend needs is not installed."""


class ModelError(AsrError):
    """A model cannot be found, downloaded or read."""


class InputError(AsrError):
    """A recording cannot be used; other recordings of the run can."""


class InputNotFoundError(InputError, FileNotFoundError):
    """There is no such file."""


class AudioDecodeError(InputError, ValueError):
    """A recording holds no sound that can be decoded."""


class OutputError(AsrError, OSError):
    """A result cannot be written."""


class EngineError(AsrError, RuntimeError):
    """An engine failed while working."""


class OutOfMemoryError(EngineError, MemoryError):
    """An engine ran out of memory."""


@contextmanager
def translate(
    mapping: Mapping[type[Exception], Callable[[Exception], AsrError]],
) -> Iterator[None]:
    """Turn an engine's exceptions into ours at the edge, the original chained.

    Args:
        mapping: exception type -> how to say it; the first that fits counts. Errors of ours
            and types that are not named pass through.
    """
    try:
        yield
    except AsrError:
        raise
    except tuple(mapping) as error:
        say = next(say for kind, say in mapping.items() if isinstance(error, kind))
        raise say(error) from error


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error, the one that it came from, and so on; each once."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def is_out_of_memory(error: Exception) -> bool:
    """Whether an engine had too little memory, of whatever device: engines say it in words."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in TOO_LITTLE_MEMORY)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean X?` for the closest known word, or nothing."""
    close = get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]}?" if close else ""

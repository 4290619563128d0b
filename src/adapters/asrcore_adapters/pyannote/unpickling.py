"""A pickle of torch, read without running anything in it.

A pickle can call any function by its name when it is loaded. torch's restricted reader
(`weights_only=True`) calls only what it is told to trust: here, the three classes that describe a
pyannote.audio model, and plain containers. What training leaves beside (settings of OmegaConf,
state of Lightning) is read as empty objects, and never looked at.
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from torch.serialization import (
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    get_unsafe_globals_in_checkpoint,
)

from asrcore.errors import ModelError, is_out_of_memory
from asrcore_adapters.pyannote.damage import damaged
from asrcore_adapters.pyannote.engine import Problem, Resolution, Specifications


class _Unread:
    """Stands for an object that training left in a checkpoint and nothing here needs."""

    def __init__(self, *_: Any) -> None:
        """Take anything."""

    def __setitem__(self, *_: Any) -> None:
        """Take anything."""

    def __setstate__(self, _: Any) -> None:
        """Take anything."""


TRUSTED: tuple[type, ...] = (Problem, Resolution, Specifications, defaultdict, dict, list, int)
UNREAD = (
    "typing.Any",
    "torch.torch_version.TorchVersion",
    "pyannote.audio.core.model.Introspection",
    "pyannote.audio.core.model.Output",
    "pyannote.core.segment.SlidingWindow",
    "omegaconf.base.ContainerMetadata",
    "omegaconf.base.Metadata",
    "omegaconf.dictconfig.DictConfig",
    "omegaconf.listconfig.ListConfig",
    "omegaconf.nodes.AnyNode",
    "pathlib.Path",
    "pathlib.PosixPath",
    "pytorch_lightning.callbacks.early_stopping.EarlyStopping",
    "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
    "pytorch_lightning.utilities.parsing.AttributeDict",
)
"""What checkpoints of 2021 to 2024 name besides."""
ALLOWED: list[Any] = [*TRUSTED, *((_Unread, name) for name in UNREAD)]
CODE = ("Unsupported global", "unsupported GLOBAL", "unrecognized function", "allowlisted")
"""How torch's reader refuses a function, or an object of a class, that it does not trust."""
_trust = Lock()


def unpickled(path: Path) -> Any:
    """What a pickle of torch holds.

    Raises:
        ModelError: it names functions or classes that no model needs, or is damaged.
    """
    with _trusting(ALLOWED):
        if strangers := _strangers(path):
            raise _distrusted(path, f"names {strangers}, which no model needs, and which")
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except OSError:
            raise
        except pickle.UnpicklingError as error:
            raise _refused(path, _reason(str(error))) from error
        except Exception as error:
            if is_out_of_memory(error):
                raise
            why = f"{type(error).__name__}: {error}".splitlines()[0]
            raise damaged(path, why) from error


@contextmanager
def _trusting(names: list[Any]) -> Iterator[None]:
    """Trust these and nothing else; torch has one list for all threads of the process."""
    with _trust:
        before = get_safe_globals()
        clear_safe_globals()
        add_safe_globals(names)
        try:
            yield
        finally:
            meanwhile = set(get_safe_globals()) - set(names)  # torch adds its own on some imports
            clear_safe_globals()
            add_safe_globals([*before, *meanwhile])


def _refused(path: Path, reason: str) -> ModelError:
    if any(word in reason for word in CODE):
        return _distrusted(path, f"holds more than a model ({reason}), and")
    return damaged(path, reason)


def _distrusted(path: Path, what: str) -> ModelError:
    return ModelError(
        f"{path} is not loaded: it {what} may run any code when it is loaded",
        "take the model from its author's own page",
    )


def _strangers(path: Path) -> str:
    """The functions and classes that a checkpoint names beyond those of a model."""
    try:
        return ", ".join(sorted(get_unsafe_globals_in_checkpoint(path)))
    except Exception:  # noqa: BLE001  a file of another layout: torch.load looks, and says why
        return ""


def _reason(refusal: str) -> str:
    """What torch's reader found, out of its long advice."""
    said = [line.strip() for line in refusal.splitlines() if line.strip()]
    reasons = [line for line in said if not line.startswith(("Check the doc", "Weights only", "("))]
    last = reasons[-1] if reasons else said[0]
    return last.removeprefix("WeightsUnpickler error: ").partition(". Please")[0]

"""Where torch computes, with how many threads, and how exactly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from asrcore.errors import ConfigError
from asrcore.plugin import Placement
from asrcore_adapters.pyannote.refusals import without_tokens


def torch_device(placement: Placement) -> torch.device:
    """The device of a placement.

    Raises:
        ConfigError: torch has no such device here, or pyannote does not compute so.
    """
    if placement.compute_type not in (None, "float32"):
        raise ConfigError(
            f"diarizer.compute_type: pyannote computes in float32, not {placement.compute_type}",
            "leave it out, or: --set diarizer.compute_type=float32",
        )
    try:
        device = torch.device(placement.device)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ConfigError(
            f"diarizer.device: torch has no device {placement.device} here: {without_tokens(why)}",
            "use the CPU: --set diarizer.device=cpu",
        ) from error
    return device


@contextmanager
def torch_threads(number: int | None) -> Iterator[None]:
    """With so many threads in this thread's calls of torch; None leaves it as it is."""
    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def exact_arithmetic(device: torch.device) -> Iterator[None]:
    """Without TensorFloat-32, as pyannote.audio wants it; it would switch it off for good."""
    if device.type != "cuda":
        yield
        return
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    matmul.allow_tf32 = cudnn.allow_tf32 = False
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before

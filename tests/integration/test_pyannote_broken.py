"""Checkpoints read by several at once, or that are not whole: what is told of them."""

from pathlib import Path
from threading import Barrier, Thread

import pytest
import torch
from torch.serialization import get_safe_globals, safe_globals

from asrcore.errors import OutOfMemoryError
from asrcore_adapters.pyannote.checkpoint import read_checkpoint
from asrcore_adapters.pyannote.engine import Problem
from tests.integration.pyannote_models import (
    checkpoint,
    describe,
    load,
    refusal,
    save_model,
    save_pipeline,
    segmentation,
    write_config,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path) -> Path:
    return save_pipeline(tmp_path / "pipeline")


def in_threads(number: int, work) -> list[Exception]:
    """What was raised by so many threads at once."""
    raised: list[Exception] = []
    together = Barrier(number, timeout=60)

    def run() -> None:
        together.wait()
        try:
            for _ in range(10):
                work()
        except Exception as error:  # noqa: BLE001  a thread's errors are lost otherwise
            raised.append(error)

    threads = [Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_honest_checkpoints_are_read_by_threads_at_once(folder):
    """torch keeps what is trusted in one list for all threads."""
    path = folder / "segmentation" / "pytorch_model.bin"
    assert in_threads(10, lambda: read_checkpoint(path, None)) == []


class Foreign:
    """Somebody else in the process trusts it."""


def test_what_others_trust_is_not_trusted_here_and_stays_trusted_there(folder):
    path = save_model(segmentation(), folder / "segmentation", extra=Foreign())
    with safe_globals([Foreign, Problem]):
        assert "may run any code" in refusal(folder).message
        assert set(get_safe_globals()) >= {Foreign, Problem}
        save_model(segmentation(), folder / "segmentation")
        read_checkpoint(path, None)
        assert set(get_safe_globals()) >= {Foreign, Problem}
    assert not {Foreign, Problem} & set(get_safe_globals())


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 5905440\n"


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors"])
@pytest.mark.parametrize(
    ("content", "said", "hint"),
    [
        (lambda _: POINTER, "is a Git LFS pointer, not the model", "run: git lfs pull"),
        (lambda _: b"", "is damaged: it is empty", "download"),
        (lambda whole: whole[: len(whole) // 2], "is damaged", "download"),
        (lambda whole: whole[:100], "is damaged", "download"),
        (lambda _: b"<html>Not found</html>", "is damaged", "download"),
    ],
)
def test_a_file_that_is_not_whole_is_told_as_that(folder, name, content, said, hint):
    describe(folder / "segmentation")
    path = folder / "segmentation" / name
    if name == "pytorch_model.bin":
        (folder / "segmentation" / "model.safetensors").unlink()
    path.write_bytes(content(path.read_bytes()))
    write_config(folder, pipeline={"segmentation": f"segmentation/{name}"})
    error = refusal(folder)
    assert f"{path} {said}" in error.message
    assert hint in error.hint
    assert "any code" not in error.message


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_truncated_checkpoint_of_the_old_layout_is_damaged(folder, share):
    path = folder / "segmentation" / "pytorch_model.bin"
    torch.save(checkpoint(segmentation()), path, _use_new_zipfile_serialization=False)
    read_checkpoint(path, None)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    error = refusal(folder)
    assert f"{path} is damaged" in error.message
    assert "download" in error.hint
    assert "any code" not in error.message


def test_too_little_memory_is_no_damage(folder, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: hf_AbCdEfGhIjKl")

    monkeypatch.setattr(torch, "load", fail)
    with pytest.raises(OutOfMemoryError) as caught:
        load(folder)
    assert "sherpa-onnx" in caught.value.hint
    assert "hf_Ab" not in caught.value.message

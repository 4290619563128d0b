"""Which files the pyannote backend reads, and that it runs nothing that is in them."""

import os
import pickle
import sys
from collections import defaultdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from asrcore.errors import ConfigError
from asrcore_adapters.pyannote.checkpoint import read_checkpoint
from asrcore_adapters.pyannote.networks import build_network
from asrcore_adapters.pyannote.unpickling import UNREAD
from tests.integration.pyannote_models import (
    MULTILABEL,
    POWERSET,
    checkpoint,
    describe,
    embedding,
    load,
    refusal,
    save_model,
    save_pipeline,
    segmentation,
    write_config,
)

pytestmark = pytest.mark.integration

TORCH_VERSION = "torch.torch_version.TorchVersion"
"""What every checkpoint holds, those of these tests included."""


@pytest.fixture
def folder(tmp_path) -> Path:
    return save_pipeline(tmp_path / "pipeline")


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("place", ["segmentation", "embedding"])
@pytest.mark.parametrize("old_layout", [False, True])
def test_a_checkpoint_that_would_run_code_is_refused_and_does_not(folder, place, old_layout):
    """Also in the layout of torch before 1.6, which cannot be looked through beforehand."""
    ran = folder / "ran"
    path = folder / place / "pytorch_model.bin"
    model = segmentation() if place == "segmentation" else embedding()
    stored = checkpoint(model, callbacks=Payload(f"touch {ran}"))
    torch.save(stored, path, _use_new_zipfile_serialization=not old_layout)
    error = refusal(folder)
    assert not ran.exists()
    assert "is not loaded" in error.message
    assert "may run any code" in error.message
    assert f"{os.name}.system" in error.message
    torch.load(path, weights_only=False)
    assert ran.exists(), "the payload was none"


def test_what_is_trusted_cannot_be_made_to_run_anything(folder):
    """The allowed containers, called with what would be code elsewhere."""
    ran = folder / "ran"

    class Sneaky:
        def __reduce__(self):
            return defaultdict, (Payload(f"touch {ran}"),)

    save_model(segmentation(), folder / "segmentation", extra=Sneaky())
    assert "may run any code" in refusal(folder).message
    assert not ran.exists()


def test_a_plain_pickle_is_refused(folder):
    (folder / "embedding" / "pytorch_model.bin").write_bytes(
        pickle.dumps({"state_dict": Payload(f"touch {folder / 'ran'}")})
    )
    refusal(folder)
    assert not (folder / "ran").exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("mine.networks", "PyanNet"),
        ("pyannote.audio.models.segmentation", "PyanNet2"),
        ("pyannote.audio.models.embedding.xvector", "XVectorMFCC"),
        ("pyannote.audio.models.segmentation.debug", "SimpleSegmentationModel"),
    ],
)
def test_a_class_that_is_not_in_the_table_is_neither_imported_nor_made(folder, module, name):
    stored = checkpoint(segmentation())
    stored["pyannote.audio"]["architecture"] = {"module": module, "class": name}
    torch.save(stored, folder / "segmentation" / "pytorch_model.bin")
    error = refusal(folder)
    assert f"the segmentation model is a {module}.{name}" in error.message
    assert "could name code of any package" in error.message


def test_a_network_that_loads_other_files_by_itself_is_refused(folder):
    stored = checkpoint(segmentation())
    stored["pyannote.audio"]["architecture"]["class"] = "SSeRiouSS"
    stored["hyper_parameters"] = {"wav2vec": "/tmp/other.bin"}
    torch.save(stored, folder / "segmentation" / "pytorch_model.bin")
    assert "wants to load /tmp/other.bin" in refusal(folder).message


@pytest.mark.parametrize("dotted", [name for name in UNREAD if name != TORCH_VERSION])
def test_what_training_leaves_behind_is_passed_over(tmp_path, monkeypatch, dotted):
    """Whether or not its package is installed: as an object, and as a key."""
    module, _, name = dotted.rpartition(".")
    kind = type(name, (), {"__module__": module})
    leftover = kind()
    leftover.value = [0.9, 0.999]
    stored = checkpoint(embedding("sinc"), callbacks={kind: leftover})
    with monkeypatch.context() as patched:
        for package in (module.rpartition(".")[0], module):
            if package and find_spec(package.partition(".")[0]) is None:
                patched.setitem(sys.modules, package, ModuleType(package))
        patched.setattr(import_module(module), name, kind, raising=False)
        torch.save(stored, tmp_path / "left.bin")
    assert build_network(read_checkpoint(tmp_path / "left.bin", None), "embedding").dimension == 32


def test_a_checkpoint_of_2022_is_read(tmp_path):
    """With what Lightning and pyannote.audio 2 left in it; a loss of its own, too."""
    from pyannote.audio.core.model import Introspection

    about = Introspection()
    about.__dict__.update(min_num_samples=991, dimension=3)
    model = segmentation(MULTILABEL)
    stored = checkpoint(
        model,
        callbacks={"EarlyStopping{'monitor': 'der'}": {"best_score": torch.tensor(0.2)}},
        optimizer_states=[{"betas": (0.9, 0.999), "state": defaultdict(dict)}],
        lr_schedulers=[],
        hparams_name="kwargs",
    )
    stored["pyannote.audio"]["introspection"] = about
    stored["state_dict"]["loss_func.W"] = torch.zeros(3, 3)
    stored["hyper_parameters"]["task"] = None
    torch.save(stored, tmp_path / "old.ckpt")
    found = read_checkpoint(tmp_path / "old.ckpt", None)
    assert found.specifications == MULTILABEL
    network = build_network(found, "segmentation")
    for name, weights in model.state_dict().items():
        assert torch.equal(network.state_dict()[name], weights)


def test_lightweight_weights_are_made_exact(folder):
    """float16 on disk, float32 at work."""
    stored = checkpoint(embedding())
    stored["state_dict"] = {
        key: value.half() if value.is_floating_point() else value
        for key, value in stored["state_dict"].items()
    }
    torch.save(stored, folder / "embedding" / "pytorch_model.bin")
    network = load(folder)._pipeline._embedding.model_
    assert {weights.dtype for weights in network.parameters()} == {torch.float32}
    assert torch.equal(network.embedding.weight, stored["state_dict"]["embedding.weight"].float())


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("model.safetensors", "$model/segmentation"),
        ("model.safetensors", "./segmentation/model.safetensors"),
        ("mine.safetensors", "segmentation/mine.safetensors"),
        ("mine.safetensors", None),
    ],
)
def test_safetensors_are_preferred_and_described_by_their_config(folder, file, named):
    model = describe(folder / "segmentation", file)
    (folder / "segmentation" / "pytorch_model.bin").write_bytes(b"never read")
    absolute = str(folder / "segmentation" / file)
    write_config(folder, pipeline={"segmentation": named or absolute})
    network = load(folder)._pipeline._segmentation.model
    assert network.specifications == POWERSET
    assert torch.equal(network.classifier.weight, model.classifier.weight)


def test_safetensors_that_nothing_describes_are_passed_over_for_a_pickle(folder):
    (folder / "segmentation" / "model.safetensors").write_bytes(b"never read")
    write_config(folder, pipeline={"segmentation": "segmentation"})
    assert load(folder)._pipeline._segmentation.model.specifications == POWERSET


def test_safetensors_that_nothing_describes_are_refused_where_there_is_no_pickle(folder):
    describe(folder / "segmentation")
    for name in ("config.yaml", "pytorch_model.bin"):
        (folder / "segmentation" / name).unlink()
    write_config(folder, pipeline={"segmentation": "segmentation"})
    assert "has no config.yaml beside it" in refusal(folder).message


@pytest.mark.parametrize(
    "named",
    [
        "segmentation/pytorch_model.bin",
        "./segmentation",
        "segmentation",
        "$model/segmentation",
        None,
    ],
)
def test_models_are_found_beside_the_config(folder, named, monkeypatch):
    """Wherever the process stands, and without the network."""
    monkeypatch.chdir("/")
    monkeypatch.setattr(
        "socket.socket.connect", lambda *_: pytest.fail("the network was asked for a local model")
    )
    absolute = str(folder / "segmentation" / "pytorch_model.bin")
    write_config(folder, pipeline={"segmentation": named or {"checkpoint": absolute}})
    load(folder)


def drop(*names: str):
    """Remove entries of a checkpoint's weights."""

    def damage(stored: dict[str, Any]) -> None:
        for name in names:
            del stored["state_dict"][name]

    return damage


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (drop("classifier.weight"), "weights miss classifier.weight"),
        (lambda s: s["state_dict"].update(more=torch.zeros(1)), "have no place for more"),
        (
            lambda s: s["state_dict"].update({"classifier.bias": torch.zeros(9)}),
            "weights do not fit",
        ),
        (lambda s: s.pop("pyannote.audio"), "is no checkpoint of pyannote.audio"),
        (lambda s: s["pyannote.audio"].pop("specifications"), "what it was trained for"),
        (lambda s: s["pyannote.audio"].pop("architecture"), "is a None.None"),
    ],
)
def test_a_damaged_checkpoint_is_refused(folder, damage, message):
    stored = checkpoint(segmentation())
    damage(stored)
    torch.save(stored, folder / "segmentation" / "pytorch_model.bin")
    assert message in refusal(folder).message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pipeline": {"segmentation": "./nowhere"}}, "./nowhere (pytorch_model.bin) is missing"),
        ({"pipeline": {"embedding": "speechbrain/spkrec-ecapa-voxceleb@1"}}, "other packages load"),
        ({"pipeline": {"embedding": "nvidia/speakerverification"}}, "other packages load"),
        ({"pipeline": {"segmentation_step": 3}}, "cannot be loaded"),
        ({"params": {}}, "lacks parameters"),
        ({"params": {"clustering": {"no_such": 1}}}, "parameters that do not fit"),
    ],
)
def test_a_pipeline_that_cannot_be_made_is_refused(folder, changes, message):
    write_config(folder, **changes)
    assert message in refusal(folder).message


def test_folders_without_a_pipeline_are_refused(tmp_path):
    assert "config.yaml is missing" in refusal(tmp_path).message
    assert "there is no folder" in refusal(tmp_path / "nowhere").message


def test_a_folder_has_no_revision(folder):
    with pytest.raises(ConfigError, match=r"diarizer\.options\.revision"):
        load(folder, revision="main")

"""From files to an MLX Whisper: layouts, number formats, and what is wrong with a folder."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("mlx_whisper")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

import mlx.core as mx  # noqa: E402 - behind what skips
from huggingface_hub.errors import LocalEntryNotFoundError  # noqa: E402
from mlx import nn  # noqa: E402
from mlx.utils import tree_flatten, tree_map  # noqa: E402

from asrcore.errors import ConfigError, ModelError, OutOfMemoryError  # noqa: E402
from asrcore.plugin import Placement  # noqa: E402
from asrcore_adapters.common import hub  # noqa: E402
from asrcore_adapters.common.mlx_devices import COMPUTE_TYPES, device_of  # noqa: E402
from asrcore_adapters.mlx import MLXOptions, transcriber  # noqa: E402
from asrcore_adapters.mlx.loading import load_whisper  # noqa: E402
from asrcore_adapters.mlx.models import PUBLISHED, locate_whisper  # noqa: E402
from asrcore_adapters.mlx.transcriber import MLXTranscriber  # noqa: E402
from tests.integration.plain_whisper import saved, tiny_whisper  # noqa: E402

CPU = Placement("cpu", "float32")
ENGLISH = 51864


@pytest.fixture(autouse=True)
def on_the_cpu():
    with mx.stream(mx.cpu):
        yield


@pytest.fixture(scope="module")
def model():
    with mx.stream(mx.cpu):
        return tiny_whisper(vocabulary=ENGLISH, width=64)


@pytest.fixture
def folder(model, tmp_path):
    return saved(model, tmp_path / "model")


def scores(model):
    """Of each token after some others, and with some sound."""
    heard = mx.random.normal((1, 50, 64), key=mx.random.key(0))
    dtype = model.decoder.positional_embedding.dtype
    return model.logits(mx.array([[7, 8, 9]]), heard.astype(dtype)).astype(mx.float32)


def likeness(one, other) -> float:
    return np.corrcoef(np.array(one).ravel(), np.array(other).ravel())[0, 1]


def refused(folder, kind=ModelError, **options):
    with pytest.raises(kind) as caught:
        MLXTranscriber(MLXOptions(model=str(folder), **options), CPU)
    return caught.value


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.npz", "model.safetensors"])
def test_every_layout_of_weights_is_read(model, tmp_path, name):
    loaded = load_whisper(saved(model, tmp_path, name), mx.float32)
    np.testing.assert_allclose(scores(loaded), scores(model), atol=1e-4)
    assert loaded.alignment_heads.tolist() == model.alignment_heads.tolist()


@pytest.mark.parametrize(
    ("name", "close"), [("float32", 1.0), ("float16", 0.9999), ("bfloat16", 0.995)]
)
def test_all_is_computed_in_the_format_that_is_asked_for(model, folder, name, close):
    loaded = load_whisper(folder, COMPUTE_TYPES[name])
    kinds = {each.dtype for key, each in tree_flatten(loaded.parameters()) if "heads" not in key}
    assert kinds == {getattr(mx, name)} == {loaded.encoder._positional_embedding.dtype}
    assert loaded.alignment_heads.dtype in (mx.int32, mx.int64)
    assert likeness(scores(loaded), scores(model)) > close - 1e-6


def test_a_file_in_another_format_is_converted(model, tmp_path):
    halved = tiny_whisper(vocabulary=ENGLISH, width=64)
    halved.set_dtype(mx.float16)
    loaded = load_whisper(saved(halved, tmp_path), mx.float32)
    assert loaded.decoder.positional_embedding.dtype == mx.float32
    assert likeness(scores(loaded), scores(model)) > 0.9999


@pytest.mark.parametrize(("bits", "close"), [(8, 0.999), (4, 0.93)])
@pytest.mark.parametrize("compute_type", ["float32", "float16"])
def test_quantised_models_stay_close_to_whole_ones(model, tmp_path, bits, close, compute_type):
    """As the published ones are made: linear layers and the embedding of tokens."""
    how = {"group_size": 64, "bits": bits}
    small = tiny_whisper(vocabulary=ENGLISH, width=64)
    small.set_dtype(mx.float16)
    nn.quantize(small, **how)
    loaded = load_whisper(saved(small, tmp_path, quantization=how), COMPUTE_TYPES[compute_type])
    assert isinstance(loaded.decoder.token_embedding, nn.QuantizedEmbedding)
    assert isinstance(loaded.encoder.blocks[0].mlp1, nn.QuantizedLinear)
    assert loaded.decoder.token_embedding.weight.dtype == mx.uint32
    assert loaded.decoder.token_embedding.scales.dtype == getattr(mx, compute_type)
    assert close < likeness(scores(loaded), scores(model)) < 0.99999


def test_layers_without_scales_stay_whole(model, tmp_path):
    how = {"group_size": 64, "bits": 8}
    part = tiny_whisper(vocabulary=ENGLISH, width=64)
    nn.quantize(part, **how, class_predicate=lambda path, _: path.endswith("mlp1"))
    loaded = load_whisper(saved(part, tmp_path, quantization=how), mx.float32)
    assert isinstance(loaded.decoder.blocks[0].mlp1, nn.QuantizedLinear)
    assert not isinstance(loaded.decoder.blocks[0].mlp2, nn.QuantizedLinear)


def rewritten(folder, change):
    """Weights, with a change to them."""
    file = str(folder / "weights.safetensors")
    tensors = tree_map(lambda each: each, dict(mx.load(file)))
    mx.eval(tensors)
    change(tensors)
    mx.save_safetensors(file, tensors)
    return folder


def test_older_folders_name_no_alignment_heads_and_hold_what_is_computed(model, folder):
    def old(tensors):
        del tensors["alignment_heads"]
        tensors["encoder.positional_embedding"] = mx.zeros((50, 64))

    loaded = load_whisper(rewritten(folder, old), mx.float32)
    assert loaded.alignment_heads.tolist() == [[1, 0], [1, 1]], "the last half of the layers"
    ours = loaded.encoder._positional_embedding
    np.testing.assert_array_equal(ours, model.encoder._positional_embedding)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda all_: all_.pop("decoder.ln.weight"), r"lack decoder\.ln\.weight"),
        (lambda all_: all_.update({"decoder.blocks.9.x": mx.zeros(1)}), r"hold decoder\.blocks\.9"),
        (
            lambda all_: all_.update({"decoder.ln.weight": mx.zeros(65)}),
            r"decoder\.ln\.weight has shape \(65,\), not \(64,\)",
        ),
    ],
    ids=["missing", "strange", "shape"],
)
def test_weights_that_do_not_fit_are_named(folder, change, message):
    error = refused(rewritten(folder, change))
    assert error.message.startswith(f"the weights in {folder}")
    with pytest.raises(ModelError, match=message):
        raise error


def test_a_transformers_folder_leads_to_the_conversion(tmp_path):
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "config.json").write_text('{"d_model": 64, "model_type": "whisper"}')
    error = refused(tmp_path)
    assert "no Whisper in MLX's layout" in error.message
    assert f"asr models convert {tmp_path} --to mlx" in error.hint


def test_what_a_config_does_not_say_is_named(folder):
    config = json.loads((folder / "config.json").read_text())
    del config["n_text_head"]
    (folder / "config.json").write_text(json.dumps(config))
    assert "does not say n_text_head" in refused(folder).message


def test_a_config_that_is_no_json_is_named(folder):
    (folder / "config.json").write_text("{not json")
    assert f"{folder}/config.json is no JSON" in refused(folder).message


@pytest.mark.parametrize("missing", ["config.json", "weights.safetensors"])
def test_an_incomplete_folder_is_refused(folder, missing):
    (folder / missing).unlink()
    assert f"{missing} is missing" in refused(folder).message


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n"


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.npz"])
@pytest.mark.parametrize("spoilt", [lambda _: b"", lambda _: LFS, lambda good: good[:-99]])
def test_a_damaged_file_is_said_in_words(model, tmp_path, name, spoilt):
    folder = saved(model, tmp_path, name)
    (folder / name).write_bytes(spoilt((folder / name).read_bytes()))
    error = refused(folder)
    assert f"model {folder} cannot be loaded" in error.message
    assert error.hint.endswith("download or convert it once more")


def test_too_little_memory_for_a_model_is_no_fault_of_its_files(folder, monkeypatch):
    def full(*_):
        raise RuntimeError("[malloc] Unable to allocate 99 bytes.")

    monkeypatch.setattr(transcriber, "load_whisper", full)
    assert "quantised" in refused(folder, OutOfMemoryError).hint


@pytest.mark.parametrize("token", [ENGLISH, 2**31 - 1, -7])
def test_a_token_that_the_model_has_not_cannot_be_suppressed(folder, token):
    error = refused(folder, ConfigError, suppress_tokens=(-1, token))
    assert f"there is no {token}" in error.message


@pytest.fixture
def offline(monkeypatch):
    """A Hub that cannot be reached, and what it was asked for."""
    asked = []

    def download(name, **how):
        asked.append((name, how["allow_patterns"]))
        raise LocalEntryNotFoundError("not here")

    monkeypatch.setattr(hub, "snapshot_download", download)
    return asked


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("large-v3-turbo", PUBLISHED["large-v3-turbo"]), ("org/whisper-mlx", "org/whisper-mlx")],
)
def test_a_size_or_hub_id_that_cannot_be_had_leads_to_a_folder(offline, name, wanted):
    with pytest.raises(ModelError, match=f"model {wanted} is not on this machine") as caught:
        locate_whisper(MLXOptions(model=name))
    assert "model=DIR" in caught.value.hint
    assert {each for each, _ in offline} == {wanted}
    assert offline[0][1] == [
        *("config.json", "weights.safetensors", "weights.npz", "model.safetensors")
    ]


@pytest.mark.parametrize(("name", "hint"), [("smal", "small"), ("zebra", "large-v3-turbo")])
def test_an_unknown_size_gets_a_suggestion(offline, name, hint):
    with pytest.raises(ModelError, match=f"there is no model {name}") as caught:
        locate_whisper(MLXOptions(model=name))
    assert hint in caught.value.hint
    assert offline == []


def test_a_folder_of_a_sizes_name_is_taken(folder, monkeypatch, offline):
    shutil.move(folder, folder.with_name("small"))
    monkeypatch.chdir(folder.parent)
    assert locate_whisper(MLXOptions(model="small")).resolve() == folder.with_name("small")
    assert offline == []


@pytest.mark.parametrize(
    ("device", "hint"), [("metal", "transcriber.device=cpu"), ("cuda", "pip install 'mlx[cuda13]'")]
)
def test_a_gpu_that_is_not_there_is_refused(folder, monkeypatch, device, hint):
    monkeypatch.setattr(getattr(mx, device), "is_available", lambda: False)
    with pytest.raises(ConfigError, match=f"MLX has no device {device} here") as caught:
        MLXTranscriber(MLXOptions(model=str(folder)), replace(CPU, device=device))
    assert hint in caught.value.hint


def test_a_gpu_is_taken_by_its_number(folder, monkeypatch):
    monkeypatch.setattr(mx.cuda, "is_available", lambda: True)
    monkeypatch.setattr(mx, "device_count", lambda _: 2)
    for name, number in (("cuda", 0), ("cuda:1", 1)):
        assert device_of(Placement(name), "transcriber") == mx.Device(mx.gpu, number)
    with pytest.raises(ConfigError, match="MLX has no device cuda:2 here"):
        device_of(Placement("cuda:2"), "transcriber")


def test_threads_are_for_the_cpu(folder, monkeypatch):
    monkeypatch.setattr(mx.metal, "is_available", lambda: True)
    monkeypatch.setattr(mx, "device_count", lambda _: 1)
    with pytest.raises(ConfigError, match=r"options\.threads: metal computes a batch at once"):
        MLXTranscriber(MLXOptions(model=str(folder), threads=2), replace(CPU, device="metal"))

"""Whisper checkpoints for MLX: every layout of weights and number format, and what is refused."""

import shutil
import subprocess
import sys
import warnings

import pytest

from asrcore.bootstrap.calibration import known_speech
from asrcore.errors import EngineError, MissingEngineError
from asrcore.plugin import Placement
from asrcore.testing import ModelConverterContract, PluginContract
from asrcore.usecases.convert import ConvertModel
from asrcore_adapters.common import engines
from asrcore_adapters.common.options import HubOptions
from asrcore_adapters.mlx import CONVERTER

pytestmark = [
    pytest.mark.integration,
    # These engines are not ours: what they announce about their next versions is no failure.
    pytest.mark.filterwarnings("ignore"),
]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlx.core as mx
    import torch
    from mlx import nn
    from mlx_whisper.load_models import load_model
    from safetensors.torch import load_file, save_file

    from asrcore_adapters.mlx.converting import MlxConverter
    from tests.integration.tiny_whisper import converted, converter, save, tiny_whisper

CLIP = known_speech()[1].samples
WEIGHTS = "model.safetensors"
EMBEDDING = "model.decoder.embed_tokens.weight"
POSITIONS = "model.encoder.embed_positions.weight"
MATRIX = "model.decoder.layers.0.fc1.weight"


@pytest.fixture(scope="module")
def tiny():
    return tiny_whisper()


@pytest.fixture(scope="module")
def source(tiny, tmp_path_factory):
    return save(tiny, tmp_path_factory.mktemp("tiny") / "tiny")


@pytest.fixture(scope="module")
def expected(source):
    return converter().expected(source, CLIP)


@pytest.fixture
def damaged(source, tmp_path):
    """A copy of the source, to be damaged."""
    return shutil.copytree(source, tmp_path / "damaged")


class TestNano(ModelConverterContract):
    """A model that has learnt to write."""

    @pytest.fixture
    def converter(self):
        return CONVERTER.build(HubOptions(), Placement())

    @pytest.fixture
    def checkpoint(self, nano_checkpoint):
        return nano_checkpoint

    @pytest.fixture
    def clip(self):
        return CLIP


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return CONVERTER

    @pytest.fixture
    def reference(self):
        return "asrcore_adapters.mlx:CONVERTER"


@pytest.mark.parametrize("number_format", ["float32", "bfloat16", "float16"])
def test_a_multilingual_model_writes_the_same(source, expected, tmp_path, number_format):
    target = converted(source, tmp_path / "made", number_format)
    assert len(set(expected.tokens)) > 4
    assert converter().found(target, CLIP) == expected
    assert {each.dtype for each in mx.load(str(target / "weights.safetensors")).values()} == {
        getattr(mx, number_format),
        mx.int32,
    }


def test_the_latest_models_know_one_language_more(tmp_path):
    source = save(tiny_whisper(51866), tmp_path / "latest")
    target = converted(source, tmp_path / "made")
    assert converter().found(target, CLIP) == converter().expected(source, CLIP)


@pytest.mark.parametrize("bits", [4, 8])
def test_a_quantised_model_is_what_mlx_whisper_makes_of_it_itself(source, tmp_path, bits):
    target = converted(source, tmp_path / "made", str(bits))
    quantised = load_model(str(target))
    usual = load_model(str(converted(source, tmp_path / "half")))
    nn.quantize(usual, group_size=64, bits=bits)
    mel = mx.random.normal((1, 3000, 80), key=mx.random.key(0))
    tokens = mx.array([[50258, 50259, 50359, 50363]])
    assert mx.array_equal(quantised(mel, tokens), usual(mel, tokens))
    assert converter(str(bits)).found(target, CLIP).tokens


def test_the_heads_that_tell_times_are_kept(source, tmp_path):
    made = load_model(str(converted(source, tmp_path / "made")))
    assert made.alignment_heads.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("content", [None, "{}"])
def test_where_no_heads_are_named_mlx_whisper_takes_its_own(damaged, tmp_path, content):
    path = damaged / "generation_config.json"
    path.unlink() if content is None else path.write_text(content)
    made = converted(damaged, tmp_path / "made")
    assert "alignment_heads" not in mx.load(str(made / "weights.safetensors"))
    assert load_model(str(made)).alignment_heads.tolist() == [[1, 0], [1, 1]]


def pickled(model, folder, **how):
    return save(model, folder, safe_serialization=False, **how)


def legacy(model, folder):
    """As old versions of torch wrote them: no zip file, which could be mapped into memory."""
    save(model, folder)
    weights = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    torch.save(weights, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    return folder


def without_head(model, folder):
    """As `WhisperModel` alone is saved: without the prefix of its names."""
    save(model, folder)
    save(model.model, folder)
    return folder


def with_tied_output(model, folder):
    save(model, folder)
    weights = load_file(folder / WEIGHTS)
    save_file({**weights, "proj_out.weight": weights[EMBEDDING].clone()}, folder / WEIGHTS)
    return folder


def in_half(model, folder):
    save(model, folder)
    weights = {name: each.bfloat16() for name, each in load_file(folder / WEIGHTS).items()}
    save_file(weights, folder / WEIGHTS)
    return folder


def in_half_pickled(model, folder):
    save(model, folder)
    weights = {name: each.bfloat16() for name, each in load_file(folder / WEIGHTS).items()}
    (folder / WEIGHTS).unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    return folder


LAYOUTS = {
    "shards": lambda model, folder: save(model, folder, max_shard_size="2MB"),
    "pickle": pickled,
    "pickled shards": lambda model, folder: pickled(model, folder, max_shard_size="2MB"),
    "old pickle": legacy,
    "without head": without_head,
    "with tied output": with_tied_output,
    "bfloat16": in_half,
    "bfloat16 pickle": in_half_pickled,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_weights_makes_the_same_model(tiny, source, tmp_path, layout):
    folder = LAYOUTS[layout](tiny, tmp_path / "other")
    assert ("shards" in layout) == (len(list(folder.glob("*-of-*"))) > 1)
    assert ("pickle" in layout) == (not list(folder.glob("*.safetensors")))
    one = converted(source, tmp_path / "one")
    other = converted(converter().locate(str(folder)), tmp_path / "two")
    loaded = [mx.load(str(each / "weights.safetensors")) for each in (one, other)]
    assert loaded[0].keys() == loaded[1].keys()
    assert all(mx.array_equal(loaded[0][name], loaded[1][name]) for name in loaded[0])


def test_a_wrong_conversion_is_caught(source, tmp_path):
    """One matrix of the wrong sign: the model loads, and writes something else."""

    class Wrong(MlxConverter):
        def convert(self, source, target):
            super().convert(source, target)
            path = str(target / "weights.safetensors")
            weights = mx.load(path)
            weights["decoder.blocks.0.mlp1.weight"] *= -1
            mx.save_safetensors(path, weights)

    work = ConvertModel(Wrong(HubOptions(), Placement()), "float16", lambda _: None)
    with pytest.raises(EngineError, match="of 16 tokens differ in float16"):
        work.run(str(source), tmp_path / "made", CLIP)
    assert not list(tmp_path.iterdir())


def test_converting_needs_no_torch(source, tmp_path):
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(name, *_):\n"
        "        if name in ('torch', 'transformers'): raise ImportError(name)\n"
        "sys.meta_path.insert(0, Absent)\n"
        "from asrcore import convert_model\n"
        "convert_model(sys.argv[1], 'mlx', output=__import__('pathlib').Path(sys.argv[2]), "
        "check=False)"
    )
    target = tmp_path / "made"
    subprocess.run([sys.executable, "-c", code, source, target], check=True)
    assert (target / "weights.safetensors").is_file()


def test_what_the_comparison_needs_is_named(monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda module: None)
    with pytest.raises(MissingEngineError, match="torch and transformers, not installed") as caught:
        converter().prepare_check()
    assert "asrcore[align]" in caught.value.hint

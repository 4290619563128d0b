"""Whisper checkpoints for CTranslate2: number formats, files beside the model, what is refused."""

import json
import shutil
import warnings

import pytest

from asrcore.bootstrap.calibration import known_speech
from asrcore.errors import EngineError, ModelError
from asrcore.plugin import Placement
from asrcore.testing import ModelConverterContract, PluginContract
from asrcore.usecases.convert import ConvertModel
from asrcore_adapters.common.options import HubOptions
from asrcore_adapters.faster_whisper import CONVERTER

pytestmark = [
    pytest.mark.integration,
    # These engines are not ours: what they announce about their next versions is no failure.
    pytest.mark.filterwarnings("ignore"),
]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import torch
    from safetensors.torch import load_file, save_file
    from tokenizers import Tokenizer

    from asrcore_adapters.faster_whisper.converting import CTranslate2Converter

CLIP = known_speech()[1].samples
WEIGHTS, TOKENIZER = "model.safetensors", "tokenizer.json"
MATRIX = "model.decoder.layers.0.fc1.weight"


@pytest.fixture(scope="module")
def expected(nano_checkpoint):
    return CTranslate2Converter(HubOptions(), Placement()).expected(nano_checkpoint, CLIP)


@pytest.fixture
def known(monkeypatch, expected):
    """The source need not be asked again."""
    monkeypatch.setattr(CTranslate2Converter, "expected", lambda *_: expected)


def converter(number_format="float16"):
    return CTranslate2Converter(HubOptions(), Placement("cpu", number_format))


@pytest.fixture
def copy(nano_checkpoint, tmp_path):
    """The small Whisper, to be changed."""
    return shutil.copytree(nano_checkpoint, tmp_path / "copy")


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    return folder


class TestNano(ModelConverterContract):
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
        return "asrcore_adapters.faster_whisper:CONVERTER"


@pytest.mark.usefixtures("known")
def test_fewer_bits_make_a_smaller_model_that_can_be_read(nano_checkpoint, target):
    work = ConvertModel(converter("int8"), "int8", lambda _: None)
    conversion = work.run(str(nano_checkpoint), target / "model", CLIP)
    assert (target / "model" / "model.bin").stat().st_size < 0.6 * 43_876_734
    assert conversion.check is not None
    assert conversion.check.differing < 0.2 * conversion.check.total


def test_what_older_checkpoints_lack_is_made(copy, target):
    """Their tokenizer is in two files, and what is read of sound is said by the configuration."""
    described = json.loads((copy / TOKENIZER).read_text(encoding="utf-8"))["model"]
    (copy / "vocab.json").write_text(json.dumps(described["vocab"]))
    merges = "\n".join(" ".join(pair) for pair in described["merges"])
    (copy / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf-8")
    whole = Tokenizer.from_file(str(copy / TOKENIZER))
    for name in (TOKENIZER, "preprocessor_config.json"):
        (copy / name).unlink()
    converter().convert(copy, target)
    made = Tokenizer.from_file(str(target / TOKENIZER))
    assert made.get_vocab() == whole.get_vocab()
    assert made.encode(" It rains.").ids == whole.encode(" It rains.").ids
    read = json.loads((target / "preprocessor_config.json").read_text())
    assert (read["feature_size"], read["chunk_length"]) == (80, 30)


def test_what_is_there_is_copied(nano_checkpoint, copy, target):
    converter().convert(copy, target)
    for name in (TOKENIZER, "preprocessor_config.json"):
        assert (target / name).read_bytes() == (nano_checkpoint / name).read_bytes()


def without(*names):
    def damage(folder):
        for name in names:
            (folder / name).unlink()

    return damage


def rewritten(change):
    def damage(folder):
        weights = load_file(folder / WEIGHTS)
        change(weights)
        save_file(weights, folder / WEIGHTS, {"format": "pt"})

    return damage


def cut(folder):
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-1])


def of_another_kind(folder):
    (folder / "config.json").write_text('{"model_type": "wav2vec2"}')


DAMAGES = {
    "another model": (of_another_kind, "is a model of kind wav2vec2, not whisper"),
    "no tokenizer": (without(TOKENIZER), r"tokenizer\.json cannot be read, or made of vocab\.json"),
    "cut": (cut, "copy: cannot be read by transformers: "),
    "a lost weight": (
        rewritten(lambda weights: weights.pop(MATRIX)),
        rf"copy: has no weights for {MATRIX}",
    ),
    "another shape": (
        rewritten(lambda weights: weights.update({MATRIX: torch.ones(8, 8)})),
        "copy: (has weights of wrong shapes|cannot be read by transformers)",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_refused_by_name(copy, target, damage):
    damages, said = DAMAGES[damage]
    damages(copy)
    with pytest.raises(ModelError, match=said):
        converter().convert(copy, target)


def test_a_tokenizer_that_is_not_whispers_is_refused(copy):
    """It would be asked for by names that it does not have."""
    text = (copy / TOKENIZER).read_text(encoding="utf-8")
    (copy / TOKENIZER).write_text(text.replace("<|notimestamps|>", "<|never|>"), encoding="utf-8")
    with pytest.raises(ModelError, match=r"has no <\|notimestamps\|>"):
        converter().expected(copy, CLIP)


@pytest.mark.usefixtures("known")
def test_a_wrong_conversion_is_caught(nano_checkpoint, copy, target):
    """One matrix of the wrong sign: the model loads, and writes something else."""
    rewritten(lambda weights: weights.update({MATRIX: -weights[MATRIX]}))(copy)

    class Wrong(CTranslate2Converter):
        def convert(self, source, target):
            super().convert(copy, target)

    work = ConvertModel(Wrong(HubOptions(), Placement()), "float16", lambda _: None)
    with pytest.raises(EngineError, match="tokens differ in float16"):
        work.run(str(nano_checkpoint), target / "model", CLIP)
    assert not list(target.iterdir())

"""Checkpoints that MLX cannot have: what mlx-whisper cannot express, and what is damaged."""

import json
import shutil
import warnings

import pytest

from asrcore.errors import ModelError

pytestmark = [
    pytest.mark.integration,
    # These engines are not ours: what they announce about their next versions is no failure.
    pytest.mark.filterwarnings("ignore"),
]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import torch
    from safetensors.torch import load_file, save_file

    from tests.integration.tiny_whisper import converted, save, tiny_whisper

WEIGHTS = "model.safetensors"
POSITIONS = "model.encoder.embed_positions.weight"
MATRIX = "model.decoder.layers.0.fc1.weight"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return save(tiny_whisper(), tmp_path_factory.mktemp("tiny") / "tiny")


@pytest.fixture
def damaged(source, tmp_path):
    """A copy of the source, to be damaged."""
    return shutil.copytree(source, tmp_path / "damaged")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "wav2vec2"}, "is a model of kind wav2vec2, not whisper"),
        ({"vocab_size": 51900}, "vocab_size is 51900; mlx-whisper has 51864 or 51865 or 51866"),
        ({"activation_function": "relu"}, "activation_function is relu; mlx-whisper has gelu"),
        ({"scale_embedding": True}, "scale_embedding is True"),
        ({"num_mel_bins": 64}, "num_mel_bins is 64; mlx-whisper has 80 or 128"),
        ({"max_source_positions": 500}, "max_source_positions is 500"),
        ({"d_model": None}, "no usable dimension"),
        ({"encoder_attention_heads": 3}, "3 heads do not share a width of 64"),
        ({"decoder_attention_heads": 0}, "0 heads do not share a width of 64"),
        ({"encoder_layers": 2}, r"has no weights for encoder\.blocks\.1\."),
        ({"decoder_layers": 1}, r"head 0 of layer 1, which the decoder has not"),
        ({"max_target_positions": 40}, r"of shape \(32, 64\); mlx-whisper has \(40, 64\)"),
        ({"num_mel_bins": 128}, r"conv1\.weight is of shape"),
    ],
)
def test_what_mlx_whisper_cannot_express_is_refused(damaged, tmp_path, change, said):
    path = damaged / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ModelError, match=said):
        converted(damaged, tmp_path / "made")


def rewritten(change):
    def damage(folder):
        weights = load_file(folder / WEIGHTS)
        change(weights)
        save_file(weights, folder / WEIGHTS)

    return damage


def cut(folder):
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[:-1])


def lose_a_shard(folder):
    (folder / WEIGHTS).rename(folder / "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002"}}
    (folder / f"{WEIGHTS}.index.json").write_text(json.dumps(index))


def forget_the_files(folder):
    (folder / WEIGHTS).unlink()
    (folder / f"{WEIGHTS}.index.json").write_text("{}")


def written(name, content):
    return lambda folder: (folder / name).write_bytes(content)


DAMAGES = {
    "no weights": (lambda folder: (folder / WEIGHTS).unlink(), r"model\.safetensors is missing"),
    "cut": (cut, r"model\.safetensors: cannot be read: "),
    "no header": (written(WEIGHTS, b"hello, world"), r"model\.safetensors: cannot be read: "),
    "a header of nothing": (
        written(WEIGHTS, b"\x02" + 7 * b"\0" + b"[]"),
        r"model\.safetensors: cannot be read: ",
    ),
    "an unknown dtype": (
        written(
            WEIGHTS, b"\x35" + 7 * b"\0" + b'{"a":{"dtype":"X","shape":[],"data_offsets":[0,0]}}  '
        ),
        r"model\.safetensors: cannot be read: ",
    ),
    "a lost shard": (lose_a_shard, "model-00002-of-00002 is missing"),
    "an index of nothing": (forget_the_files, "names no files"),
    "a broken index": (
        lambda folder: (forget_the_files(folder), written(f"{WEIGHTS}.index.json", b"{")(folder)),
        r"index\.json: cannot be read",
    ),
    "a list for a configuration": (written("config.json", b"[]"), r"config\.json: holds no object"),
    "a broken configuration": (written("config.json", b"{"), r"config\.json: cannot be read"),
    "a lost weight": (
        rewritten(lambda weights: weights.pop(MATRIX)),
        r"has no weights for decoder\.blocks\.0\.mlp1\.weight",
    ),
    "a strange weight": (
        rewritten(lambda weights: weights.update(adapter=torch.ones(2))),
        "mlx-whisper has no place for adapter",
    ),
    "another shape": (
        rewritten(lambda weights: weights.update({MATRIX: torch.ones(128, 64)})),
        r"decoder\.blocks\.0\.mlp1\.weight is of shape \(128, 64\); mlx-whisper has \(256, 64\)",
    ),
    "whole numbers": (
        rewritten(lambda weights: weights.update({MATRIX: torch.ones(256, 64).int()})),
        "fc1.weight is of .*int32",
    ),
    "an output of its own": (
        rewritten(lambda weights: weights.update({"proj_out.weight": torch.ones(51865, 64)})),
        r"proj_out\.weight is not model\.decoder\.embed_tokens\.weight",
    ),
    "learnt positions": (
        rewritten(lambda weights: weights.update({POSITIONS: weights[POSITIONS] + 0.02})),
        r"embed_positions\.weight is not Whisper's",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_refused_by_name(damaged, tmp_path, damage):
    damages, said = DAMAGES[damage]
    damages(damaged)
    with pytest.raises(ModelError, match=said):
        converted(damaged, tmp_path / "made")


def test_rows_that_do_not_fall_into_groups_are_not_quantised(tmp_path):
    source = save(tiny_whisper(width=96), tmp_path / "odd")
    converted(source, tmp_path / "half")
    with pytest.raises(ModelError, match="rows of 96 weights cannot be quantised") as caught:
        converted(source, tmp_path / "made", "4")
    assert "--quantize float16" in caught.value.hint


def test_no_code_of_a_pickle_is_run(damaged, tmp_path):
    proof = tmp_path / "proof"
    (damaged / WEIGHTS).unlink()
    (damaged / "pytorch_model.bin").write_text(f"cos\nmkdir\n(S'{proof}'\ntR.")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin: cannot be read"):
        converted(damaged, tmp_path / "made")
    assert not proof.exists()

"""wav2vec2 over MLX: the numbers of transformers, on the small trained model and on random ones."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

pytest.importorskip("mlx.core", reason="MLX has no wheels for this machine")

import mlx.core as mx
import torch
from mlx.utils import tree_flatten
from safetensors.torch import load_file, save_file
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.request import AlignRequest
from asrcore.errors import ConfigError, EngineError, ModelError, OutOfMemoryError
from asrcore.plugin import Placement
from asrcore.ports.emission_model import EmissionModel
from asrcore.testing import AlignerContract
from asrcore.testing.emission_model import EmissionModelContract, answers
from asrcore.usecases.ctc_aligner import CtcAligner
from asrcore_adapters.wav2vec2 import Wav2Vec2Options
from asrcore_adapters.wav2vec2.over_mlx import weights
from asrcore_adapters.wav2vec2.over_mlx.features import FeatureEncoder
from asrcore_adapters.wav2vec2.over_mlx.model import MlxWav2Vec2EmissionModel
from asrcore_adapters.wav2vec2.over_mlx.network import MlxNetwork
from asrcore_adapters.wav2vec2.over_torch.model import Wav2Vec2EmissionModel

pytestmark = pytest.mark.integration

CPU = Placement("cpu", "float32")
NANO = Path(__file__).parents[2] / "models" / "nano-wav2vec2"
SMALL = {
    "vocab_size": 32,
    "hidden_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "conv_dim": (32,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "pad_token_id": 0,
}
KINDS = {
    "base": {"feat_extract_norm": "group", "do_stable_layer_norm": False},
    "base with biases": {"feat_extract_norm": "group", "conv_bias": True},
    "large": {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True},
    "large without biases": {"feat_extract_norm": "layer", "do_stable_layer_norm": True},
    "group norm, stable": {"feat_extract_norm": "group", "do_stable_layer_norm": True},
    "layer norm, not stable": {"feat_extract_norm": "layer", "do_stable_layer_norm": False},
    "odd positions": {"num_conv_pos_embeddings": 7, "layer_norm_eps": 1e-2},
    "other convolutions": {
        "conv_dim": (16, 24, 32),
        "conv_kernel": (10, 8, 4),
        "conv_stride": (5, 4, 2),
        "num_feat_extract_layers": 3,
        "hidden_size": 64,
    },
}
POSITIONS = "wav2vec2.encoder.pos_conv_embed.conv"
LENGTHS = (400, 401, 719, 720, 1000, 5000, 16000, 16001, 12345, 400)


def over_mlx(folder: Path | str, placement: Placement = CPU, **options):
    checked = Wav2Vec2Options.model_validate({"model": str(folder), **options})
    return MlxWav2Vec2EmissionModel(checked, placement)


def over_torch(folder: Path, **options):
    checked = Wav2Vec2Options.model_validate({"model": str(folder), **options})
    return Wav2Vec2EmissionModel(checked, CPU)


def save_random(folder: Path, *, pickled: bool = False, shard: str = "1GB", **config) -> Path:
    """A random model whose frames differ, with the labels of the small trained one."""
    torch.manual_seed(0)
    model = Wav2Vec2ForCTC(Wav2Vec2Config(**{**SMALL, **config}))
    with torch.no_grad():
        for name, values in model.named_parameters():
            if values.ndim > 1 and "original0" not in name:
                values.normal_(0, 1.2 / values[0].numel() ** 0.5)
            elif "norm" in name or "bias" in name:
                values.add_(torch.randn_like(values) * 0.1)
        model.lm_head.weight.normal_(0, 0.5)
    model.save_pretrained(folder, safe_serialization=not pickled, max_shard_size=shard)
    for path in NANO.glob("*.json"):
        if path.name != "config.json":
            shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def noises():
    noise = np.random.default_rng(0)
    return [noise.normal(0.05, 0.1, length).astype(np.float32) for length in LENGTHS]


@pytest.fixture(scope="module")
def nano():
    model = over_mlx(NANO)
    yield model
    model.close()


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A small model of the base kind."""
    return save_random(tmp_path_factory.mktemp("base"))


class TestTrained(EmissionModelContract):
    @pytest.fixture
    def emission_model(self, nano):
        return nano

    @pytest.fixture
    def language(self):
        return "en"

    @pytest.fixture
    def speech(self, clips):
        return clips[0].samples[:SAMPLE_RATE]


class TestRandom(EmissionModelContract):
    """A group-norm model, which the small trained one is not."""

    @pytest.fixture
    def emission_model(self, base):
        return over_mlx(base, batch_seconds=60)

    @pytest.fixture
    def language(self):
        return None

    @pytest.fixture
    def speech(self, clips):
        return clips[0].samples


class TestAligner(AlignerContract):
    """`MlxWav2Vec2EmissionModel` as the core makes an aligner of it."""

    @pytest.fixture
    def aligner(self, nano):
        return CtcAligner(nano)

    @pytest.fixture
    def spoken(self, seen):
        return seen[9].samples, seen[9].text


def test_it_is_an_emission_model(nano):
    assert isinstance(nano, EmissionModel)


def largest_difference(found, expected) -> float:
    pairs = list(zip(found, expected, strict=True))
    assert [a.log_probs.shape for a, _ in pairs] == [b.log_probs.shape for _, b in pairs]
    return max(float(np.abs(a.log_probs - b.log_probs).max()) for a, b in pairs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_padded_batch_gives_what_transformers_gives_alone(tmp_path, noises, kind):
    """Batch size 1, nothing padded: what the models were made for."""
    folder = save_random(tmp_path, **KINDS[kind])
    model = Wav2Vec2ForCTC.from_pretrained(folder).eval()
    together = answers(over_mlx(folder, batch_seconds=1000), None, noises)
    for samples, found in zip(noises, together, strict=True):
        prepared = torch.from_numpy((samples - samples.mean()) / samples.std())[None]
        with torch.inference_mode():
            expected = torch.log_softmax(model(prepared).logits[0], -1).numpy()
        assert found.log_probs.shape == expected.shape
        assert np.abs(found.log_probs - expected).max() <= 1e-3
        assert expected.std(axis=1).min() > 0.1, "the labels should differ, or this shows nothing"


def test_a_model_of_base_size_gives_what_torch_gives(tmp_path):
    """All that transformers' defaults are: 12 layers of 768, positions 128 frames wide."""
    model = Wav2Vec2ForCTC(Wav2Vec2Config())
    model.save_pretrained(save_random(tmp_path))
    noise = np.random.default_rng(1).normal(0, 0.1, 6000).astype(np.float32)
    stretches = [noise, noise[:4000]]
    found = answers(over_mlx(tmp_path), None, stretches)
    assert largest_difference(found, answers(over_torch(tmp_path), None, stretches)) <= 1e-3


def test_speech_is_heard_as_by_torch(nano, seen, capsys):
    sounds = [seen[0].samples, seen[1].samples[:SAMPLE_RATE]]
    found = answers(nano, "en", sounds)
    difference = largest_difference(found, answers(over_torch(NANO), "en", sounds))
    with capsys.disabled():
        print(f"\nMLX and torch: log-probabilities differ by {difference:.1e}")
    assert difference <= 1e-3


def test_words_are_where_torch_finds_them(nano, seen):
    """The whole way: spelling, path, word ends and lag, within a frame of 20 ms."""
    batch = [AlignRequest(clip.samples, [clip.text], "en") for clip in seen[5:6]]
    found, expected = (CtcAligner(model).align(batch) for model in (nano, over_torch(NANO)))
    for (words,), (theirs,) in zip(found, expected, strict=True):
        assert [word.text for word in words] == [word.text for word in theirs]
        assert len(words) > 3
        for word, other in zip(words, theirs, strict=True):
            assert abs(word.span.start - other.span.start) <= 0.02
            assert abs(word.span.end - other.span.end) <= 0.02


@pytest.mark.parametrize(("compute_type", "bound"), [("float16", 0.3), ("bfloat16", 1.5)])
def test_shorter_numbers_find_the_same_labels(nano, seen, compute_type, bound):
    sound = [seen[0].samples[: 3 * SAMPLE_RATE // 2]]
    (exact,) = answers(nano, "en", sound)
    (rough,) = answers(over_mlx(NANO, Placement("cpu", compute_type)), "en", sound)
    assert (rough.log_probs.argmax(1) == exact.log_probs.argmax(1)).mean() > 0.98
    assert 1e-3 < np.abs(rough.log_probs - exact.log_probs).max() < bound


def test_older_weights_are_read(base, tmp_path, noises):
    """As torch called weight norm before 2.0, and most models on the Hub do."""
    folder = shutil.copytree(base, tmp_path / "older")
    stored = load_file(folder / "model.safetensors")
    for older, newer in (("weight_g", "original0"), ("weight_v", "original1")):
        value = stored.pop(f"{POSITIONS}.parametrizations.weight.{newer}")
        stored[f"{POSITIONS}.{older}"] = value
    save_file(stored, folder / "model.safetensors")
    found = answers(over_mlx(folder), None, noises[5:6])
    assert largest_difference(found, answers(over_mlx(base), None, noises[5:6])) == 0


@pytest.mark.parametrize(
    ("layout", "files"),
    [
        ({"shard": "100KB"}, "model-*.safetensors"),
        ({"pickled": True}, "pytorch_model.bin"),
        ({"pickled": True, "shard": "100KB"}, "pytorch_model-*.bin"),
    ],
)
def test_weights_in_other_layouts_are_the_same(base, tmp_path, noises, layout, files):
    folder = save_random(tmp_path, **layout)
    assert list(folder.glob(files))
    assert not (folder / "model.safetensors").exists()
    found = answers(over_mlx(folder), None, noises[5:6])
    assert largest_difference(found, answers(over_mlx(base), None, noises[5:6])) == 0


def test_pickled_weights_need_torch_and_say_so(tmp_path, monkeypatch):
    folder = save_random(tmp_path, pickled=True)
    monkeypatch.setattr(weights, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="pickled") as caught:
        over_mlx(folder).alphabet(None)
    assert "pip install 'asrcore[align]'" in caught.value.hint


def test_pickled_weights_bring_no_code(tmp_path):
    class Code:
        def __reduce__(self):
            return Path.touch, (tmp_path / "done",)

    folder = save_random(tmp_path / "model", pickled=True)
    torch.save({"lm_head.bias": Code()}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="cannot be loaded"):
        over_mlx(folder).alphabet(None)
    assert not (tmp_path / "done").exists()


def changed(folder: Path, name: str, **changes) -> None:
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def without(folder: Path, part: str) -> None:
    path = folder / "model.safetensors"
    stored = load_file(path)
    save_file({name: value for name, value in stored.items() if part not in name}, path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "vocab.json").unlink(), "vocab.json is missing"),
        (lambda f: (f / "model.safetensors").unlink(), "model.safetensors is missing"),
        (lambda f: (f / "model.safetensors").write_bytes(b"no"), "cannot be loaded"),
        (lambda f: cut(f / "model.safetensors"), "cannot be loaded"),
        (lambda f: without(f, "lm_head"), "never trained to write"),
        (lambda f: without(f, "layers.1.attention.k_proj"), "lacks weights: wav2vec2.encoder.lay"),
        (lambda f: without(f, "pos_conv_embed.conv.par"), "pos_conv_embed.conv.weight"),
        (lambda f: changed(f, "config.json", model_type="hubert"), "of kind hubert"),
        (lambda f: changed(f, "config.json", vocab_size=31), "cannot be loaded"),
        (lambda f: changed(f, "config.json", hidden_act="relu"), "computes with relu"),
        (lambda f: changed(f, "config.json", feat_extract_activation="swish"), "with swish"),
        (lambda f: changed(f, "config.json", feat_extract_norm="none"), "feat_extract_norm is"),
        (lambda f: changed(f, "config.json", adapter_attn_dim=16), "has adapters in its layers"),
        (lambda f: changed(f, "config.json", add_adapter=True), "layers after its encoder"),
        (lambda f: changed(f, "vocab.json", fra={"a": 1}), "vocabulary a language"),
        (lambda f: changed(f, "preprocessor_config.json", sampling_rate=8000), "8000 samples"),
        (lambda f: (f / "config.json").write_text("{"), "config.json is damaged"),
        (lambda f: (f / "vocab.json").write_text("[]"), "vocab.json holds no object"),
    ],
)
def test_a_folder_that_cannot_align_is_refused_by_name(base, tmp_path, damage, message):
    folder = shutil.copytree(base, tmp_path / "damaged")
    damage(folder)
    with pytest.raises(ModelError) as caught:
        over_mlx(folder).alphabet("en")
    assert message in caught.value.message
    assert str(folder) in caught.value.message


@pytest.mark.parametrize("compute_type", ["float16", "bfloat16"])
def test_all_is_computed_in_shorter_numbers(base, noises, monkeypatch, compute_type):
    seen = []
    hear = FeatureEncoder.__call__
    monkeypatch.setattr(
        FeatureEncoder,
        "__call__",
        lambda self, sound, counts: (seen.append(sound), hear(self, sound, counts))[1],
    )
    model = over_mlx(base, Placement("cpu", compute_type))
    answers(model, None, noises[:2])
    parameters = tree_flatten(model._network(None)._model.parameters())
    dtypes = {value.dtype for _, value in parameters} | {sound.dtype for sound in seen}
    assert dtypes == {getattr(mx, compute_type)}


def test_a_gpu_of_another_make_is_refused(monkeypatch):
    """MLX has one name for all GPUs; a placement has two."""
    monkeypatch.setattr(mx, "device_count", lambda _: 8)
    other = "cuda" if mx.metal.is_available() else "metal"
    with pytest.raises(ConfigError, match=f"MLX has no device {other} here"):
        over_mlx(NANO, Placement(other))


@pytest.mark.parametrize(
    ("placement", "hint"),
    [
        (Placement("metal:7"), "aligner.device=cpu"),
        (Placement("cpu:1"), "aligner.device=cpu"),
        (Placement("cpu", "int8"), "aligner.compute_type=float32"),
    ],
)
def test_what_this_machine_has_not_is_refused(placement, hint):
    with pytest.raises(ConfigError) as caught:
        over_mlx(NANO, placement)
    assert hint in caught.value.hint


def test_the_default_device_of_the_process_stays(base, noises):
    before = mx.default_device(), mx.default_stream(mx.cpu)
    model = over_mlx(base)
    emissions = model.emissions(noises[:3], None)
    next(emissions)
    assert (mx.default_device(), mx.default_stream(mx.cpu)) == before


def test_what_one_thread_loaded_another_computes(base, noises):
    """MLX's streams belong to a thread, so weights must be computed where they are loaded."""
    model = over_mlx(base)
    thread = Thread(target=model.alphabet, args=(None,))
    thread.start()
    thread.join()
    (found,) = answers(model, None, noises[5:6])
    assert np.isfinite(found.log_probs).all()


def test_answers_are_not_copied(base, noises):
    """They are views of MLX's memory, whose owner is no array of NumPy."""
    for each in answers(over_mlx(base), None, noises[5:8]):
        owner = each.log_probs
        while isinstance(owner, np.ndarray):
            owner = owner.base
        assert owner is not None


def test_what_one_thread_began_another_collects(base, noises, monkeypatch):
    """As on a GPU, which computes while the caller does something else."""
    expected = answers(over_mlx(base), None, noises[5:8])
    monkeypatch.setattr(MlxNetwork, "overlaps", True)
    network = over_mlx(base)._network(None)
    with ThreadPoolExecutor(1) as pool:
        collects = [pool.submit(network.start, [each]).result() for each in noises[5:8]]
    found = [each for collect in collects for each in collect()]
    assert largest_difference(found, expected) <= 1e-3


def test_closing_gives_memory_back(base, noises):
    model = over_mlx(base)
    answers(model, None, noises)
    assert mx.get_cache_memory() > 0
    model.close()
    assert mx.get_cache_memory() == 0
    with pytest.raises(ModelError, match="the model is closed"):
        model.alphabet(None)


@pytest.mark.parametrize(
    ("error", "together", "kind", "hint"),
    [
        (RuntimeError("[malloc] Unable to allocate 9 bytes."), 3, OutOfMemoryError, "seconds=1.5"),
        (RuntimeError("[METAL] ... Insufficient Memory"), 1, OutOfMemoryError, "device=cpu"),
        (RuntimeError("[METAL] Command buffer failed"), 2, EngineError, "aligner.device=cpu"),
        (RuntimeError("something else"), 2, EngineError, ""),
    ],
)
def test_failures_are_translated(base, monkeypatch, error, together, kind, hint):
    def fail(*_):
        raise error

    model = over_mlx(base, batch_seconds=1e6)
    monkeypatch.setattr(MlxNetwork, "_sound", fail)
    with pytest.raises(kind) as caught:
        list(model.emissions([np.zeros(SAMPLE_RATE, np.float32)] * together, None))
    assert hint in caught.value.hint
    assert caught.value.__cause__ is error


def test_numbers_that_are_none_are_refused(nano, noises):
    broken = noises[4].copy()
    broken[100] = np.nan
    with pytest.raises(EngineError, match="the sound holds samples that are no numbers"):
        list(nano.emissions([broken], "en"))


def test_it_needs_neither_torch_nor_transformers(base):
    code = f"""
import sys
for name in ("torch", "transformers", "safetensors"):
    sys.modules[name] = None
import numpy as np
from asrcore.plugin import Placement
from asrcore_adapters.wav2vec2 import MLX
model = MLX.build(MLX.options(model={str(base)!r}), Placement())
((index, found),) = model.emissions([np.ones(4000, np.float32)], None)
print(found.log_probs.shape)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "(12, 32)\n", done.stderr
    assert done.stderr == ""

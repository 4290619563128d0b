"""The wav2vec2 backend on the small trained model, and on small random ones of either kind."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Thread

import numpy as np
import pytest
import torch
from transformers import (
    Wav2Vec2Config,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
)

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.errors import ConfigError, EngineError, ModelError, OutOfMemoryError
from asrcore.plugin import Placement
from asrcore.ports.emission_model import EmissionModel
from asrcore.testing.emission_model import EmissionModelContract, answers
from asrcore_adapters.wav2vec2 import Wav2Vec2Options
from asrcore_adapters.wav2vec2.over_torch.model import Wav2Vec2EmissionModel
from asrcore_adapters.wav2vec2.over_torch.network import TorchNetwork

pytestmark = pytest.mark.integration

CPU = Placement("cpu", "float32")
NANO = Path(__file__).parents[2] / "models" / "nano-wav2vec2"
KINDS = {
    "group": {"feat_extract_norm": "group", "do_stable_layer_norm": False},
    "layer": {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True},
    "group-stable": {"feat_extract_norm": "group", "do_stable_layer_norm": True},
}
LENGTHS = (400, 401, 719, 720, 1000, 5000, 16000, 16001, 40000, 12345, 400)


def build(folder: Path | str, placement=CPU, **options):
    checked = Wav2Vec2Options.model_validate({"model": str(folder), **options})
    return Wav2Vec2EmissionModel(checked, placement)


def save_random(folder: Path, *, pickled: bool = False, **config) -> Path:
    """A small random model with the processor of the small trained one."""
    torch.manual_seed(0)
    small = {
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
    model = Wav2Vec2ForCTC(Wav2Vec2Config(**{**small, **config}))
    with torch.no_grad():
        for name, weights in model.named_parameters():  # so that frames differ from each other
            if weights.ndim > 1 and "lm_head" not in name:
                weights.normal_(0, 1.2 / weights[0].numel() ** 0.5)
        model.lm_head.weight.normal_(0, 0.5)
    model.save_pretrained(folder, safe_serialization=not pickled)
    for name in ("vocab.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(NANO / name, folder)
    mask = config.get("feat_extract_norm") == "layer"
    Wav2Vec2FeatureExtractor(return_attention_mask=mask).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def random_models(tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    return {kind: save_random(root / kind, **config) for kind, config in KINDS.items()}


@pytest.fixture
def noises():
    noise = np.random.default_rng(0)
    return [noise.normal(0.05, 0.1, length).astype(np.float32) for length in LENGTHS]


@pytest.fixture(scope="module")
def nano():
    model = build(NANO)
    yield model
    model.close()


class TestTrained(EmissionModelContract):
    @pytest.fixture
    def emission_model(self, nano):
        return nano

    @pytest.fixture
    def language(self):
        return "en"

    @pytest.fixture
    def speech(self, clips):
        return clips[0].samples


class TestRandom(EmissionModelContract):
    """A group-norm model, which the small trained one is not."""

    @pytest.fixture
    def emission_model(self, random_models):
        return build(random_models["group"], batch_seconds=60)

    @pytest.fixture
    def language(self):
        return None

    @pytest.fixture
    def speech(self, clips):
        return clips[0].samples


def test_it_is_an_emission_model(nano):
    assert isinstance(nano, EmissionModel)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_gives_what_transformers_gives_alone(random_models, noises, kind):
    """Batch size 1, nothing padded, the extractor's normalisation: what the model was made for."""
    folder = random_models[kind]
    model = Wav2Vec2ForCTC.from_pretrained(folder).eval()
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder)
    ours = answers(build(folder, batch_seconds=1000), None, noises)
    for samples, found in zip(noises, ours, strict=True):
        prepared = extractor(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        with torch.inference_mode():
            expected = torch.log_softmax(model(prepared["input_values"]).logits[0], -1).numpy()
        assert found.log_probs.shape == expected.shape
        assert np.abs(found.log_probs - expected).max() <= 1e-4
        assert expected.std(axis=1).min() > 0.1, "the labels should differ, or this shows nothing"


@pytest.mark.parametrize("kind", KINDS)
def test_convolutions_hear_no_padding(random_models, noises, kind):
    """As CUDA is given the stretches: together, from the start."""
    network = build(random_models[kind])._network(None)
    together = network._hear(noises)
    for samples, heard in zip(noises, together, strict=True):
        (alone,) = network._hear([samples])
        np.testing.assert_allclose(heard[: len(alone)], alone, atol=1e-4)


def test_float32_is_computed_as_such(nano, noises, monkeypatch):
    """TF32 moves log-probabilities by more than the contract allows between batch and alone."""
    seen = []
    hear = TorchNetwork._hear
    monkeypatch.setattr(
        TorchNetwork,
        "_hear",
        lambda *given: (seen.append(torch.backends.cudnn.allow_tf32), hear(*given))[1],
    )
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    list(nano.emissions(noises[5:6], "en"))
    assert seen == [False]
    assert torch.backends.cudnn.allow_tf32


def test_threads_compute_one_after_the_other(nano, noises, monkeypatch):
    """Two models at once would leave the process's switch as one of them had turned it."""
    both, seen = Barrier(2), []
    hear = TorchNetwork._hear

    def slowly(*given):
        seen.append(torch.backends.cudnn.allow_tf32)
        with suppress(BrokenBarrierError):
            both.wait(0.3)
        return hear(*given)

    monkeypatch.setattr(TorchNetwork, "_hear", slowly)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    networks = [model._network("en") for model in (nano, build(NANO))]
    threads = [Thread(target=each.start, args=(noises[5:6],)) for each in networks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert both.broken, "two were in it at once"
    assert seen == [False, False]
    assert torch.backends.cudnn.allow_tf32


def test_padding_a_group_norm_model_would_have_changed_it(random_models, noises):
    """The reason for all of this: the bar above is one that the plain way does not pass."""
    model = Wav2Vec2ForCTC.from_pretrained(random_models["group"]).eval()
    samples = torch.from_numpy(noises[5])
    with torch.inference_mode():
        alone = model(samples[None]).logits[0]
        padded = model(torch.nn.functional.pad(samples, (0, 35000))[None]).logits[0, : len(alone)]
    assert (alone - padded).abs().max() > 0.05


def test_batches_of_speech_move_no_word_by_a_frame(nano, clips):
    """The likeliest label of each frame decides where words are."""
    sounds = [clip.samples for clip in clips[::6]]
    together = answers(build(NANO, batch_seconds=60), "en", sounds)
    differences = []
    for samples, found in zip(sounds, together, strict=True):
        (alone,) = answers(nano, "en", [samples])
        differences.append(np.abs(found.log_probs - alone.log_probs).max())
        assert np.array_equal(found.log_probs.argmax(1), alone.log_probs.argmax(1))
    print(f"largest difference of a log-probability: {max(differences):.1e}")
    assert max(differences) <= 1e-3


def test_speech_is_heard_as_what_was_said(nano, seen):
    """Greedy decoding spells the text."""
    alphabet = nano.alphabet("en")
    clip = seen[0]
    (found,) = answers(nano, "en", [clip.samples])
    best = found.log_probs.argmax(1)
    path = [column for i, column in enumerate(best) if i == 0 or column != best[i - 1]]
    text = "".join(alphabet.labels[column] for column in path).replace("|", " ")
    wanted = "".join(each for each in clip.text.upper() if each.isalpha() or each == " ")
    assert text.split()[:3] == wanted.split()[:3]


def test_groups_come_one_after_the_other(nano, clips):
    """A caller aligns some while others are computed."""
    computed = []
    model = build(NANO, batch_seconds=0.1)
    network = model._network("en")
    start = network.start

    def counted(stretches):
        computed.append(len(stretches))
        return start(stretches)

    network.start = counted
    sounds = [clip.samples[:16000] for clip in clips[:3]]
    for done, _ in enumerate(model.emissions(sounds, "en"), start=1):
        assert len(computed) == done
    assert computed == [1, 1, 1]


def test_the_alphabet_is_the_vocabulary_without_markers(nano):
    alphabet = nano.alphabet("en")
    assert alphabet.labels[:5] == ("", "", "", "", "|")
    assert alphabet.labels[5:] == tuple("ETAONIHSRDLUMWCFGYPBVK'XJQZ")
    assert (alphabet.blank, alphabet.separator) == (0, 4)


def relabel(folder: Path, vocabulary: dict, **tokenizer) -> None:
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        (folder / name).unlink()
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    Wav2Vec2CTCTokenizer(str(folder / "vocab.json"), **tokenizer).save_pretrained(folder)


def test_a_vocabulary_with_its_blank_elsewhere_and_no_separator_is_read(tmp_path):
    folder = save_random(tmp_path, vocab_size=6)
    vocabulary = {"a": 0, "ch": 1, "ł": 2, "[UNK]": 3, "[PAD]": 4}
    relabel(
        folder,
        vocabulary,
        **{"pad_token": "[PAD]", "unk_token": "[UNK]", "bos_token": None, "eos_token": None},
    )
    alphabet = build(folder).alphabet(None)
    assert alphabet.labels == ("a", "ch", "ł", "", "", "")
    assert (alphabet.blank, alphabet.separator) == (4, None)


def test_a_model_is_loaded_once_for_all_its_languages(random_models, monkeypatch):
    loaded = []
    load = Wav2Vec2EmissionModel._load
    monkeypatch.setattr(
        Wav2Vec2EmissionModel,
        "_load",
        lambda self, name: (loaded.append(name), load(self, name))[1],
    )
    folders = {name: str(path) for name, path in random_models.items()}
    languages = {"en": folders["group"], "nl": folders["group"], "pl": folders["layer"]}
    model = build(NANO, models=languages)
    for language in ("en", "nl", "nl-BE", "pl", "en", None):
        model.alphabet(language)
    assert loaded == [folders["group"], folders["layer"], str(NANO)]
    model.close()
    model.alphabet("en")
    assert len(loaded) == 4


def test_a_folder_that_is_not_there_is_refused_when_the_model_is_made():
    with pytest.raises(ModelError, match=r"aligner\.options\.model: there is no folder \./nowhere"):
        build("./nowhere")


def test_nothing_is_loaded_before_it_is_asked_for():
    model = build("org/never-downloaded", local_files_only=True)
    assert list(model.emissions([], "en")) == []
    with pytest.raises(ModelError):
        model.alphabet("en")


def test_a_pickled_checkpoint_is_read(tmp_path, noises):
    """As most models on the Hub are; torch reads weights from it and nothing else."""
    folder = save_random(tmp_path / "bin", pickled=True, **KINDS["layer"])
    assert not (folder / "model.safetensors").exists()
    same = save_random(tmp_path / "safe", **KINDS["layer"])
    (found,) = answers(build(folder), None, noises[5:6])
    (expected,) = answers(build(same), None, noises[5:6])
    np.testing.assert_array_equal(found.log_probs, expected.log_probs)


def damaged(folder: Path, name: str, **changes) -> None:
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "vocab.json").unlink(), "vocab.json is missing"),
        (lambda f: (f / "model.safetensors").unlink(), "model.safetensors is missing"),
        (lambda f: (f / "model.safetensors").write_bytes(b"no"), "cannot be loaded"),
        (lambda f: damaged(f, "config.json", model_type="hubert"), "of kind hubert"),
        (lambda f: damaged(f, "config.json", vocab_size=31), "cannot be loaded"),
        (lambda f: damaged(f, "vocab.json", fra={"a": 1}), "vocabulary a language"),
        (lambda f: damaged(f, "preprocessor_config.json", sampling_rate=8000), "8000 samples"),
        (lambda f: (f / "vocab.json").write_text('{"<pad>": 0}'), "names none of"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be loaded"),
    ],
)
def test_a_folder_that_cannot_align_is_refused_by_name(tmp_path, damage, message):
    folder = save_random(tmp_path)
    damage(folder)
    with pytest.raises(ModelError) as caught:
        build(folder).alphabet("en")
    assert message in caught.value.message
    assert str(folder) in caught.value.message


def test_a_model_that_was_never_trained_to_write_is_refused(tmp_path):
    """transformers would give it random labels, with no more than a warning."""
    folder = save_random(tmp_path)
    model = Wav2Vec2ForCTC.from_pretrained(folder)
    model.wav2vec2.save_pretrained(folder)
    with pytest.raises(ModelError, match="lm_head"):
        build(folder).alphabet("en")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("org/never-downloaded", "org/never-downloaded is not on this machine"),
        ("a/b/c", "there is no folder a/b/c"),
        ("org/a..b", "no name that a model can have"),
    ],
)
def test_a_name_without_a_model_is_refused(name, message, tmp_path):
    with pytest.raises(ModelError) as caught:
        build(name, local_files_only=True, download_root=tmp_path).alphabet("en")
    assert message in caught.value.message
    assert caught.value.hint


def test_a_downloaded_model_is_found_without_the_network(tmp_path, monkeypatch):
    """The Hub's cache is a folder a revision; it is asked before the network is."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    cache = tmp_path / "models--org--tiny"
    (cache / "refs").mkdir(parents=True)
    (cache / "refs" / "main").write_text(commit)
    save_random(cache / "snapshots" / commit)
    monkeypatch.setattr(
        "socket.socket.connect", lambda *_: pytest.fail("the network was asked for a cached model")
    )
    model = build("org/tiny", download_root=tmp_path)
    assert len(model.alphabet("en").labels) == 32


@pytest.mark.parametrize(
    ("error", "together", "kind", "hint"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), 3, OutOfMemoryError, "batch_seconds=6"),
        (RuntimeError("can't allocate memory"), 2, OutOfMemoryError, "batch_seconds=4"),
        (torch.OutOfMemoryError("CUDA out of memory"), 1, OutOfMemoryError, "device=cpu"),
        (RuntimeError("CUDA error: device-side assert"), 2, EngineError, "aligner.device=cpu"),
        (RuntimeError("something else"), 2, EngineError, ""),
    ],
)
def test_failures_are_translated(monkeypatch, error, together, kind, hint):
    """Half of what was too much is advised, whatever the options allow."""

    def fail(*_):
        raise error

    model = build(NANO, batch_seconds=1e6)
    monkeypatch.setattr(TorchNetwork, "_hear", fail)
    with pytest.raises(kind) as caught:
        list(model.emissions([np.zeros(4 * SAMPLE_RATE, np.float32)] * together, "en"))
    assert hint in caught.value.hint
    assert caught.value.__cause__ is error


def test_numbers_that_are_none_are_refused(nano, noises):
    broken = noises[6].copy()
    broken[100] = np.nan
    with pytest.raises(EngineError, match="the sound holds samples that are no numbers") as caught:
        list(nano.emissions([noises[5], broken], "en"))
    assert "ffmpeg" in caught.value.hint


@pytest.mark.parametrize(
    ("compute_type", "message", "hint"),
    [
        ("bfloat16", "none, in bfloat16", "aligner.compute_type=float32"),
        ("float32", "in float32: the model's weights must be damaged", "options.model=HUB_ID"),
    ],
)
def test_answers_that_are_no_numbers_are_refused(noises, compute_type, message, hint):
    model = build(NANO, Placement("cpu", compute_type))
    with torch.no_grad():
        model._network("en")._model.lm_head.bias[3] = np.nan
    with pytest.raises(EngineError) as caught:
        list(model.emissions(noises[5:6], "en"))
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_compute_type_that_torch_has_not_is_refused():
    with pytest.raises(ConfigError) as caught:
        build(NANO, Placement("cpu", "int8"))
    assert "aligner.compute_type=float32" in caught.value.hint


def test_bfloat16_finds_the_same_labels_in_nearly_all_frames(nano, seen):
    sounds = [clip.samples for clip in seen[:6]]
    exact = answers(nano, "en", sounds)
    rough = answers(build(NANO, Placement("cpu", "bfloat16")), "en", sounds)
    found, wanted = (np.concatenate([each.log_probs for each in one]) for one in (rough, exact))
    assert (found.argmax(1) == wanted.argmax(1)).mean() > 0.97
    assert np.abs(found - wanted).max() > 1e-3, "it was computed in float32"


def test_loading_says_nothing(tmp_path):
    """transformers' warnings of weights and its progress bars stay off the terminal."""
    save_random(tmp_path, **KINDS["layer"])
    code = f"""
from asrcore.plugin import Placement
from asrcore_adapters.wav2vec2 import PLUGIN
PLUGIN.build(PLUGIN.options(model={str(tmp_path)!r}), Placement()).alphabet("en")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.stdout == done.stderr == ""


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path) -> Iterator[str]:
    """The address of a Hub that has one model, `org/tiny`."""
    folder = save_random(tmp_path / "hub")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    about = {"id": "org/tiny", "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self):
            name = self.path.rpartition("/")[2]
            content = files[name] if "/resolve/" in self.path else json.dumps(about).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{name}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            return content

        def do_GET(self):
            self.wfile.write(self.do_HEAD())

        def log_message(self, *_):
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_downloading_draws_no_bars(hub, tmp_path):
    """The bar of all files and that of each, which TQDM_POSITION has drawn off terminals, too."""
    code = """
import sys
from asrcore_adapters.common.hub import locate_model
from asrcore_adapters.wav2vec2 import Wav2Vec2Options
from asrcore_adapters.wav2vec2.emission_model import FILES
from huggingface_hub.utils import are_progress_bars_disabled
print(locate_model("org/tiny", FILES, Wav2Vec2Options(download_root=sys.argv[1])))
assert not are_progress_bars_disabled()
"""
    settings = {"HF_ENDPOINT": hub, "TQDM_POSITION": "-1", "NO_PROXY": "127.0.0.1"}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        check=False,
        env={**ours, **settings},
    )
    assert done.stderr == ""
    assert (Path(done.stdout.strip()) / "model.safetensors").is_file()

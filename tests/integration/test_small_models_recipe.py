"""The recipe of the small models runs from text to tables, in a minute and without a GPU.

What it makes knows nothing yet; but every engine must say of it what the net in training says.
"""

import json
import math
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from asrcore import convert_model
from tools.small_models.__main__ import main
from tools.small_models.batches import Batches, WindowBatches
from tools.small_models.corpus import Corpus, finished_shards
from tools.small_models.export import export_whisper
from tools.small_models.features import LogMel
from tools.small_models.objectives import _normalised
from tools.small_models.text.grammar import Grammar
from tools.small_models.training import load_checkpoint
from tools.small_models.vocabulary import END, NO_TIMESTAMPS, SIZE, START, Vocabulary
from tools.small_models.whisper_net import Size, Whisper
from tools.synthetic import recordings
from tools.synthetic.engines import engine
from tools.synthetic.engines.installed import NotInstalledError
from tools.synthetic.speech import SAMPLE_RATE, Delivery, Sentence
from tools.synthetic.voices import voice

pytestmark = [
    pytest.mark.integration,
    # wav2vec2's convolution over positions, as transformers sets it up
    pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated:FutureWarning"),
    # docstrings of whisper-normalizer; the second is how Python 3.12 says it
    pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:invalid escape sequence:SyntaxWarning"),
    # goes with torchaudio 2.9, which pyproject.toml rules out
    pytest.mark.filterwarnings("ignore:.*forced_align has been deprecated:UserWarning"),
    # the classes of MLX's and CTranslate2's bindings
    pytest.mark.filterwarnings("ignore:builtin type .* has no __module__ attribute"),
]

ROOT = Path(__file__).parents[2]
TOKENIZER = ROOT / "models" / "nano-whisper"
WHISPER = {"width": 128, "heads": 2, "hidden": 512, "encoder_layers": 2, "decoder_layers": 2}
CTC = {
    "hidden_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 128,
    "conv_dim": [32] * 7,
}
TRAINING = "--batch 2 --builders 1 --hours 0.2 --warm-up 4 --rate 2e-3 --seconds 4 --no-compile"
QUICK = {**os.environ, "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Made:
    """Everything that the recipe left behind."""

    folder: Path
    logs: dict[str, str]

    @property
    def whisper(self) -> Path:
        return self.folder / "models" / "nano-whisper"

    @property
    def ctc(self) -> Path:
        return self.folder / "models" / "nano-wav2vec2"

    def converted(self, layout: str) -> Path:
        return self.folder / "converted" / f"nano-whisper-{layout}"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    try:
        engine("espeak")
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("recipe")
    sentences = islice(Grammar.read().sentences(random.Random(1)), 60)
    (folder / "lines.txt").write_text("".join(f"{line}\n" for line in sentences))
    (folder / "whisper.json").write_text(json.dumps(WHISPER))
    shape = json.loads((ROOT / "tools" / "small_models" / "wav2vec2.json").read_text())
    (folder / "ctc.json").write_text(json.dumps({**shape, **CTC}))

    def run(step: str) -> None:
        main([word.format(at=folder, tokenizer=TOKENIZER) for word in step.split()])

    def start(step: str) -> subprocess.Popen[str]:
        words = [word.format(at=folder, tokenizer=TOKENIZER) for word in step.split()]
        command = [sys.executable, "-m", "tools.small_models", *words, *TRAINING.split()]
        return subprocess.Popen(command, cwd=ROOT, env=QUICK, stdout=subprocess.PIPE, text=True)

    run("synthesise {at}/lines.txt {at}/shards --seconds 1 --shard 12 --engines espeak")
    run("vocabulary {at}/lines.txt --tokenizer {tokenizer}/tokenizer.json --out {at}/used.json")
    trained = {
        "whisper": start(
            "train-whisper {at}/shards {at}/trained/whisper --used {at}/used.json"
            " --tokenizer {tokenizer}/tokenizer.json --shape {at}/whisper.json"
        ),
        "ctc": start("train-ctc {at}/shards {at}/trained/ctc --shape {at}/ctc.json"),
    }
    logs = {name: process.communicate(timeout=120)[0] for name, process in trained.items()}
    assert [process.returncode for process in trained.values()] == [0, 0]
    run(
        "export-whisper {at}/trained/whisper/checkpoint.npz --used {at}/used.json"
        " --tokenizer {tokenizer} --out {at}/models/nano-whisper"
    )
    run(
        "export-ctc {at}/trained/ctc/checkpoint.npz --shape {at}/ctc.json"
        " --out {at}/models/nano-wav2vec2"
    )
    run("heads {at}/models/nano-whisper {at}/shards --count 2")
    convert_to_both(folder / "models" / "nano-whisper", folder / "converted")
    return Made(folder, logs)


def convert_to_both(whisper, folder):
    """CTranslate2 in full precision, MLX in half, as the recipe says."""
    for to, number_format, name in [("ctranslate2", "float32", "ct2"), ("mlx", "float16", "mlx")]:
        target = folder / f"nano-whisper-{name}"
        convert_model(str(whisper), to, number_format=number_format, output=target, check=False)


@pytest.fixture
def laconic(made, tmp_path):
    """The same models, but the Whisper ends a text as soon as it may: greedy decoding is short."""
    trained = made.folder / "trained" / "whisper" / "checkpoint.npz"
    used = json.loads((made.folder / "used.json").read_text())
    end = load_checkpoint(trained)["decoder.embed_tokens.weight"][used.index(END)]
    scale = {"weight": np.zeros(len(end), np.float16), "bias": (30 * end).half().numpy()}
    override = {f"decoder.layer_norm.{name}": each for name, each in scale.items()}
    np.savez(tmp_path / "override.npz", **override)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "nano-wav2vec2").symlink_to(made.ctc)
    whisper, converted = tmp_path / "models" / "nano-whisper", tmp_path / "converted"
    export_whisper([trained, tmp_path / "override.npz"], used, TOKENIZER, whisper, [(0, 0)])
    convert_to_both(whisper, converted)
    return [str(tmp_path / "models"), str(converted)]


@dataclass(frozen=True)
class Answer:
    """What the net in training says about one utterance.

    Attributes:
        features: shape (1, 80, 3000).
        tokens: what it was given.
        used: the tokens with a row of their own.
        logits: shape (tokens, used + 1).
        others: how many tokens share the last row.
    """

    features: torch.Tensor
    tokens: list[int]
    used: np.ndarray
    logits: np.ndarray
    others: int

    def agrees(self, logits: np.ndarray, positions: slice, atol: float) -> None:
        """Compare logits of all tokens."""
        expected = self.logits[positions]
        np.testing.assert_allclose(logits[:, self.used], expected[:, :-1], atol=atol)
        shared = np.delete(logits, self.used, axis=1)[:, : self.others]
        share = np.broadcast_to(expected[:, -1:] - math.log(self.others), shared.shape)
        np.testing.assert_allclose(shared, share, atol=atol)


@pytest.fixture(scope="module")
def utterance(made):
    """Samples and text of something synthesised."""
    corpus, shard = Corpus({"espeak": 1.0}), finished_shards(made.folder / "shards")[0]
    corpus.extend([(str(shard), 0)])
    entry = corpus.pick(random.Random(1))
    samples = np.load(shard)[entry.offset : entry.offset + entry.samples]
    return samples.astype(np.float32) / 32768, entry.text()


@pytest.fixture(scope="module")
def answer(made, utterance):
    samples, text = utterance
    used = json.loads((made.folder / "used.json").read_text())
    vocabulary = Vocabulary(TOKENIZER / "tokenizer.json", used)
    net = Whisper(len(used), SIZE - len(used), Size(**WHISPER)).eval()
    net.load_state_dict(load_checkpoint(made.folder / "trained" / "whisper" / "checkpoint.npz"))
    wave = torch.zeros(1, 30 * SAMPLE_RATE)
    wave[0, : len(samples)] = torch.from_numpy(samples)
    features = LogMel("cpu")(wave, warped=False)
    tokens = [START, NO_TIMESTAMPS, *vocabulary.encode(text), END]
    with torch.no_grad():
        hidden = net.decoder(torch.from_numpy(vocabulary.rows[tokens])[None], net.encoder(features))
        logits = net.logits(hidden)[0].numpy()
    return Answer(features, tokens, vocabulary.used, logits, SIZE - len(used))


def test_training_made_steps(made):
    for log in made.logs.values():
        last = log.splitlines()[-1]
        assert int(last.partition("step ")[2].partition(",")[0]) >= 2
        assert "nan" not in last


def test_transformers_says_the_same(made, utterance, answer):
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    network = WhisperForConditionalGeneration.from_pretrained(made.whisper, dtype=torch.float32)
    processor = WhisperProcessor.from_pretrained(made.whisper)
    given = processor(utterance[0], sampling_rate=SAMPLE_RATE, return_tensors="pt")
    np.testing.assert_allclose(given.input_features, answer.features, atol=1e-4)
    assert processor.decode(answer.tokens, skip_special_tokens=True).strip() == utterance[1]
    with torch.no_grad():
        found = network.eval()(
            given.input_features, decoder_input_ids=torch.tensor([answer.tokens])
        )
    answer.agrees(found.logits[0].numpy(), slice(None), atol=1e-3)


def test_faster_whisper_says_the_same(made, answer):
    from ctranslate2 import StorageView
    from faster_whisper import WhisperModel

    model = WhisperModel(
        str(made.converted("ct2")), device="cpu", compute_type="float32", local_files_only=True
    ).model
    features = StorageView.from_array(np.ascontiguousarray(answer.features.numpy()))
    given = answer.tokens[:-1]
    found = model.generate(
        features, [given], beam_size=1, max_length=100,
        suppress_blank=False, suppress_tokens=[], return_logits_vocab=True,
    )[0]  # fmt: skip
    logits = np.stack(found.logits[0])  # from the last of the tokens that begin every text
    answer.agrees(logits[: len(given) - 1], slice(1, len(given)), atol=1e-3)


def test_mlx_says_the_same(made, answer):
    import mlx.core as mx
    from mlx_whisper.load_models import load_model

    model = load_model(str(made.converted("mlx")), dtype=mx.float32)
    mel = mx.array(answer.features.numpy().transpose(0, 2, 1))
    logits = np.asarray(model.logits(mx.array([answer.tokens]), model.embed_audio(mel)))
    answer.agrees(logits[0], slice(None), atol=1e-2)  # its positions are exact, ours rounded
    noted = json.loads((made.whisper / "generation_config.json").read_text())["alignment_heads"]
    assert np.asarray(model.alignment_heads).tolist() == noted != []


def test_the_ctc_model_says_the_same(made, utterance):
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC, Wav2Vec2Processor

    network = Wav2Vec2ForCTC.from_pretrained(made.ctc, dtype=torch.float32).eval()
    processor = Wav2Vec2Processor.from_pretrained(made.ctc)
    given = processor(utterance[0], sampling_rate=SAMPLE_RATE, return_tensors="pt")
    trained = Wav2Vec2ForCTC(Wav2Vec2Config(**json.loads((made.folder / "ctc.json").read_text())))
    trained.load_state_dict(load_checkpoint(made.folder / "trained" / "ctc" / "checkpoint.npz"))
    wave = torch.from_numpy(utterance[0])[None]
    with torch.no_grad():
        found = network(given.input_values).logits
        ends = torch.tensor([wave.shape[1] / SAMPLE_RATE], dtype=torch.float64)
        expected = trained.eval()(_normalised(wave, ends)).logits
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert processor.tokenizer.decode(processor.tokenizer("IT'S OKAY").input_ids) == "IT'S OKAY"


def test_evaluation_prints_tables(laconic, tmp_path, capsys):
    sentence, speaker = Sentence.parse("It's {3:30|three thirty}, maybe."), "espeak/en-us+Annie"
    spoken = engine("espeak").speak(sentence, voice(speaker), Delivery())
    times = zip(sentence.words, spoken.starts.tolist(), spoken.ends.tolist(), strict=True)
    words = [{"word": word.written, "start": start, "end": end} for word, start, end in times]
    segment = {"text": sentence.text, "spoken": " ".join(sentence.spoken), "words": words}
    truth = {"audio": "a.flac", "voices": {"SPEAKER_00": speaker}}
    short = tmp_path / "sets" / "short"
    short.mkdir(parents=True)
    recordings.write(short / "a.flac", spoken.samples.astype(np.float32) / 32768)
    (short / "a.json").write_text(json.dumps({"segments": [segment], "truth": truth}))
    main(["evaluate", *laconic, str(tmp_path / "sets")])
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines() if line]
    assert rows[0] == ["| WER, one window", "short |"]
    assert [row[0] for row in rows[2:5]] == ["| transformers", "| CTranslate2", "| MLX"]
    assert all(row[1].endswith("% |") for row in rows[2:5])
    assert rows[-1][:2] == ["| short", "espeak"]


def test_training_does_not_wait_for_those_who_died(tmp_path):
    batches = Batches(WindowBatches(tmp_path / "no tokenizer", (), 2), tmp_path / "shards", 1, 1)
    with pytest.raises(RuntimeError, match="no process is left"):
        batches.next(0.0)

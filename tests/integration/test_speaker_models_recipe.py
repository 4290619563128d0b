"""The recipe of the speaker models runs from text to diarization, in half a minute on two cores.

What it makes knows nobody yet; but pyannote.audio and sherpa-onnx must compute what the nets in
training compute.
"""

import os
import random
import subprocess
import sys
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from tools.small_models.__main__ import main
from tools.small_models.corpus import finished_shards
from tools.small_models.speakers.features import BANDS, FilterBank
from tools.small_models.speakers.layouts import voice_to_onnx
from tools.small_models.speakers.mixing import FIELD, FRAMES, SAMPLES, STEP
from tools.small_models.speakers.nets import (
    LINEAR,
    LSTM,
    MFCC,
    SINCNET,
    Embedding,
    Segmentation,
    Voiceprint,
)
from tools.small_models.speakers.objectives import classes, renamed
from tools.small_models.text.grammar import Grammar
from tools.small_models.training import load_checkpoint
from tools.synthetic.engines import engine
from tools.synthetic.engines.installed import NotInstalledError
from tools.synthetic.speech import SAMPLE_RATE

pytestmark = [
    pytest.mark.integration,
    # pyannote.audio and what it imports
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

ROOT = Path(__file__).parents[2]
QUICK = {**os.environ, "OMP_NUM_THREADS": "1"}
BYTES = 5_000_000


@dataclass(frozen=True)
class Made:
    """What the recipe left behind."""

    folder: Path
    log: str

    @property
    def speakers(self) -> Path:
        return self.folder / "models" / "nano-speakers"

    @property
    def voice(self) -> Path:
        return self.folder / "models" / "nano-speakers-onnx" / "embedding.onnx"

    def net(self, name: str, net: torch.nn.Module) -> torch.nn.Module:
        stored = load_checkpoint(self.folder / "trained" / f"{name}.npz")
        net.load_state_dict({k: each for k, each in stored.items() if not k.startswith("judge.")})
        return net.eval()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    try:
        engine("espeak")
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("speakers")
    sentences = islice(Grammar.read().sentences(random.Random(1)), 60)
    (folder / "lines.txt").write_text("".join(f"{line}\n" for line in sentences))

    def run(step: str) -> None:
        main([word.format(at=folder) for word in step.split()])

    run("synthesise-speakers {at}/lines.txt {at}/shards --seconds 1 --shard 3 --engines espeak")
    training = (
        f"train-speakers {folder}/shards {folder}/trained --seconds 10 --batch 2 --hours 1"
        " --warm-up 4 --tested 4"
    )
    command = [sys.executable, "-m", "tools.small_models", *training.split()]
    log = subprocess.run(
        command, cwd=ROOT, env=QUICK, capture_output=True, text=True, check=True, timeout=120
    )
    run("export-speakers {at}/trained --out {at}/models --threshold 0.8 --min-cluster-size 3")
    return Made(folder, log.stdout)


@pytest.fixture(scope="module")
def sound(made):
    """Eight seconds of somebody, shape (1, samples), full scale at 1."""
    samples = np.concatenate([np.load(path) for path in finished_shards(made.folder / "shards")])
    return torch.from_numpy(samples[: 8 * SAMPLE_RATE].astype(np.float32) / 32768)[None]


@pytest.fixture(scope="module")
def pipeline(made):
    from tools.small_models.speakers.tune import load

    return load(made.speakers)


def test_training_made_steps_and_was_judged(made):
    lines = made.log.splitlines()
    assert "nan" not in made.log
    assert int(lines[-2].partition("step ")[2].partition(",")[0]) >= 2
    assert lines[-1].startswith("  unknown people (4 sources): frames wrong")


def test_training_goes_on(made, tmp_path):
    from tools.small_models.speakers.training import Trio, resume

    identities = len(load_checkpoint(made.folder / "trained" / "voice.npz")["judge.weight"])
    trio = Trio(identities)
    resume(made.folder / "trained", trio)
    expected = made.net("embedding", Embedding()).state_dict()
    found = trio.embedding.state_dict()
    assert all(torch.equal(found[name].float(), expected[name].float()) for name in expected)
    (tmp_path / "voice.npz").write_bytes((made.folder / "trained/segmentation.npz").read_bytes())
    with pytest.raises(ValueError, match="other weights than those of voice"):
        resume(tmp_path, trio)


def test_everything_is_small(made):
    files = [path for path in (made.folder / "models").rglob("*") if path.is_file()]
    assert len(files) == 5
    assert sum(path.stat().st_size for path in files) < BYTES


def test_pyannote_segments_the_same(made, pipeline, sound):
    waves = torch.zeros(1, 1, SAMPLES)
    waves[0, 0, : sound.shape[1]] = sound
    model = pipeline._segmentation.model.eval()
    with torch.no_grad():
        found, expected = model(waves), made.net("segmentation", Segmentation())(waves)
    assert found.shape == (1, FRAMES, 7)
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0.02)
    assert model.receptive_field.duration == pytest.approx(FIELD / SAMPLE_RATE)
    assert model.receptive_field.step == pytest.approx(STEP / SAMPLE_RATE)


def test_pyannote_embeds_the_same_with_eight_bits(made, pipeline, sound):
    masks = torch.zeros(1, 2, FRAMES)
    masks[0, 0, 30:200] = masks[0, 1, 210:400] = 1
    net = made.net("embedding", Embedding())
    with torch.no_grad():
        expected = net(sound, masks)[0]
        model = pipeline._embedding.model_
        found = torch.cat([model(sound[None], weights=mask[None]) for mask in masks[0]])
    assert (torch.cosine_similarity(found, expected) > 0.99).all()
    stored = torch.load(made.speakers / "embedding" / "pytorch_model.bin", weights_only=False)
    assert stored["state_dict"]["tdnns.12.weight"].dtype == torch.int8


def test_eight_bits_keep_what_norms_have_learnt(sound):
    from pyannote.audio.models.embedding import XVectorMFCC

    from tools.small_models.speakers.export import quantised

    torch.manual_seed(3)
    net, loaded = Embedding(), XVectorMFCC(mfcc=MFCC, dimension=64).eval()
    for norm in net.tdnns[2::3]:
        norm.momentum = 1.0
        torch.nn.init.uniform_(norm.weight, -1.5, 1.5)
        torch.nn.init.normal_(norm.bias)
    masks = torch.ones(8, 1, FRAMES)
    pieces = torch.stack([sound[0, 8000 * n : 8000 * n + 16_000] for n in range(8)])
    net(pieces, masks)
    loaded.load_state_dict(quantised(net.eval().state_dict()))
    with torch.no_grad():
        found, expected = loaded(pieces[:, None], masks[:, 0]), net(pieces, masks)[:, 0]
    assert (torch.cosine_similarity(found, expected) > 0.99).all()
    torch.testing.assert_close(found.norm(dim=1), expected.norm(dim=1), rtol=0.1, atol=0)


def test_pyannote_computes_the_same_in_single_precision(sound):
    from pyannote.audio.models.embedding import XVectorMFCC

    masks = (torch.rand(1, 3, FRAMES) < 0.5).float()
    net, theirs = Embedding().eval(), XVectorMFCC(mfcc=MFCC, dimension=64).eval()
    theirs.mfcc.load_state_dict(net.mfcc.state_dict())
    fresh = XVectorMFCC(mfcc=MFCC, dimension=64).mfcc.state_dict()
    for name, each in net.mfcc.state_dict().items():
        torch.testing.assert_close(each, fresh[name], atol=1e-5, rtol=0)
    theirs.load_state_dict(net.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(theirs.mfcc(sound[None])[0], net.mfcc(sound), atol=1e-3, rtol=0)
        expected = torch.stack([theirs(sound[None], weights=masks[:, one]) for one in range(3)], 1)
        torch.testing.assert_close(net(sound, masks), expected, atol=1e-4, rtol=1e-4)


def test_filters_begin_as_pyannotes(made):
    from pyannote.audio.models.segmentation import PyanNet

    theirs = PyanNet(sincnet=SINCNET, lstm=LSTM, linear=LINEAR).sincnet.conv1d[0]
    ours = Segmentation().sincnet.conv1d[0].filterbank
    torch.testing.assert_close(ours(), theirs.get_filters(), atol=1e-5, rtol=1e-4)


def test_classes_are_pyannotes():
    from pyannote.audio.utils.powerset import Powerset

    powerset = Powerset(3, 2)
    active = powerset.mapping.T[None].bool()
    assert classes(active).tolist() == [list(range(7))]
    assert sorted(renamed(torch.device("cpu")).tolist()) == sorted(
        list(order) for order in powerset.permutation_mapping.values()
    )


def test_pyannotes_pipeline_runs(pipeline, sound):
    found = pipeline({"waveform": sound, "sample_rate": SAMPLE_RATE, "uri": "a"})
    assert set(found.labels()) <= {"SPEAKER_00", "SPEAKER_01", "SPEAKER_02"}
    assert pipeline.clustering.threshold == 0.8
    assert pipeline.clustering.min_cluster_size == 3
    assert pipeline.embedding_exclude_overlap


def test_the_filter_bank_is_kaldis(sound):
    from torchaudio.compliance import kaldi

    sound = sound + 0.01 * torch.randn(sound.shape)  # near silence, both round differently
    expected = kaldi.fbank(
        sound * 32768, num_mel_bins=BANDS, high_freq=-400, snip_edges=False, dither=0.0,
        sample_frequency=SAMPLE_RATE,
    )  # fmt: skip
    torch.testing.assert_close(FilterBank()(sound)[0], expected, atol=2e-3, rtol=0)


def test_sherpa_onnx_embeds_the_same(made, sound, tmp_path):
    sherpa_onnx = pytest.importorskip("sherpa_onnx")
    net = made.net("voice", Voiceprint())
    full = tmp_path / "again.onnx"
    voice_to_onnx(net, full)
    assert full.stat().st_size == made.voice.stat().st_size
    for seconds in (0.3, 2.0, 8.0):
        piece = sound[:, 3200 : 3200 + round(seconds * SAMPLE_RATE)]
        config = sherpa_onnx.SpeakerEmbeddingExtractorConfig(str(made.voice))
        extractor = sherpa_onnx.SpeakerEmbeddingExtractor(config)
        stream = extractor.create_stream()
        stream.accept_waveform(SAMPLE_RATE, piece[0].numpy())
        stream.input_finished()
        found = torch.tensor(extractor.compute(stream))
        with torch.no_grad():
            expected = net(FilterBank()(piece))[0]
        assert extractor.dim == len(expected)
        assert torch.cosine_similarity(found, expected, 0) > 0.9999


def test_sherpa_onnx_diarizes(made, sound):
    sherpa_onnx = pytest.importorskip("sherpa_onnx")
    segmentation = made.voice.with_name("segmentation.onnx")
    told = {entry.key: entry.value for entry in onnx.load(segmentation).metadata_props}
    assert told["num_classes"] == "7"
    session = onnxruntime.InferenceSession(segmentation)
    waves = torch.zeros(1, 1, SAMPLES)
    waves[0, 0, : sound.shape[1]] = sound
    with torch.no_grad():
        expected = made.net("segmentation", Segmentation())(waves).numpy()
    np.testing.assert_allclose(session.run(None, {"x": waves.numpy()})[0], expected, atol=0.02)
    pyannote = sherpa_onnx.OfflineSpeakerSegmentationPyannoteModelConfig(str(segmentation))
    config = sherpa_onnx.OfflineSpeakerDiarizationConfig(
        sherpa_onnx.OfflineSpeakerSegmentationModelConfig(pyannote),
        sherpa_onnx.SpeakerEmbeddingExtractorConfig(str(made.voice)),
        sherpa_onnx.FastClusteringConfig(num_clusters=-1, threshold=0.5),
    )
    assert config.validate()
    found = sherpa_onnx.OfflineSpeakerDiarization(config).process(sound[0].numpy())
    assert all(0 <= turn.start < turn.end <= 10 for turn in found.sort_by_start_time())

"""Which models the sherpa-onnx adapter refuses: sherpa itself ends the process at most of them."""

import numpy as np
import pytest

from asrcore.domain.audio import Audio
from asrcore.domain.diarization import SpeakerCount
from asrcore.errors import ModelError
from asrcore.plugin import Placement
from asrcore_adapters.sherpa import SherpaOptions
from asrcore_adapters.sherpa.checking import check_embedding, check_segmentation
from asrcore_adapters.sherpa.diarizer import SherpaDiarizer
from asrcore_adapters.sherpa.process import Worker
from tests.integration.tiny_onnx import (
    EMBEDDING,
    HIGH,
    LOW,
    NEMO,
    SEGMENTATION,
    save_embedding,
    save_nemo_embedding,
    save_segmentation,
    voice,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def segmentation(tmp_path):
    return save_segmentation(tmp_path / "segmentation.onnx")


@pytest.fixture
def embedding(tmp_path):
    return save_embedding(tmp_path / "embedding.onnx")


def without(facts, name):
    return {key: fact for key, fact in facts.items() if key != name}


def test_the_window_is_read_off_the_model(tmp_path):
    path = save_segmentation(tmp_path / "short.onnx", {**SEGMENTATION, "window_size": 32_000})
    assert check_segmentation(path) == 32_000


@pytest.mark.parametrize("name", SEGMENTATION)
def test_a_segmentation_without_its_metadata_is_refused(tmp_path, name):
    path = save_segmentation(tmp_path / "bare.onnx", without(SEGMENTATION, name))
    with pytest.raises(ModelError, match=f"{name} is missing"):
        check_segmentation(path)


@pytest.mark.parametrize("name", without(EMBEDDING, "feature_normalize_type"))
def test_an_embedding_without_its_metadata_is_refused(tmp_path, name):
    path = save_embedding(tmp_path / "bare.onnx", without(EMBEDDING, name))
    with pytest.raises(ModelError, match=f"{name} is missing"):
        check_embedding(path)


@pytest.mark.parametrize("name", NEMO)
def test_a_nemo_embedding_without_its_metadata_is_refused(tmp_path, name):
    path = save_nemo_embedding(tmp_path / "bare.onnx", without(NEMO, name))
    with pytest.raises(ModelError, match=f"{name} is missing"):
        check_embedding(path)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"sample_rate": 8000}, "it hears 8000 Hz"),
        ({"window_size": "long"}, "window_size is 'long'"),
        ({"window_size": -1}, "window_size is '-1'"),
        ({"window_size": 0}, "window_size is '0'"),
        ({"window_size": 500}, "it does not run"),
        ({"num_classes": 5}, "7 classes"),
        ({"num_speakers": 2}, "7 classes"),
        ({"powerset_max_classes": 3}, "7 classes"),
        ({"receptive_field_shift": 400}, "589 frames to 160000 samples"),
    ],
)
def test_a_segmentation_whose_metadata_are_not_its_own_is_refused(tmp_path, facts, why):
    path = save_segmentation(tmp_path / "wrong.onnx", {**SEGMENTATION, **facts})
    with pytest.raises(ModelError, match=why):
        check_segmentation(path)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"framework": "speechbrain"}, "framework is 'speechbrain'"),
        ({"output_dim": 256}, r"shape \(1, 80\), not \(1, 256\)"),
        ({"feature_normalize_type": "per_feature"}, "normalises by per_feature"),
        ({"framework": "nemo", **without(NEMO, "framework")}, "it does not run"),
    ],
)
def test_an_embedding_whose_metadata_are_not_its_own_is_refused(tmp_path, facts, why):
    path = save_embedding(tmp_path / "wrong.onnx", {**EMBEDDING, **facts})
    with pytest.raises(ModelError, match=why):
        check_embedding(path)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x08\x08"])
def test_what_is_no_onnx_is_refused(tmp_path, content):
    path = tmp_path / "page.onnx"
    path.write_bytes(content)
    for check in (check_segmentation, check_embedding):
        with pytest.raises(ModelError, match=r"page\.onnx cannot be used"):
            check(path)


def test_swapped_models_are_known_as_such(segmentation, embedding):
    options = SherpaOptions(segmentation=str(embedding), embedding=str(segmentation))
    with pytest.raises(ModelError, match="it is an embedding model") as caught:
        SherpaDiarizer(options, Placement())
    assert caught.value.hint.endswith("are swapped")
    with pytest.raises(ModelError, match="it is a segmentation model"):
        check_embedding(segmentation)


@pytest.mark.parametrize("normalization", ["", "per_feature"])
def test_an_embedding_of_nemo_is_taken(tmp_path, segmentation, normalization):
    facts = {**NEMO, "feature_normalize_type": normalization}
    path = save_nemo_embedding(tmp_path / "nemo.onnx", facts)
    options = SherpaOptions(segmentation=str(segmentation), embedding=str(path), threads=1)
    diarizer = SherpaDiarizer(options, Placement())
    audio = Audio(np.concatenate([voice(3.0, LOW), voice(3.0, HIGH)]))
    found = diarizer.diarize(audio, SpeakerCount(2, 2), embeddings=True)
    diarizer.close()
    assert found.embeddings.keys() == set(found.speakers)
    assert {len(point) for point in found.embeddings.values()} == {80}


def settings(segmentation, embedding):
    numbers = {"threads": 1, "threshold": 0.9, "min_duration_on": 0.3, "min_duration_off": 0.5}
    files = {"segmentation": str(segmentation), "embedding": str(embedding)}
    return {**files, **numbers, "sample_rate": 16_000}


def test_a_model_that_ends_sherpas_process_does_not_end_ours(tmp_path, embedding):
    """As one would that is refused above; here it is let through."""
    bare = save_segmentation(tmp_path / "bare.onnx", without(SEGMENTATION, "window_size"))
    with pytest.raises(ModelError, match="'window_size' does not exist"):
        Worker(settings(bare, embedding))


def test_sherpa_says_itself_what_it_cannot_load(tmp_path, segmentation):
    (tmp_path / "page.onnx").write_text("not found")
    with pytest.raises(
        ModelError, match=r"sherpa-onnx cannot load its models: .*Protobuf"
    ) as caught:
        Worker(settings(segmentation, tmp_path / "page.onnx"))
    assert "leave out diarizer.options.segmentation" in caught.value.hint
